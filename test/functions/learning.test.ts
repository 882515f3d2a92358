import assert from "node:assert/strict";
import { after, test } from "node:test";
import { CreateTableCommand, DeleteTableCommand, waitUntilTableNotExists } from "@aws-sdk/client-dynamodb";
import type { Context, SQSRecord } from "aws-lambda";
import { createResources, openCloud } from "../../src/local/emulators.ts";
import { historyTable } from "../../src/local/history-table.ts";
import { received, silenced, suspiciousEvent } from "../support/cloud.ts";

// The functions with `learn: window`, as their variables say it.

const cloud = await openCloud();
const resources = await createResources(cloud);
Object.assign(process.env, cloud.environment, resources.environment, { LEARN: "window", COUNTERS: "true" });
const { handler } = await import("../../src/functions/firehose.ts");
const { handler: retryHandler } = await import("../../src/functions/retry.ts");
after(() => cloud.close());

const HOUR = 3_600_000;
const WINDOW = 7 * 24 * HOUR;
const ARN = "arn:aws:firehose:eu-west-1:000000000000:deliverystream/events";
const TableName = String(resources.environment["HISTORY_TABLE"]);
const context = { functionName: "f", awsRequestId: "r", getRemainingTimeInMillis: () => 60_000 } as Context;

let next = 0;
const deliver = (host: string, arrival: number) => {
  const data = Buffer.from(suspiciousEvent(host, `event-${next}`)).toString("base64");
  const records = [{ recordId: `record-${next++}`, approximateArrivalTimestamp: arrival, data }];
  return silenced(() => handler({ invocationId: "i", deliveryStreamArn: ARN, region: "eu-west-1", records }, context));
};
async function findings(): Promise<Record<string, unknown>[]> {
  const bodies = await received(cloud.sqs, resources.findingsQueue);
  return bodies.map((body) => JSON.parse(body) as Record<string, unknown>);
}

test("what Firehose parks while the table is away begins the rule later, and is learned", async (t) => {
  const start = Date.now() - WINDOW + 2 * HOUR;
  await cloud.dynamoDb.send(new DeleteTableCommand({ TableName }));
  await waitUntilTableNotExists({ client: cloud.dynamoDb, maxWaitTime: 10, minDelay: 0.05 }, { TableName });
  const { records } = await deliver("h1", start);
  assert.deepEqual(
    records.map(({ result }) => result),
    ["Ok"],
  );
  const bodies = await received(cloud.sqs, resources.retryQueue);
  assert.equal(bodies.length, 1);
  const attributes = { SentTimestamp: `${start}` };
  const event = { Records: bodies.map((body) => ({ messageId: "m", body, attributes }) as SQSRecord) };
  const early = await silenced(() => retryHandler(event, context));
  assert.equal(early.batchItemFailures.length, 1, "whether the rule learns cannot be known");

  await cloud.dynamoDb.send(new CreateTableCommand(historyTable(TableName)));
  // A table that failed is left alone for five seconds.
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() + 5000 });
  const later = await silenced(() => retryHandler(event, context));
  assert.deepEqual(later.batchItemFailures, []);
  assert.deepEqual(await findings(), []);

  // The start is the parked sighting's, so that the rule has learned two hours from now, and not before.
  await deliver("h2", Date.now());
  assert.deepEqual(await findings(), []);
  await deliver("h3", start + WINDOW);
  await deliver("h1", start + WINDOW);
  const [finding, ...more] = await findings();
  assert.deepEqual([finding?.["kibana.alert.new_terms"], more], [["h3", "/usr/bin/curl"], []]);
  assert.equal(finding?.["new_terms_stream.history_since"], new Date(start).toISOString());
  assert.match(String(finding?.["new_terms_stream.why"]), /^First time on .+ in 7 days \(history kept since/);
});
