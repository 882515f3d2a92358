import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import { CreateTableCommand, DeleteTableCommand, waitUntilTableNotExists } from "@aws-sdk/client-dynamodb";
import { CreateTopicCommand, DeleteTopicCommand, SubscribeCommand } from "@aws-sdk/client-sns";
import { DeleteQueueCommand, PurgeQueueCommand } from "@aws-sdk/client-sqs";
import type { Context, KinesisStreamRecord } from "aws-lambda";
import { emptyLedger, imbalances, type Ledger } from "../../src/detect/ledger.ts";
import type { RuleCount } from "../../src/detect/rule-counts.ts";
import { canaryEvent } from "../../src/local/canary-event.ts";
import { createResources, openCloud } from "../../src/local/emulators.ts";
import { historyTable } from "../../src/local/history-table.ts";
import { lambdaRecord } from "../../src/local/kinesis-shards.ts";
import { addLedger } from "../../src/local/ledger-table.ts";
import { poisonRecords } from "../../src/local/sample-stream.ts";
import { type QuarantineMessage, quarantinedRecords } from "../../src/stream/quarantine.ts";
import { captured, received, SECRET, suspiciousEvent } from "../support/cloud.ts";

// The handlers over real sockets to the emulators; what stands between them and AWS is the endpoint alone.
const cloud = await openCloud();
const resources = await createResources(cloud);
Object.assign(process.env, cloud.environment, resources.environment);
const { handler } = await import("../../src/functions/kinesis.ts");
const { handler: sweepHandler } = await import("../../src/functions/sweep.ts");
after(() => cloud.close());

let next = 0;

function record(data: string | Buffer, arrival = Date.now()): KinesisStreamRecord {
  const sequenceNumber = String(next++).padStart(10, "0");
  const shard = { shardId: "shardId-0", streamName: "events" };
  return lambdaRecord({ ...shard, sequenceNumber, partitionKey: "k", data: Buffer.from(data), arrival });
}

function context(remaining = 60_000): Context {
  const end = Date.now() + remaining;
  return { functionName: "f", awsRequestId: "r", getRemainingTimeInMillis: () => end - Date.now() } as Context;
}

/** What the invocation answered, printed and counted. */
async function run(Records: KinesisStreamRecord[], remaining?: number) {
  const { result, printed } = await captured(() => handler({ Records }, context(remaining)));
  const lines = printed.split("\n").filter((line) => line.startsWith("{"));
  const metrics = lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter((line) => "_aws" in line);
  assert.equal(metrics.length, 1, "one line of metrics for each invocation");
  const ledger: Ledger = emptyLedger();
  addLedger(ledger, metrics[0] ?? {});
  assert.deepEqual(imbalances(ledger), []);
  const rules = (metrics[0]?.["rules"] ?? []) as readonly RuleCount[];
  for (const name of ["matched", "withoutTerms", "known", "new"] as const) {
    const sum = rules.reduce((total, rule) => total + rule[name], 0);
    assert.equal(sum, ledger[name], `${name}, over all rules`);
  }
  assert.ok(!printed.includes(SECRET), "an event's body is in the log");
  return { failures: result.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier), ledger, printed };
}

const hostsOf = (bodies: readonly string[]) =>
  bodies.map((body) => (JSON.parse(body) as { readonly host: { readonly id: string } }).host.id).sort();

beforeEach(async () => {
  await cloud.sqs.send(new PurgeQueueCommand({ QueueUrl: resources.findingsQueue }));
});

test("a new combination is published once, and the answer is empty", async () => {
  const batch = [
    record(suspiciousEvent("h1")),
    record("{}"),
    record(suspiciousEvent("h1")),
    record(suspiciousEvent("h2")),
  ];
  const { failures, ledger } = await run(batch);
  assert.deepEqual(failures, []);
  assert.deepEqual([ledger.events, ledger.skipped, ledger.matched], [3, 1, 3]);
  assert.deepEqual([ledger.new, ledger.known, ledger.published], [2, 1, 2]);
  assert.deepEqual(hostsOf(await received(cloud.sqs, resources.findingsQueue)), ["h1", "h2"]);
  assert.equal((await run(batch)).ledger.new, 0, "a redelivery finds nothing new");
});

test("poison goes to quarantine with its bytes, and its record is not failed", async () => {
  const { failures, ledger } = await run([record(`{"cut": "${SECRET}`), record(suspiciousEvent("h3"))]);
  assert.deepEqual(failures, []);
  assert.deepEqual([ledger.quarantined, ledger.quarantineFailed, ledger.new], [1, 0, 1]);
  const [message = "{}"] = await received(cloud.sqs, resources.quarantineQueue);
  assert.partialDeepStrictEqual(JSON.parse(message), { reason: "not_json", position: "0", parts: 1 });
});

