import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb";
import {
  assertAllUsed,
  conditionOf,
  holds,
  type Placeholders,
  picked,
  projected,
  type Updated,
  updated,
  updateOf,
} from "./expressions.ts";
import { type Index, sparseIndex } from "./sparse-index.ts";
import { type Item, invalid, isEqual, itemBytes, refusal, type Value } from "./values.ts";

/** Units as DynamoDB bills them. */
export interface Units {
  /** Of the table: a KB begun of the larger of the item before and after. */
  writes: number;
  /** Of its index: each entry that is put or deleted. */
  indexWrites: number;
  reads: number;
}

/** One request's body; each operation reads its own part. */
export interface Request extends Placeholders {
  readonly TableName: string;
  readonly IndexName?: string;
  readonly Key: Item;
  readonly Keys: readonly Item[];
  readonly Item: Item;
  readonly ConsistentRead?: boolean;
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly KeyConditionExpression?: string;
  readonly ProjectionExpression?: string;
  readonly ReturnValues?: string;
  readonly ReturnValuesOnConditionCheckFailure?: string;
  readonly Limit?: number;
  readonly ScanIndexForward?: boolean;
  readonly ExclusiveStartKey?: Item;
}

type Operation = (request: Request) => object;

export interface Table {
  readonly GetItem: Operation;
  readonly UpdateItem: Operation;
  readonly PutItem: Operation;
  readonly DeleteItem: Operation;
  readonly Query: Operation;
  /** The table's part of BatchGetItem. */
  readonly batchGet: (request: Request) => readonly Item[];
  /** All items; none of it is billed. */
  readonly items: () => readonly Item[];
  clear(): void;
}

interface Stored {
  readonly item: Item;
  readonly bytes: number;
}

const WRITE_BYTES = 1024;
const READ_BYTES = 4096;
const ITEM_LIMIT = 400 * 1024;
const BATCH_LIMIT = 100;

const steps = (bytes: number, step: number) => Math.max(1, Math.ceil(bytes / step));

