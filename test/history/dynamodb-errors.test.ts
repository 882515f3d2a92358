import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { beforeEach, mock, test } from "node:test";
import type { Answer, DynamoDb } from "../../src/history/dynamodb-requests.ts";
import { dynamoDbTable } from "../../src/history/dynamodb-table.ts";
import { type Claim, OUTBOX_PARTITIONS } from "../../src/history/table.ts";

// What DynamoDB answers and no emulator does.

interface Update {
  readonly ConditionExpression: string;
  readonly UpdateExpression: string;
  readonly ExpressionAttributeValues: Readonly<Record<string, { readonly S?: string; readonly N?: string }>>;
  readonly ReturnValues?: string;
  readonly ReturnValuesOnConditionCheckFailure?: string;
}

let answers: Partial<Record<Parameters<DynamoDb>[0], () => Answer>> = {};
const asked = mock.fn<DynamoDb>(async (operation) => answers[operation]?.() ?? {});
const table = dynamoDbTable(asked, "history");
beforeEach(() => {
  answers = {};
  asked.mock.resetCalls();
});

function inputsOf(operation: Parameters<DynamoDb>[0]): unknown[] {
  return asked.mock.calls.filter((call) => call.arguments[0] === operation).map((call) => call.arguments[1]);
}

const updates = () => inputsOf("UpdateItem") as Update[];

function failing(name: string, more: object = {}): () => never {
  return () => {
    throw Object.assign(new Error(`it said ${name}`), { name, ...more });
  };
}

const claim: Claim = {
  firstSeen: 1000,
  lastSeen: 1000,
  windowMs: 500,
  findingId: "f1",
  triggerId: "e1",
  outbox: new Uint8Array([1]),
  leaseUntil: 2000,
  ruleId: "r",
  preview: [],
};

test("the item in a claim's way comes with the error, and no second request is made", async () => {
  const Item = { pk: { S: "k" }, st: { S: "D" }, fs: { N: "800" }, ls: { N: "900" } };
  answers = { UpdateItem: failing("ConditionalCheckFailedException", { Item }) };
  assert.deepEqual(await table.claim("k", claim), {
    claimed: false,
    item: { state: "D", firstSeen: 800, lastSeen: 900 },
  });
  assert.equal(inputsOf("GetItem").length, 0);
});

test("a claim asks for the old item, and names every attribute by an alias", async () => {
  await table.claim("k", claim);
  const [input] = updates();
  assert.equal(input?.ReturnValuesOnConditionCheckFailure, "ALL_OLD");
  assert.equal(input?.ConditionExpression, "attribute_not_exists(#pk) OR (#st <> :P AND #ls < :cut)");
  assert.deepEqual(input?.ExpressionAttributeValues[":cut"], { N: "500" });
});

test("throttling is an error, never an answer", async () => {
  answers = { UpdateItem: failing("ThrottlingException") };
  await assert.rejects(table.claim("k", claim), /it said ThrottlingException/);
  await assert.rejects(table.refresh("k", { lastSeen: 1, windowMs: 1 }), /it said ThrottlingException/);
});

test("unprocessed keys are asked for again, and an answer is given only when all are read", async () => {
  const first = {
    Responses: { history: [{ pk: { S: "a" }, st: { S: "D" }, ls: { N: "1" } }] },
    UnprocessedKeys: { history: { Keys: [{ pk: { S: "b" } }] } },
  };
  const second = { Responses: { history: [{ pk: { S: "b" }, st: { S: "L" }, ls: { N: "2" } }] } };
  answers = { BatchGetItem: () => (inputsOf("BatchGetItem").length === 0 ? first : second) };
  const read = await table.read(["a", "b"]);
  assert.deepEqual([...read.keys()], ["a", "b"]);
  assert.equal(inputsOf("BatchGetItem").length, 2);
});

test("keys that stay unprocessed make the read fail: unread is not absent", async () => {
  answers = { BatchGetItem: () => ({ UnprocessedKeys: { history: { Keys: [{ pk: { S: "a" } }] } } }) };
  await assert.rejects(table.read(["a"]), /1 keys unprocessed/);
});

test("claims spread over the outbox's partitions, whatever keys a sender grinds", async () => {
  const lowByte = (key: string) => createHash("sha256").update(`${key.length}:${key}`).digest()[0] ?? 0;
  const keys = Array.from({ length: 8000 }, (_, index) => `k${index}`).filter((key) => lowByte(key) % 16 === 0);
  assert.ok(keys.length > 400);
  for (const key of keys) await table.claim(key, claim);
  const partitions = updates().map(({ ExpressionAttributeValues }) => ExpressionAttributeValues[":gp"]?.S);
  // A partition that 400 throws miss is one chance in 10^10.
  assert.equal(new Set(partitions).size, OUTBOX_PARTITIONS);
  const groups = [...Map.groupBy(partitions, (partition) => partition).values()];
  const most = Math.max(...groups.map(({ length }) => length));
  assert.ok(most < keys.length / 4, `${most} of ${keys.length} in one partition`);
});

test("a fragment is looked for by a read that cannot miss it, and written only where none is", async () => {
  assert.equal(await table.fragment("d"), undefined);
  answers = { UpdateItem: failing("ConditionalCheckFailedException") };
  assert.equal(await table.keepFragment("d", new Uint8Array([1])), true, "another was sooner");
  const read = { TableName: "history", Key: { pk: { S: "rule#d" } }, ConsistentRead: true };
  assert.deepEqual(inputsOf("GetItem"), [read, read]);
  const [write] = updates();
  assert.equal(write?.ConditionExpression, "attribute_not_exists(#pk)");
  assert.equal(write?.UpdateExpression, "SET #ob=:ob");
  asked.mock.resetCalls();
  answers = { GetItem: () => ({ Item: { pk: { S: "rule#d" }, ob: { B: "AQ==" } } }) };
  await table.keepFragment("d", new Uint8Array([1]));
  assert.equal(updates().length, 0);
});

test("a write asks for an item only where one is used", async () => {
  await table.claim("k", claim);
  await table.complete("k", { findingId: "f1", now: 1, windowMs: 1, lastSeen: 1 });
  await table.refresh("k", { lastSeen: 1, windowMs: 1 });
  await table.refreshPending("k", 1);
  await table.learn("k", { lastSeen: 1, windowMs: 1, ruleId: "r", preview: [] });
  await table.takeOver("k", { findingId: "f1", seen: 1, until: 2 }).catch(() => {});
  const wanted = updates().map(
    ({ ReturnValues = "NONE", ReturnValuesOnConditionCheckFailure = "NONE" }) =>
      `${ReturnValues} ${ReturnValuesOnConditionCheckFailure}`,
  );
  assert.deepEqual(wanted, ["NONE ALL_OLD", ...Array(4).fill("NONE NONE"), "ALL_NEW NONE"]);
});
