import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import { CreateTableCommand, DeleteTableCommand, waitUntilTableNotExists } from "@aws-sdk/client-dynamodb";
import { CreateQueueCommand, DeleteQueueCommand, PurgeQueueCommand } from "@aws-sdk/client-sqs";
import type { Context, FirehoseTransformationEventRecord, SQSEvent } from "aws-lambda";
import fc from "fast-check";
import { findingSchema } from "../../src/finding/schema.ts";
import { createResources, openCloud } from "../../src/local/emulators.ts";
import { historyTable } from "../../src/local/history-table.ts";
import { poisonRecords } from "../../src/local/sample-stream.ts";
import { firehoseDelivery } from "../../src/stream/firehose.ts";
import { queueRecord, received, silenced, suspiciousEvent } from "../support/cloud.ts";

const cloud = await openCloud();
const resources = await createResources(cloud);
Object.assign(process.env, cloud.environment, resources.environment);
const { handler } = await import("../../src/functions/firehose.ts");
const { handler: retryHandler } = await import("../../src/functions/retry.ts");
after(() => cloud.close());

const ARN = "arn:aws:firehose:eu-west-1:000000000000:deliverystream/events";
const TableName = String(resources.environment["HISTORY_TABLE"]);
const context = { functionName: "f", awsRequestId: "r", getRemainingTimeInMillis: () => 60_000 } as Context;

let next = 0;
const record = (data: string, arrival = Date.now()): FirehoseTransformationEventRecord => ({
  recordId: `record-${next++}`,
  approximateArrivalTimestamp: arrival,
  data,
});
const base64 = (text: string | Buffer) => Buffer.from(text).toString("base64");

const run = (records: FirehoseTransformationEventRecord[]) =>
  silenced(() => handler({ invocationId: "i", deliveryStreamArn: ARN, region: "eu-west-1", records }, context));

/** Everything in the retry queue, as Lambda hands it over. */
async function retryDelivery(): Promise<SQSEvent> {
  const bodies = await received(cloud.sqs, resources.retryQueue);
  return { Records: bodies.map((body, index) => queueRecord(body, `m${index}`, Date.now())) };
}
const hosts = async () => {
  const bodies = await received(cloud.sqs, resources.findingsQueue);
  return bodies.map((body) => (JSON.parse(body) as { readonly host: { readonly id: string } }).host.id).sort();
};

async function dropTable(): Promise<void> {
  await cloud.dynamoDb.send(new DeleteTableCommand({ TableName }));
  await waitUntilTableNotExists({ client: cloud.dynamoDb, maxWaitTime: 10, minDelay: 0.05 }, { TableName });
}
const createTable = () => cloud.dynamoDb.send(new CreateTableCommand(historyTable(TableName)));

beforeEach(async () => {
  for (const queue of [resources.findingsQueue, resources.quarantineQueue, resources.retryQueue]) {
    await cloud.sqs.send(new PurgeQueueCommand({ QueueUrl: queue }));
  }
});

test("a new combination is published, and each record comes back as it came", async () => {
  const records = [record(base64(suspiciousEvent("h1"))), record(base64("{}")), record(base64("{poison"))];
  const answer = await run(records);
  assert.deepEqual(
    answer.records,
    records.map(({ recordId, data }) => ({ recordId, result: "Ok", data })),
  );
  assert.deepEqual(await hosts(), ["h1"]);
  assert.equal((await received(cloud.sqs, resources.quarantineQueue)).length, 1);
});

test("what cannot be decided is parked and decided later, with the time and the identity it came with", async () => {
  const arrival = Date.now() - 3_600_000;
  const records = [
    record(base64(suspiciousEvent("h2", "event-h2")), arrival),
    record(base64(suspiciousEvent("h3", "event-h3"))),
  ];
  await dropTable();
  const answer = await run(records);
  assert.ok(answer.records.every(({ result }) => result === "Ok"));
  const delivery = await retryDelivery();
  assert.equal(delivery.Records.length, 2);
  // The function has found something before: what it parks names the rule's fragment.
  for (const { body } of delivery.Records) assert.ok(Buffer.byteLength(body) < 1280, `${body.length} bytes`);

  const early = await silenced(() => retryHandler(delivery, context));
  assert.deepEqual(
    early.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier),
    ["m0", "m1"],
    "the table is still away",
  );

  await createTable();
  const later = await silenced(() => retryHandler(delivery, context));
  assert.deepEqual(later.batchItemFailures, []);
  const bodies = await received(cloud.sqs, resources.findingsQueue);
  const findings = bodies.map((body) => JSON.parse(body) as Record<string, unknown>);
  const first = findings.find((finding) => JSON.stringify(finding["kibana.alert.ancestors"]).includes("event-h2"));
  assert.equal(first?.["new_terms_stream.arrival"], new Date(arrival).toISOString());
  assert.equal(findings.length, 2);
  // With the table went the fragment.
  for (const finding of findings) assert.equal(findingSchema.parse(finding)["new_terms_stream.truncated"]?.length, 1);

  await silenced(() => retryHandler(delivery, context));
  await run(records);
  assert.deepEqual(await hosts(), [], "neither a second delivery nor the batch itself finds them new again");
});

