import assert from "node:assert/strict";
import { after, test } from "node:test";
import { CreateTableCommand, DeleteTableCommand, waitUntilTableNotExists } from "@aws-sdk/client-dynamodb";
import type { Context } from "aws-lambda";
import { findingSchema } from "../../src/finding/schema.ts";
import { dynamoDbTable } from "../../src/history/dynamodb-table.ts";
import { counterKey } from "../../src/history/key.ts";
import { createResources, openCloud } from "../../src/local/emulators.ts";
import { historyTable } from "../../src/local/history-table.ts";
import { dynamoDb } from "../../src/runtime/dynamodb.ts";
import { queueRecord, received, silenced, suspiciousEvent } from "../support/cloud.ts";
import { shippedDetector } from "../support/rules.ts";

// The functions with counters and nobody who learns, as their variables say it.

const cloud = await openCloud();
const resources = await createResources(cloud);
Object.assign(process.env, cloud.environment, resources.environment, { COUNTERS: "true" });
const { handler: firehose } = await import("../../src/functions/firehose.ts");
const { handler: retry } = await import("../../src/functions/retry.ts");
after(() => cloud.close());

const TableName = String(resources.environment["HISTORY_TABLE"]);
const context = { functionName: "f", awsRequestId: "r", getRemainingTimeInMillis: () => 60_000 } as Context;
const { rule } = shippedDetector();

test("what Firehose parks while the table is away says why it is new, and is counted once, however often it comes", async () => {
  await cloud.dynamoDb.send(new DeleteTableCommand({ TableName }));
  await waitUntilTableNotExists({ client: cloud.dynamoDb, maxWaitTime: 10, minDelay: 0.05 }, { TableName });
  const records = ["h1", "h2"].map((host) => ({
    recordId: host,
    approximateArrivalTimestamp: Date.now(),
    data: Buffer.from(suspiciousEvent(host)).toString("base64"),
  }));
  const deliveryStreamArn = "arn:aws:firehose:eu-west-1:000000000000:deliverystream/events";
  await silenced(() => firehose({ invocationId: "i", deliveryStreamArn, region: "eu-west-1", records }, context));
  const bodies = await received(cloud.sqs, resources.retryQueue);
  assert.equal(bodies.length, 2);

  await cloud.dynamoDb.send(new CreateTableCommand(historyTable(TableName)));
  const Records = bodies.map((body, index) => queueRecord(body, `m${index}`, Date.now()));
  for (let time = 0; time < 2; time++) {
    const { batchItemFailures } = await silenced(() => retry({ Records }, context));
    assert.deepEqual(batchItemFailures, []);
  }
  const findings = (await received(cloud.sqs, resources.findingsQueue)).map((body) =>
    findingSchema.parse(JSON.parse(body)),
  );
  assert.equal(findings.length, 2);
  for (const finding of findings) {
    const { "new_terms_stream.why": why, "new_terms_stream.values": values = [] } = finding;
    assert.match(
      String(why),
      /^First time on \S+ since its history began on .* is known on no other host; this host has/,
    );
    assert.equal(values.length, 2);
  }
  const table = dynamoDbTable(dynamoDb(cloud.dynamoDb), TableName);
  const of = (field: string, text: string) => counterKey(rule.rule_id, field, text);
  const [h1, curl] = [of("host.id", "h1"), of("process.executable", "/usr/bin/curl")];
  const counts = await table.counts([h1, curl]);
  assert.deepEqual([counts.get(h1)?.combinations, counts.get(curl)?.combinations], [1, 2]);
});
