import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { beforeEach, test } from "node:test";
import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import { dynamoDbTable } from "../../src/history/dynamodb-table.ts";
import { type Claim, OUTBOX_PARTITIONS } from "../../src/history/table.ts";

// What DynamoDB answers and no emulator does.

const mock = mockClient(DynamoDBClient);
const table = dynamoDbTable(new DynamoDBClient({ region: "eu-west-1" }), "history");
beforeEach(() => mock.reset());

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
  mock.on(UpdateItemCommand).rejects(new ConditionalCheckFailedException({ message: "no", $metadata: {}, Item }));
  assert.deepEqual(await table.claim("k", claim), {
    claimed: false,
    item: { state: "D", firstSeen: 800, lastSeen: 900 },
  });
  assert.equal(mock.commandCalls(GetItemCommand).length, 0);
});

test("a claim asks for the old item, and names every attribute by an alias", async () => {
  mock.on(UpdateItemCommand).resolves({});
  await table.claim("k", claim);
  const [call] = mock.commandCalls(UpdateItemCommand);
  const input = call?.args[0].input;
  assert.equal(input?.ReturnValuesOnConditionCheckFailure, "ALL_OLD");
  assert.equal(input?.ConditionExpression, "attribute_not_exists(#pk) OR (#st <> :P AND #ls < :cut)");
  assert.deepEqual(input?.ExpressionAttributeValues?.[":cut"], { N: "500" });
});

test("throttling is an error, never an answer", async () => {
  mock.on(UpdateItemCommand).rejects(Object.assign(new Error("slow down"), { name: "ThrottlingException" }));
  await assert.rejects(table.claim("k", claim), /slow down/);
  await assert.rejects(table.refresh("k", { lastSeen: 1, windowMs: 1 }), /slow down/);
});

test("unprocessed keys are asked for again, and an answer is given only when all are read", async () => {
  const keys = { history: { Keys: [{ pk: { S: "b" } }] } };
  mock
    .on(BatchGetItemCommand)
    .resolvesOnce({
      Responses: { history: [{ pk: { S: "a" }, st: { S: "D" }, ls: { N: "1" } }] },
      UnprocessedKeys: keys,
    })
    .resolvesOnce({ Responses: { history: [{ pk: { S: "b" }, st: { S: "L" }, ls: { N: "2" } }] } });
  const read = await table.read(["a", "b"]);
  assert.deepEqual([...read.keys()], ["a", "b"]);
  assert.equal(mock.commandCalls(BatchGetItemCommand).length, 2);
});

test("keys that stay unprocessed make the read fail: unread is not absent", async () => {
  mock.on(BatchGetItemCommand).resolves({ UnprocessedKeys: { history: { Keys: [{ pk: { S: "a" } }] } } });
  await assert.rejects(table.read(["a"]), /1 keys unprocessed/);
});

test("claims spread over the outbox's partitions, whatever keys a sender grinds", async () => {
  mock.on(UpdateItemCommand).resolves({});
  const lowByte = (key: string) => createHash("sha256").update(`${key.length}:${key}`).digest()[0] ?? 0;
  const keys = Array.from({ length: 8000 }, (_, index) => `k${index}`).filter((key) => lowByte(key) % 16 === 0);
  assert.ok(keys.length > 400);
  for (const key of keys) await table.claim(key, claim);
  const partitions = mock
    .commandCalls(UpdateItemCommand)
    .map(({ args }) => args[0].input.ExpressionAttributeValues?.[":gp"]?.S);
  // A partition that 400 throws miss is one chance in 10^10.
  assert.equal(new Set(partitions).size, OUTBOX_PARTITIONS);
  const groups = [...Map.groupBy(partitions, (partition) => partition).values()];
  const most = Math.max(...groups.map(({ length }) => length));
  assert.ok(most < keys.length / 4, `${most} of ${keys.length} in one partition`);
});

test("a fragment is looked for by a read that cannot miss it, and written only where none is", async () => {
  mock.on(GetItemCommand).resolves({});
  assert.equal(await table.fragment("d"), undefined);
  mock.on(UpdateItemCommand).rejects(new ConditionalCheckFailedException({ message: "no", $metadata: {} }));
  assert.equal(await table.keepFragment("d", new Uint8Array([1])), true, "another was sooner");
  const reads = mock.commandCalls(GetItemCommand).map(({ args }) => args[0].input);
  assert.deepEqual(
    reads.map(({ Key, ConsistentRead }) => [Key, ConsistentRead]),
    Array(2).fill([{ pk: { S: "rule#d" } }, true]),
  );
  const [write] = mock.commandCalls(UpdateItemCommand);
  assert.equal(write?.args[0].input.ConditionExpression, "attribute_not_exists(#pk)");
  assert.equal(write?.args[0].input.UpdateExpression, "SET #ob=:ob");
  mock.reset();
  mock.on(GetItemCommand).resolves({ Item: { pk: { S: "rule#d" }, ob: { B: new Uint8Array([1]) } } });
  await table.keepFragment("d", new Uint8Array([1]));
  assert.equal(mock.commandCalls(UpdateItemCommand).length, 0);
});

test("a write asks for an item only where one is used", async () => {
  mock.on(UpdateItemCommand).resolves({});
  await table.claim("k", claim);
  await table.complete("k", { findingId: "f1", now: 1, windowMs: 1, lastSeen: 1 });
  await table.refresh("k", { lastSeen: 1, windowMs: 1 });
  await table.refreshPending("k", 1);
  await table.learn("k", { lastSeen: 1, windowMs: 1, ruleId: "r", preview: [] });
  await table.takeOver("k", { findingId: "f1", seen: 1, until: 2 }).catch(() => {});
  const asked = mock.commandCalls(UpdateItemCommand).map(({ args }) => {
    const { ReturnValues = "NONE", ReturnValuesOnConditionCheckFailure = "NONE" } = args[0].input;
    return `${ReturnValues} ${ReturnValuesOnConditionCheckFailure}`;
  });
  assert.deepEqual(asked, ["NONE ALL_OLD", ...Array(4).fill("NONE NONE"), "ALL_NEW NONE"]);
});
