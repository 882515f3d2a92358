import { type AttributeValue, type DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import type { HistoryTable } from "../../src/history/table.ts";

type Attributes = Readonly<Record<string, AttributeValue>>;

/** Bytes as DynamoDB counts them: names, text in UTF-8, a byte for two digits, and what holds lists together. */
export function sizeOf(item: Attributes): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueSize(value), 0);
}

function valueSize({ S, N, B, L }: AttributeValue): number {
  if (S !== undefined) return Buffer.byteLength(S);
  if (N !== undefined) return Math.ceil(N.replace(/[-.]/g, "").length / 2) + 1;
  if (B !== undefined) return B.length;
  if (L !== undefined) return L.reduce((sum, element) => sum + 1 + valueSize(element), 3);
  throw new Error("a kind of value that no item has");
}

/** A table that counts what its writes cost: each started KB of the larger of old and new item, and each index entry. */
export function countingUnits(table: HistoryTable, client: DynamoDBClient, tableName: string) {
  const spent: Record<string, number> = {};
  const sizes: Record<string, number> = {};
  const look = async (key: string): Promise<Attributes> => {
    const command = new GetItemCommand({ TableName: tableName, Key: { pk: { S: key } }, ConsistentRead: true });
    return (await client.send(command)).Item ?? {};
  };
  const counting =
    <Rest extends unknown[], Answer>(verb: string, write: (key: string, ...rest: Rest) => Promise<Answer>) =>
    async (key: string, ...rest: Rest): Promise<Answer> => {
      const before = await look(key);
      const answer = await write(key, ...rest);
      const after = await look(key);
      const size = Math.max(sizeOf(before), sizeOf(after));
      sizes[verb] = Math.max(sizes[verb] ?? 0, size);
      spent[verb] = (spent[verb] ?? 0) + Math.max(1, Math.ceil(size / 1024)) + indexWrites(before, after);
      return answer;
    };
  const counted: HistoryTable = {
    ...table,
    claim: counting("claim", table.claim),
    complete: counting("complete", table.complete),
    takeOver: counting("takeOver", table.takeOver),
    refresh: counting("refresh", table.refresh),
    count: counting("count", table.count),
  };
  return { table: counted, spent, sizes, look };
}

function indexWrites(before: Attributes, after: Attributes): number {
  const keyOf = ({ gp, gs }: Attributes) => (gp === undefined || gs === undefined ? undefined : `${gp.S} ${gs.N}`);
  const [old, now] = [keyOf(before), keyOf(after)];
  if (old === now) return 0;
  return (old === undefined ? 0 : 1) + (now === undefined ? 0 : 1);
}