/** A table with a partition key alone, and at most one index. @param units are added to */
export function memoryDynamoDbTable(definition: CreateTableCommandInput, units: Units): Table {
  const items = new Map<string, Stored>();
  const hash = definition.KeySchema?.[0]?.AttributeName ?? "";
  const types = new Map(
    definition.AttributeDefinitions?.map(({ AttributeName, AttributeType }) => [AttributeName, AttributeType]),
  );
  const { IndexName, KeySchema = [] } = definition.GlobalSecondaryIndexes?.[0] ?? {};
  const [indexHash = "", indexRange = ""] = KeySchema.map(({ AttributeName }) => AttributeName);
  const index: Index = sparseIndex({ hash: indexHash, range: indexRange, table: hash });

  function keyOf(key: Item): string {
    const value = key?.[hash];
    if (value === undefined || Object.keys(key).length !== 1)
      throw invalid("The provided key element does not match the schema");
    assertType(hash, value);
    return JSON.stringify(value);
  }
  function assertType(name: string, value: Value): void {
    const type = types.get(name);
    if (type !== undefined && !(type in value)) throw invalid(`Type mismatch for key ${name}, expected: ${type}`);
    if ("S" in value && types.has(name) && value.S === "") throw invalid(`an empty string for key ${name}`);
  }
  function read(key: string, consistent: boolean | undefined): Item | undefined {
    const stored = items.get(key);
    units.reads += steps(stored?.bytes ?? 0, READ_BYTES) / (consistent === true ? 1 : 2);
    return stored?.item;
  }

  /** One conditional write. @param change what the item becomes; nothing deletes it */
  function write(request: Request, key: string, change: (old: Item) => Item | undefined): Item | undefined {
    const { ConditionExpression, UpdateExpression } = request;
    assertAllUsed(request, [ConditionExpression, UpdateExpression]);
    const old = items.get(key);
    const condition = ConditionExpression === undefined ? undefined : conditionOf(ConditionExpression);
    if (condition !== undefined && !holds(condition, old?.item ?? {}, request)) {
      units.writes += steps(old?.bytes ?? 0, WRITE_BYTES);
      const isAsked = request.ReturnValuesOnConditionCheckFailure === "ALL_OLD" && old !== undefined;
      const more = isAsked ? { Item: old.item } : {};
      throw refusal("ConditionalCheckFailedException", "The conditional request failed", more);
    }
    const next = change(old?.item ?? {});
    for (const [name, value] of Object.entries(next ?? {})) assertType(name, value);
    const bytes = next === undefined ? 0 : itemBytes(next);
    if (bytes > ITEM_LIMIT) throw invalid("Item size has exceeded the maximum allowed size");
    units.writes += steps(Math.max(old?.bytes ?? 0, bytes), WRITE_BYTES);
    for (const entry of index.move(old?.item, next)) units.indexWrites += steps(entry, WRITE_BYTES);
    if (next === undefined) items.delete(key);
    else items.set(key, { item: next, bytes });
    return old?.item;
  }
  const oldValues = ({ ReturnValues }: Request, old: Item | undefined) =>
    ReturnValues === "ALL_OLD" && old !== undefined ? { Attributes: old } : {};

  return {
    GetItem(request) {
      assertAllUsed(request, [request.ProjectionExpression]);
      const item = read(keyOf(request.Key), request.ConsistentRead);
      return item === undefined ? {} : { Item: projected(item, request.ProjectionExpression, request) };
    },

    batchGet(request) {
      assertAllUsed(request, [request.ProjectionExpression]);
      const keys = request.Keys.map(keyOf);
      if (keys.length === 0 || keys.length > BATCH_LIMIT)
        throw invalid("Too many items requested for the BatchGetItem call");
      if (new Set(keys).size < keys.length) throw invalid("Provided list of item keys contains duplicates");
      return keys.flatMap((key) => {
        const item = read(key, request.ConsistentRead);
        return item === undefined ? [] : [projected(item, request.ProjectionExpression, request)];
      });
    },

    UpdateItem(request) {
      const key = keyOf(request.Key);
      const update = request.UpdateExpression === undefined ? undefined : updateOf(request.UpdateExpression);
      let outcome: Updated = { item: request.Key, set: [] };
      const old = write(request, key, (before) => {
        const whole = { ...before, ...request.Key };
        outcome = update === undefined ? { item: whole, set: [] } : updated(update, whole, request);
        if (!isEqual(outcome.item[hash], request.Key[hash])) throw invalid(`Cannot update attribute ${hash}`);
        return outcome.item;
      });
      if (request.ReturnValues === "ALL_NEW") return { Attributes: outcome.item };
      if (request.ReturnValues !== "UPDATED_NEW") return oldValues(request, old);
      return outcome.set.length === 0 ? {} : { Attributes: picked(outcome.item, outcome.set) };
    },

    PutItem(request) {
      const key = keyOf(picked(request.Item, [hash]));
      return oldValues(
        request,
        write(request, key, () => request.Item),
      );
    },

    DeleteItem(request) {
      return oldValues(
        request,
        write(request, keyOf(request.Key), () => undefined),
      );
    },

    Query(request) {
      const {
        KeyConditionExpression = "",
        ProjectionExpression,
        ScanIndexForward = true,
        ExclusiveStartKey,
        Limit,
      } = request;
      assertAllUsed(request, [KeyConditionExpression, ProjectionExpression]);
      if (IndexName === undefined || request.IndexName !== IndexName) throw invalid("The table has no such index");
      const all = index.select(KeyConditionExpression, request);
      const inOrder = ScanIndexForward ? all : all.toReversed();
      const start = ExclusiveStartKey === undefined ? 0 : placeAfter(inOrder, ExclusiveStartKey, ScanIndexForward);
      const page = inOrder.slice(start, Limit === undefined ? undefined : start + Limit);
      units.reads +=
        steps(
          page.reduce((sum, entry) => sum + itemBytes(entry), 0),
          READ_BYTES,
        ) / 2;
      // DynamoDB names a last key wherever a page is full, and looks no further.
      const last = page.length === Limit ? page.at(-1) : undefined;
      return {
        Items: page.map((entry) => projected(entry, ProjectionExpression, request)),
        Count: page.length,
        ScannedCount: page.length,
        ...(last === undefined ? {} : { LastEvaluatedKey: last }),
      };
    },

    items: () => [...items.values()].map(({ item }) => item),
    clear() {
      items.clear();
      index.clear();
    },
  };

  /** What a page ended with may have moved since: the place counts, and not the entry. */
  function placeAfter(entries: readonly Item[], start: Item, forward: boolean): number {
    const place = entries.findIndex(
      (entry) => index.order(entry, start) > 0 === forward && !isEqual({ M: entry }, { M: start }),
    );
    return place < 0 ? entries.length : place;
  }
}
