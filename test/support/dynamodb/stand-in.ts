import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb";
import { seeded } from "../../../src/local/sample-events.ts";
import { type Manners, politely, serve } from "../served.ts";
import { memoryDynamoDbTable, type Request, type Table, type Units } from "./table.ts";
import { type Item, refusal } from "./values.ts";

export interface TableManners extends Manners {
  /** Share of requests that are answered with one of DynamoDB's two errors of throttling, 0 to 1. */
  throttled: number;
}

/** DynamoDB's JSON protocol over a real socket, as far as a history needs it, with nothing kept on a disk. */
export interface DynamoDbStandIn {
  readonly url: string;
  readonly manners: TableManners;
  /** Since it was reset. */
  readonly units: Readonly<Units>;
  /** Requests by operation, throttled ones included. */
  readonly requests: () => Readonly<Record<string, number>>;
  /** Most requests that were waited for at the same time. */
  readonly mostAtOnce: () => number;
  readonly items: (tableName: string) => readonly Item[];
  /** Forgets the counts; the items stay. */
  resetCounts(): void;
  /** Forgets everything, behaves, and begins its dice anew. */
  reset(): void;
  close(): Promise<void>;
}

const NO_UNITS: Units = { writes: 0, indexWrites: 0, reads: 0 };
const OPERATIONS = ["GetItem", "UpdateItem", "PutItem", "DeleteItem", "Query"] as const;
const PREFIX = "com.amazonaws.dynamodb.v20120810#";

/**
 * @param definitions the tables that there are
 * @param seed of which requests are throttled: the same sequence for the same seed
 */
export async function openDynamoDb(
  definitions: readonly CreateTableCommandInput[],
  seed = 1,
): Promise<DynamoDbStandIn> {
  const units: Units = { ...NO_UNITS };
  const polite = (): TableManners => ({ ...politely(), throttled: 0 });
  const manners = polite();
  const tables = new Map(definitions.map((each) => [each.TableName ?? "", memoryDynamoDbTable(each, units)]));
  const requests = new Map<string, number>();
  let random = seeded(seed);
  let atOnce = 0;
  let mostAtOnce = 0;

  function table(name: string): Table {
    const found = tables.get(name);
    if (found === undefined)
      throw refusal("ResourceNotFoundException", `Cannot do operations on a non-existent table: ${name}`);
    return found;
  }

  function batchGet({ RequestItems }: BatchGet): object {
    const parts = Object.entries(RequestItems);
    return {
      Responses: Object.fromEntries(
        parts.map(([TableName, part]) => [TableName, table(TableName).batchGet({ ...part, TableName })]),
      ),
      UnprocessedKeys: {},
    };
  }

  function work(text: string, target: string): string {
    const operation = target.slice(target.indexOf(".") + 1);
    requests.set(operation, (requests.get(operation) ?? 0) + 1);
    if (random() < manners.throttled) throw throttling(random() < 0.5);
    const request: unknown = JSON.parse(text);
    if (operation === "BatchGetItem") return JSON.stringify(batchGet(request as BatchGet));
    const known = OPERATIONS.find((each) => each === operation);
    if (known === undefined) throw refusal("UnknownOperationException", `the stand-in has no ${operation}`);
    const body = request as Request;
    return JSON.stringify(table(body.TableName)[known](body));
  }

  const server = await serve(manners, {
    type: "application/x-amz-json-1.0",
    onRequest(response) {
      mostAtOnce = Math.max(mostAtOnce, ++atOnce);
      response.once("close", () => atOnce--);
    },
    work: (text, { headers }) => work(text, String(headers["x-amz-target"])),
    failure: ({ name, message, cause }) => {
      const code = message === "AccessDenied" ? "AccessDeniedException" : name;
      return JSON.stringify({ __type: `${PREFIX}${code}`, message, ...(typeof cause === "object" ? cause : {}) });
    },
  });

  function resetCounts(): void {
    Object.assign(units, NO_UNITS);
    requests.clear();
    mostAtOnce = 0;
  }
  return {
    url: server.url,
    manners,
    units,
    requests: () => Object.fromEntries(requests),
    mostAtOnce: () => mostAtOnce,
    items: (name) => table(name).items(),
    resetCounts,
    reset() {
      resetCounts();
      Object.assign(manners, polite());
      random = seeded(seed);
      for (const each of tables.values()) each.clear();
    },
    close: () => server.close(),
  };
}

interface BatchGet {
  readonly RequestItems: Readonly<Record<string, Request>>;
}

function throttling(isOfTable: boolean): Error {
  return isOfTable
    ? refusal("ProvisionedThroughputExceededException", "The level of configured provisioned throughput was exceeded")
    : refusal("ThrottlingException", "Throughput exceeds the current capacity of your table or index");
}
