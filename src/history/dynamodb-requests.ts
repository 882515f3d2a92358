import { type Attributes, text } from "./dynamodb-item.ts";

/**
 * A request in DynamoDB's JSON.
 * @throws DynamoDbError
 */
export type DynamoDb = (
  operation: "BatchGetItem" | "GetItem" | "Query" | "UpdateItem",
  input: object,
) => Promise<Answer>;

/** What comes back of any of the operations. */
export interface Answer {
  readonly Item?: Attributes;
  readonly Items?: readonly Attributes[];
  readonly Attributes?: Attributes;
  readonly Responses?: Readonly<Record<string, readonly Attributes[]>>;
  readonly UnprocessedKeys?: Readonly<Record<string, { readonly Keys: readonly Attributes[] }>>;
}

/** Its name is the code that DynamoDB gives it; `Item` is what stood in the way of a conditional write. */
export interface DynamoDbError extends Error {
  readonly Item?: Attributes;
}

const READ_ATTEMPTS = 5;
const READ_BACKOFF_MS = 25;

interface Wanted {
  readonly ReturnValues?: "ALL_NEW";
  readonly ReturnValuesOnConditionCheckFailure?: "ALL_OLD";
}

type Written =
  | { readonly written: true; readonly attributes: Attributes }
  | { readonly written: false; readonly inTheWay: Attributes | undefined };

/** The four operations on a table, as its verbs ask for them. */
export function dynamoDbRequests(request: DynamoDb, tableName: string) {
  async function attributesOf(key: string): Promise<Attributes | undefined> {
    const input = { TableName: tableName, Key: { pk: { S: key } }, ConsistentRead: true };
    return (await request("GetItem", input)).Item;
  }

  /** One write, mostly conditional: the item as it is now, or the one that was in the way, where it is wanted. */
  async function update(
    key: string,
    condition: string | undefined,
    change: string,
    values: Attributes,
    wanted: Wanted = {},
  ): Promise<Written> {
    const used = `${condition ?? ""} ${change}`;
    try {
      const { Attributes } = await request("UpdateItem", {
        TableName: tableName,
        Key: { pk: { S: key } },
        ...(condition === undefined ? {} : { ConditionExpression: condition }),
        UpdateExpression: change,
        ExpressionAttributeNames: namesIn(used),
        ExpressionAttributeValues: valuesIn(used, { ":P": { S: "P" }, ...values }),
        ...wanted,
      });
      return { written: true, attributes: Attributes ?? {} };
    } catch (error) {
      const { name, Item } = error as DynamoDbError;
      if (name === "ConditionalCheckFailedException") return { written: false, inTheWay: Item };
      throw error;
    }
  }

  /** The items that there are of up to READ_LIMIT keys, by key. */
  async function batchGet(keys: readonly string[], projection: string, more: object = {}) {
    const found = new Map<string, Attributes>();
    let pending: readonly Attributes[] = keys.map((key) => ({ pk: { S: key } }));
    for (let attempt = 0; pending.length > 0; attempt++) {
      // A key left unread is not an absent one: better no answer than a wrong one.
      if (attempt === READ_ATTEMPTS) throw new Error(`DynamoDB left ${pending.length} keys unprocessed`);
      if (attempt > 0) await pause(READ_BACKOFF_MS * 2 ** attempt * Math.random());
      const names = namesIn(projection);
      const wanted = { Keys: pending, ProjectionExpression: projection, ExpressionAttributeNames: names, ...more };
      const { Responses, UnprocessedKeys } = await request("BatchGetItem", { RequestItems: { [tableName]: wanted } });
      for (const item of Responses?.[tableName] ?? []) found.set(text(item["pk"]), item);
      pending = UnprocessedKeys?.[tableName]?.Keys ?? [];
    }
    return found;
  }

  /** The first items of an index. */
  async function query(index: string, condition: string, values: Attributes, limit: number) {
    const { Items = [] } = await request("Query", {
      TableName: tableName,
      IndexName: index,
      KeyConditionExpression: condition,
      ExpressionAttributeNames: namesIn(condition),
      ExpressionAttributeValues: valuesIn(condition, values),
      Limit: limit,
    });
    return Items;
  }

  return { attributesOf, batchGet, query, update };
}

interface Aliases {
  readonly names: Readonly<Record<string, string>>;
  readonly values: readonly string[];
}

const aliases = new Map<string, Aliases>();

/** What an expression names: there are a dozen expressions, and each is looked through once. */
function aliasesIn(expression: string): Aliases {
  let found = aliases.get(expression);
  if (found === undefined) {
    const names = new Set(expression.match(/#[a-z]+/g));
    found = {
      // Every name goes in as an alias, since some (`ttl`, `state`, `items`) are reserved; DynamoDB refuses unused ones.
      names: Object.fromEntries([...names].map((alias) => [alias, alias.slice(1)])),
      values: [...new Set(expression.match(/:[A-Za-z]+/g))],
    };
    aliases.set(expression, found);
  }
  return found;
}

function namesIn(expression: string): Readonly<Record<string, string>> {
  return aliasesIn(expression).names;
}

/** Those of the values that the expression names. */
function valuesIn(expression: string, values: Attributes): Attributes {
  return Object.fromEntries(aliasesIn(expression).values.map((alias) => [alias, values[alias] ?? {}]));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
