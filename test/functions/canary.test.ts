import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import { SetSubscriptionAttributesCommand, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, GetQueueAttributesCommand, PurgeQueueCommand } from "@aws-sdk/client-sqs";
import type { Context } from "aws-lambda";
import type { JsonObject } from "../../src/deploy/cloudformation.ts";
import { settingsOf } from "../../src/deploy/settings.ts";
import { subscriptionsOf } from "../../src/deploy/subscriptions.ts";
import { emptyLedger, imbalances, type Ledger } from "../../src/detect/ledger.ts";
import { canaryEvent } from "../../src/local/canary-event.ts";
import { createResources, openCloud } from "../../src/local/emulators.ts";
import { lambdaRecord } from "../../src/local/kinesis-shards.ts";
import { addLedger } from "../../src/local/ledger-table.ts";
import { captured, received, suspiciousEvent } from "../support/cloud.ts";

// The function as a stage with a canary runs it, over the emulators: two queues listen, one as people do.
const cloud = await openCloud();
const resources = await createResources(cloud);
Object.assign(process.env, cloud.environment, resources.environment, { CANARY: "true" });
const { handler } = await import("../../src/functions/kinesis.ts");
after(() => cloud.close());

const peopleQueue = await subscribePeople();

/** A queue with the filter that a stage's settings give to whoever they name. */
async function subscribePeople() {
  const { QueueUrl = "" } = await cloud.sqs.send(new CreateQueueCommand({ QueueName: "people" }));
  const url = `${cloud.environment["AWS_ENDPOINT_URL_SQS"]}${QueueUrl.slice(QueueUrl.indexOf("/", "http://".length))}`;
  const named = await cloud.sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["QueueArn"] }));
  const endpoint = named.Attributes?.["QueueArn"] ?? "";
  const settings = settingsOf({ findings: { subscriptions: [{ protocol: "sqs", endpoint }] } });
  const [subscription] = Object.values(subscriptionsOf(settings));
  const { FilterPolicy = null, FilterPolicyScope = "" } = subscription?.Properties ?? {};
  const { SubscriptionArn } = await cloud.sns.send(
    new SubscribeCommand({
      TopicArn: resources.environment["FINDINGS_TOPIC_ARN"],
      Protocol: "sqs",
      Endpoint: endpoint,
      Attributes: { RawMessageDelivery: "true", FilterPolicyScope: String(FilterPolicyScope) },
      ReturnSubscriptionArn: true,
    }),
  );
  await cloud.sns.send(
    new SetSubscriptionAttributesCommand({
      SubscriptionArn,
      AttributeName: "FilterPolicy",
      AttributeValue: JSON.stringify(FilterPolicy),
    }),
  );
  return url;
}

let next = 0;

async function run(bodies: readonly string[], arrival = Date.now()) {
  const Records = bodies.map((data) => {
    const sequenceNumber = String(next++).padStart(10, "0");
    const shard = { shardId: "shardId-0", streamName: "events", partitionKey: "firstsight-canary" };
    return lambdaRecord({ ...shard, sequenceNumber, data: Buffer.from(data), arrival });
  });
  const context = { functionName: "f", awsRequestId: "r", getRemainingTimeInMillis: () => 60_000 } as Context;
  const { result, printed } = await captured(() => handler({ Records }, context));
  assert.deepEqual(result, { batchItemFailures: [] });
  const line = printed.split("\n").find((each) => each.includes('"_aws"'));
  const ledger: Ledger = emptyLedger();
  addLedger(ledger, JSON.parse(line ?? "{}") as Record<string, unknown>);
  assert.deepEqual(imbalances(ledger), []);
  return ledger;
}

const typesOf = (bodies: readonly string[]) =>
  bodies.map((body) => String((JSON.parse(body) as JsonObject)["new_terms_stream.type"])).sort();

beforeEach(async () => {
  for (const QueueUrl of [resources.findingsQueue, peopleQueue])
    await cloud.sqs.send(new PurgeQueueCommand({ QueueUrl }));
});

test("the canary's event comes out as a finding that is marked, and that no person gets", async () => {
  const scheduled = Date.now() - 2000;
  const ledger = await run([canaryEvent(scheduled, "a1"), suspiciousEvent("h1")]);
  assert.deepEqual([ledger.new, ledger.published, ledger.canary], [2, 2, 1]);
  assert.ok(ledger.canaryDelay >= 2 && ledger.canaryDelay < 30, `${ledger.canaryDelay} s`);
  assert.deepEqual(typesOf(await received(cloud.sqs, resources.findingsQueue)), ["canary", "finding"]);
  assert.deepEqual(typesOf(await received(cloud.sqs, peopleQueue)), ["finding"]);
  const { canary, canaryDelay } = await run([suspiciousEvent("h1b")]);
  assert.deepEqual([canary, canaryDelay], [0, 0]);
});

test("each of the schedule's events is new, and one that comes twice is known", async () => {
  const at = Date.now();
  const first = await run([canaryEvent(at, "b1"), canaryEvent(at + 300_000, "b2")]);
  assert.deepEqual([first.new, first.canary], [2, 2]);
  const again = await run([canaryEvent(at, "b1")]);
  assert.deepEqual([again.known, again.canary], [1, 0]);
});