test("records that there is no time to read are put away whole, and come back all the same", async (t) => {
  const records = ["first", "second", "late"].map((host) => record(base64(suspiciousEvent(host))));
  records.push(record(base64("{}")));
  const start = Date.now();
  let calls = 0;
  // Time runs out as the first record has been read.
  t.mock.method(Date, "now", () => start + (calls++ > 4 ? 40_000 : 0));
  const answer = await run(records);
  assert.deepEqual(
    answer.records,
    records.map(({ recordId, data }) => ({ recordId, result: "Ok", data })),
  );
  const bodies = await received(cloud.sqs, resources.quarantineQueue);
  const late = bodies.map((body) => JSON.parse(body) as { readonly reason: string; readonly recordId: string });
  assert.ok(late.length > 0 && late.every(({ reason }) => reason === "out_of_time"));
  assert.ok(late.some(({ recordId }) => recordId === `${ARN}/${records[2]?.recordId}`));
  assert.ok(!late.some(({ recordId }) => recordId === `${ARN}/${records[3]?.recordId}`), "which could not match");
});

test("a message that cannot be read fails by itself", async () => {
  await createTable().catch(() => undefined);
  const Records = ["{}", "no json"].map((body, index) => queueRecord(body, `m${index}`, Date.now()));
  const answer = await silenced(() => retryHandler({ Records }, context));
  assert.deepEqual(
    answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier),
    ["m0", "m1"],
  );
});

test("ten thousand random records come back, each once, byte for byte, in an answer no larger than six megabytes", async () => {
  const content = fc.oneof(
    fc.constantFrom(...poisonRecords().map(({ data }) => data.toString("base64"))),
    fc.base64String({ maxLength: 200 }),
    fc.string({ maxLength: 60 }), // not base64 at all
    fc.json({ maxDepth: 3 }).map(base64),
    fc.integer({ min: 0, max: 5 }).map((host) => base64(suspiciousEvent(`random-${host}`, "same-event"))),
  );
  const batches = fc.sample(fc.array(content, { minLength: 80, maxLength: 120 }), { numRuns: 100, seed: 1 });
  let count = 0;
  for (const batch of batches) {
    const records = batch.map((data) => record(data));
    const answer = await run(records);
    assert.deepEqual(
      answer.records,
      records.map(({ recordId, data }) => ({ recordId, result: "Ok", data })),
    );
    assert.ok(JSON.stringify(answer).length <= JSON.stringify({ records }).length);
    count += records.length;
  }
  assert.ok(count >= 9_000, `${count} records`);
  assert.equal((await hosts()).length, 6);
});

test("a batch of three megabytes is answered under six", async () => {
  const records = Array.from({ length: 30 }, () => record(base64(Buffer.alloc(100 * 1024, "x"))));
  const answer = await run(records);
  assert.ok(Buffer.byteLength(JSON.stringify(answer)) < 6 * 1024 * 1024);
});

const read = (one: FirehoseTransformationEventRecord) =>
  firehoseDelivery({ deliveryStreamArn: ARN, records: [one] }).record(0);

test("times are read in whatever unit they come, and identity is the stream's where there is one", () => {
  const at = Date.parse("2026-05-25T10:00:00.123Z");
  const metadata = { shardId: "shardId-1", partitionKey: "k", approximateArrivalTimestamp: at, sequenceNumber: "42" };
  for (const stamp of [at, at / 1000, String(at), new Date(at).toISOString()] as number[]) {
    assert.equal(read({ ...record("e30="), approximateArrivalTimestamp: stamp }).arrival, at);
  }
  const direct = read({ recordId: "r1", approximateArrivalTimestamp: at, data: "e30=" });
  assert.equal(direct.id, `${ARN}/r1`);
  const plain = read({ ...record("e30="), kinesisRecordMetadata: { ...metadata, subsequenceNumber: "0" } });
  const part = read({ ...record("e30="), kinesisRecordMetadata: { ...metadata, subsequenceNumber: "7" } });
  assert.deepEqual([plain.id, part.id], ["shardId-1:42", "shardId-1:42.7"]);
});

test("where the quarantine queue is gone, what cannot be read goes under Firehose's error prefix", async () => {
  await createTable().catch(() => undefined);
  await cloud.sqs.send(new DeleteQueueCommand({ QueueUrl: resources.quarantineQueue }));
  const records = [record(base64("{poison")), record(base64(suspiciousEvent("h8"))), record(base64("no json"))];
  const answer = await run(records);
  assert.deepEqual(
    answer.records.map(({ result }) => result),
    ["ProcessingFailed", "Ok", "ProcessingFailed"],
  );
  assert.deepEqual(await hosts(), ["h8"]);
  await cloud.sqs.send(new CreateQueueCommand({ QueueName: "quarantine" }));
});

test("where neither the table nor the retry queue answers, the record goes under Firehose's error prefix", async () => {
  await dropTable();
  await cloud.sqs.send(new DeleteQueueCommand({ QueueUrl: resources.retryQueue }));
  const records = [record(base64("{}")), record(base64(suspiciousEvent("h9"))), record(base64("{}"))];
  const answer = await run(records);
  assert.deepEqual(
    answer.records.map(({ result }) => result),
    ["Ok", "ProcessingFailed", "Ok"],
  );
  assert.deepEqual(
    answer.records.map(({ data }) => data),
    records.map(({ data }) => data),
  );
});
