import assert from "node:assert/strict";
import { after, beforeEach, describe, test } from "node:test";
import {
  type AttributeValue,
  BatchGetItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";
import { dynamoDbTable } from "../../src/history/dynamodb-table.ts";
import { historyTable } from "../../src/local/history-table.ts";
import { seeded } from "../../src/local/sample-events.ts";
import { dynamoDb } from "../../src/runtime/dynamodb.ts";
import { openDynamoDb } from "../support/dynamodb/stand-in.ts";
import { claimAt, T0, WINDOW } from "../support/history-suite.ts";

// The stand-in against dynalite, which shares no code with it: the same requests, the same answers and errors. And its
// bill, which no emulator writes.

const TableName = "history";
const dynalites = dynalite({ createTableMs: 0 });
await new Promise<void>((resolve) => dynalites.listen(0, "127.0.0.1", resolve));
const address = dynalites.address();
const standIn = await openDynamoDb([historyTable(TableName)]);
const clientOf = (endpoint: string) =>
  new DynamoDBClient({
    region: "eu-west-1",
    endpoint,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
  });
const ours = clientOf(standIn.url);
const theirs = clientOf(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`);
await theirs.send(new CreateTableCommand(historyTable(TableName)));
after(async () => {
  ours.destroy();
  theirs.destroy();
  dynalites.close();
  dynalites.closeAllConnections();
  await standIn.close();
});
beforeEach(() => standIn.reset());

// Of two attributes that are both missing dynalite believes that they are equal; DynamoDB Local does not.
const CONDITIONS = [
  undefined,
  "attribute_not_exists(#a)",
  "attribute_exists(#a) AND #a = :one",
  "attribute_not_exists(pk) OR (#a <> :one AND #b < :two)",
  "NOT #a = :one",
  "not (#a = :one or #b >= :two) and attribute_exists(#b) and #a <> #b",
  "#a = :one OR #b = :two AND #a <> :one",
  "(#a = :one OR #b = :two) AND #a <> :one",
  "NOT attribute_exists(#a) AND NOT attribute_exists(#b)",
  "#a > :text",
  "#a <> :text",
  "attribute_exists(#a) AND #b <= #a",
  "attribute_exists(#a) AND #a > #b",
];
const UPDATES = [
  undefined,
  "SET #a = :one",
  "SET #a = :two, #b = #a",
  "SET #a = if_not_exists(#a, :one) + :two",
  "SET #b = #a + :two REMOVE #a",
  "SET #b = #a - :two",
  "REMOVE #a, #b",
  "remove #a set #b = :text",
  "SET gp = :text, gs = :two REMOVE #b",
  "SET #b = if_not_exists(#b, #a)",
];
const ITEMS: readonly Readonly<Record<string, AttributeValue>>[] = [
  {},
  { a: { N: "1" } },
  { a: { N: "1" }, b: { N: "2" } },
  { a: { N: "10" }, b: { N: "9" } },
  { a: { S: "text" }, b: { N: "-1" } },
  { a: { S: "Z" }, b: { S: "text" } },
  { a: { L: [{ N: "1" }] }, b: { BOOL: true } },
  { a: { B: new Uint8Array([1, 2, 3]) }, b: { N: "2" }, gp: { S: "g" }, gs: { N: "5" } },
];
const VALUES = { ":one": { N: "1" }, ":two": { N: "2" }, ":text": { S: "text" } };
const NAMES = { "#a": "a", "#b": "b" };
const RETURNED = ["NONE", "ALL_NEW", "UPDATED_NEW", "ALL_OLD"] as const;

async function outcome(work: () => Promise<object>): Promise<unknown> {
  try {
    const { $metadata: _, Attributes = {}, ...answer } = (await work()) as { $metadata: unknown; Attributes?: object };
    return { ...answer, Attributes };
  } catch (error) {
    return error instanceof Error ? error.name : error;
  }
}

function usedOf<T>(text: string, all: Readonly<Record<string, T>>): Record<string, T> | undefined {
  const used = Object.entries(all).filter(([name]) => text.includes(name));
  return used.length === 0 ? undefined : Object.fromEntries(used);
}

test("conditional updates do as dynalite's", async () => {
  const random = seeded(11);
  let count = 0;
  for (const ConditionExpression of CONDITIONS) {
    for (const UpdateExpression of UPDATES) {
      for (const item of ITEMS) {
        const Key = { pk: { S: `k${count++}` } };
        const text = `${ConditionExpression ?? ""} ${UpdateExpression ?? ""}`;
        const [names, values] = [usedOf(text, NAMES), usedOf(text, VALUES)];
        const input: UpdateItemCommandInput = {
          TableName,
          Key,
          ReturnValues: RETURNED[Math.floor(random() * RETURNED.length)],
          ...(ConditionExpression === undefined ? {} : { ConditionExpression }),
          ...(UpdateExpression === undefined ? {} : { UpdateExpression }),
          ...(names === undefined ? {} : { ExpressionAttributeNames: names }),
          ...(values === undefined ? {} : { ExpressionAttributeValues: values }),
        };
        const [here, there] = await Promise.all(
          [ours, theirs].map(async (client) => {
            const isEmpty = Object.keys(item).length === 0;
            if (!isEmpty) await client.send(new PutItemCommand({ TableName, Item: { ...Key, ...item } }));
            const answer = await outcome(() => client.send(new UpdateItemCommand(input)));
            return [
              answer,
              await outcome(() => client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))),
            ];
          }),
        );
        assert.deepEqual(here, there, `${text} of ${JSON.stringify(item)}`);
      }
    }
  }
});

test("what is not right in a request is refused as dynalite does", async () => {
  const Key = { pk: { S: "wrong" } };
  const update = (input: Partial<UpdateItemCommandInput>) => new UpdateItemCommand({ TableName, Key, ...input });
  const key = (name: string) => ({ pk: { S: name } });
  for (const command of [
    () =>
      update({ UpdateExpression: "SET #a = :one", ExpressionAttributeNames: NAMES, ExpressionAttributeValues: VALUES }),
    () => update({ UpdateExpression: "SET #a = :one" }),
    () => update({ UpdateExpression: "SET a = :one, a = :one", ExpressionAttributeValues: { ":one": { N: "1" } } }),
    () => update({ UpdateExpression: "SET pk = :one", ExpressionAttributeValues: { ":one": { S: "1" } } }),
    () => update({ UpdateExpression: "SET gs = :one", ExpressionAttributeValues: { ":one": { S: "1" } } }),
    () => update({ UpdateExpression: "SET a = " }),
    () => update({ UpdateExpression: "a = :one" }),
    () => update({ ConditionExpression: "a = (", UpdateExpression: "REMOVE a" }),
    () => update({ ConditionExpression: "a == b", UpdateExpression: "REMOVE a" }),
    () => update({ Key: { other: { S: "x" } }, UpdateExpression: "REMOVE a" }),
    () => new GetItemCommand({ TableName: "other", Key }),
    () => new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [key("x"), key("x")] } } }),
    () =>
      new BatchGetItemCommand({
        RequestItems: { [TableName]: { Keys: Array.from({ length: 101 }, (_, index) => key(`k${index}`)) } },
      }),
    () => new PutItemCommand({ TableName, Item: { ...Key, a: { S: "x".repeat(410 * 1024) } } }),
  ]) {
    const send = (client: DynamoDBClient) => outcome(() => client.send(command() as UpdateItemCommand));
    const [here, there] = await Promise.all([send(ours), send(theirs)]);
    assert.equal(typeof there, "string", "an error");
    assert.equal(here, there);
  }
});

test("a query goes through the index in pages, in order, and deletions leave it", async () => {
  const entries = Array.from({ length: 30 }, (_, index) => ({
    pk: { S: `q${index}` },
    gp: { S: index % 3 === 0 ? "other" : "one" },
    gs: { N: String((index * 37) % 30) },
    rest: { S: "not in the index" },
  }));
  const [here, there] = await Promise.all(
    [ours, theirs].map(async (client) => {
      for (const Item of entries) await client.send(new PutItemCommand({ TableName, Item }));
      await client.send(new DeleteItemCommand({ TableName, Key: { pk: { S: "q1" } } }));
      const pages: unknown[] = [];
      for (const [condition, forward] of [
        ["gp = :gp", true],
        ["gp = :gp AND gs <= :gs", true],
        ["gp = :gp AND gs > :gs", false],
      ] as const) {
        let start: Record<string, AttributeValue> | undefined;
        do {
          const query = new QueryCommand({
            TableName,
            IndexName: "outbox",
            KeyConditionExpression: condition,
            ExpressionAttributeValues: {
              ":gp": { S: "one" },
              ...(condition.includes(":gs") ? { ":gs": { N: "17" } } : {}),
            },
            ScanIndexForward: forward,
            Limit: 4,
            ...(start === undefined ? {} : { ExclusiveStartKey: start }),
          });
          const { Items, LastEvaluatedKey } = await client.send(query);
          pages.push(Items);
          start = LastEvaluatedKey;
        } while (start !== undefined);
      }
      return pages;
    }),
  );
  assert.deepEqual(here, there);
});

describe("the bill", () => {
  const table = dynamoDbTable(dynamoDb(ours), TableName);
  const bill = () => [standIn.units.writes, standIn.units.indexWrites, standIn.units.reads];

  test("a finding of 2 to 3 KB: both writes of it by the larger item, and the index's entry put and deleted", async () => {
    await table.claim("k", claimAt(T0, { outbox: new Uint8Array(2500) }));
    assert.deepEqual(bill(), [3, 1, 0]);
    await table.complete("k", { findingId: "f1", now: T0, windowMs: WINDOW, lastSeen: T0 });
    assert.deepEqual(bill(), [6, 2, 0]);
  });

  test("an adoption moves the index's entry: two writes of it", async () => {
    await table.claim("k", claimAt(T0));
    await table.takeOver("k", { findingId: "f1", seen: T0 + 60_000, until: T0 + 90_000 });
    assert.deepEqual(bill(), [2, 3, 0]);
  });

  test("a condition that fails costs the item that is there, and a unit where none is", async () => {
    await table.claim("k", claimAt(T0, { outbox: new Uint8Array(2500) }));
    standIn.resetCounts();
    await table.claim("k", claimAt(T0));
    await table.refreshPending("nothing", T0);
    assert.deepEqual(bill(), [3 + 1, 0, 0]);
  });

  test("reads go by 4 KB, each item by itself, and half where they may be stale", async () => {
    await table.claim("k", claimAt(T0, { outbox: new Uint8Array(5000) }));
    standIn.resetCounts();
    await table.get("k");
    assert.deepEqual(bill(), [0, 0, 2]);
    await table.read(["k", "nothing"]);
    assert.deepEqual(bill(), [0, 0, 2 + 1 + 0.5]);
    await table.pending(0);
    assert.deepEqual(bill(), [0, 0, 4]);
  });
});

describe("bad manners", () => {
  const get = () => ours.send(new GetItemCommand({ TableName, Key: { pk: { S: "k" } } }));

  test("a share of requests is throttled, the same ones again after a reset", async () => {
    const run = async () => {
      standIn.reset();
      standIn.manners.throttled = 0.5;
      const answers: unknown[] = [];
      for (let count = 0; count < 100; count++) answers.push(await outcome(get));
      return answers;
    };
    const answers = await run();
    const count = (name: string) => answers.filter((answer) => answer === name).length;
    const [table, account] = [count("ProvisionedThroughputExceededException"), count("ThrottlingException")];
    assert.ok(table > 10 && account > 10 && table + account > 30 && table + account < 70, `${table} and ${account}`);
    assert.equal(standIn.units.reads, (100 - table - account) / 2, "what is throttled costs nothing");
    assert.deepEqual(await run(), answers);
  });

  test("it refuses", async () => {
    standIn.manners.refuses = true;
    assert.equal(await outcome(get), "AccessDeniedException");
  });

  test("it hangs", async () => {
    standIn.manners.hangs = true;
    const abortSignal = AbortSignal.timeout(50);
    const input = { TableName, Key: { pk: { S: "k" } } };
    assert.equal(await outcome(() => ours.send(new GetItemCommand(input), { abortSignal })), "AbortError");
  });
});