test("the sample's poison goes into quarantine and comes out again, byte for byte", async () => {
  await received(cloud.sqs, resources.quarantineQueue);
  const poison = poisonRecords().map(({ data }) => record(data));
  await run([record(suspiciousEvent("h3")), ...poison]);
  const lines = (await received(cloud.sqs, resources.quarantineQueue)).flatMap((body) => body.split("\n"));
  const { records, unreadable } = quarantinedRecords(lines.map((line) => JSON.parse(line) as QuarantineMessage));
  assert.deepEqual(unreadable, []);
  const byId = new Map(records.map(({ id, bytes }) => [id, bytes.toString("base64")]));
  assert.deepEqual(
    poison.map(({ eventID }) => byId.get(eventID)),
    poison.map(({ kinesis }) => kinesis.data),
  );
});

test("a function whose stage has no canary passes the canary's event over", async () => {
  const { failures, ledger } = await run([record(canaryEvent(Date.now(), "a1"))]);
  assert.deepEqual([failures, ledger.skipped, ledger.events, ledger.canary], [[], 1, 0, 0]);
});

test("whatever the delivery holds, the answer is one: nothing is taken for done", async () => {
  const good = record(suspiciousEvent("h3"));
  const odd = { ...good, kinesis: { ...good.kinesis, data: undefined, approximateArrivalTimestamp: Number.NaN } };
  const Records = [odd as unknown as KinesisStreamRecord, good];
  const { result } = await captured(() => handler({ Records }, context()));
  assert.deepEqual(result, { batchItemFailures: [{ itemIdentifier: good.kinesis.sequenceNumber }] });
  const undated = { ...good, kinesis: { ...good.kinesis, approximateArrivalTimestamp: Number.NaN } };
  assert.deepEqual((await run([undated])).failures, [], "a stamp that is no time is now");
});

test("without time left nothing is begun, and everything that matches is reported", async () => {
  const batch = [record("{}"), record(suspiciousEvent("h4")), record(suspiciousEvent("h5"))];
  const { failures, ledger } = await run(batch, 2000);
  assert.deepEqual(failures, [batch[1]?.kinesis.sequenceNumber]);
  assert.equal(ledger.undecided, 2);
  assert.deepEqual((await run(batch)).failures, []);
});

test("where the history cannot be reached, the first record that needs it is reported, and all else is done", async () => {
  const TableName = String(resources.environment["HISTORY_TABLE"]);
  const batch = [
    record("{}"),
    record("{poison"),
    record(suspiciousEvent("h6")),
    record(suspiciousEvent("h7")),
    record("{}"),
  ];
  await cloud.dynamoDb.send(new DeleteTableCommand({ TableName }));
  const { failures, ledger, printed } = await run(batch);
  assert.deepEqual(failures, [batch[2]?.kinesis.sequenceNumber]);
  assert.deepEqual([ledger.undecided, ledger.quarantined], [2, 1]);
  assert.match(printed, /records left undecided/);
  await waitUntilTableNotExists({ client: cloud.dynamoDb, maxWaitTime: 10, minDelay: 0.05 }, { TableName });
  await cloud.dynamoDb.send(new CreateTableCommand(historyTable(TableName)));
  assert.deepEqual((await run(batch)).failures, []);
  assert.deepEqual(hostsOf(await received(cloud.sqs, resources.findingsQueue)), ["h6", "h7"]);
});

test("where the topic is gone the batch is not failed: the sweeper publishes once the lease is over", async (t) => {
  const TopicArn = String(resources.environment["FINDINGS_TOPIC_ARN"]);
  await cloud.sns.send(new DeleteTopicCommand({ TopicArn }));
  const { failures, ledger } = await run([record(suspiciousEvent("h8"))]);
  assert.deepEqual(failures, []);
  assert.deepEqual([ledger.new, ledger.published, ledger.pending], [1, 0, 1]);

  await cloud.sns.send(new CreateTopicCommand({ Name: TopicArn.split(":").at(-1) }));
  const Endpoint = "arn:aws:sqs:eu-west-1:000000000000:findings";
  const Attributes = { RawMessageDelivery: "true" };
  await cloud.sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint, Attributes }));
  const later = Date.now() + 120_000;
  t.mock.method(Date, "now", () => later);
  await sweepHandler({}, { ...context(), getRemainingTimeInMillis: () => 60_000 });
  assert.deepEqual(hostsOf(await received(cloud.sqs, resources.findingsQueue)), ["h8"]);
});

test("a record whose poison cannot be put away is reported", async () => {
  await cloud.sqs.send(new DeleteQueueCommand({ QueueUrl: resources.quarantineQueue }));
  const batch = [record(suspiciousEvent("h9")), record("{poison"), record(suspiciousEvent("h10"))];
  const { failures, ledger } = await run(batch);
  assert.deepEqual(failures, [batch[1]?.kinesis.sequenceNumber]);
  assert.deepEqual([ledger.quarantineFailed, ledger.new], [1, 2]);
});
