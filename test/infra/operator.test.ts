import assert from "node:assert/strict";
import { after, test } from "node:test";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { command } from "../../src/cli/command.ts";
import { VERBS } from "../../src/cli/verbs.ts";
import { isObject, type Json } from "../../src/deploy/cloudformation.ts";
import { createResources, openCloud } from "../../src/local/emulators.ts";
import { lambdaRecord } from "../../src/local/kinesis-shards.ts";
import { quarantineBy } from "../../src/stream/quarantine.ts";
import { type Asked, askedBy } from "../support/asked.ts";
import { suspiciousEvent } from "../support/cloud.ts";
import { openDeployedStage } from "../support/deployed-stage.ts";
import { parkedBodies } from "../support/parked.ts";
import { deployed } from "./deployed.ts";
import { packaged } from "./package.ts";

// The verbs themselves, over the emulators: what they ask of AWS is what the role is for.
const { template } = await packaged("firehose: function");
const { arn, policyOf, resolve, decide } = deployed(template);
const cloud = await openCloud();
const resources = await createResources(cloud);
const { HISTORY_TABLE = "", FINDINGS_TOPIC_ARN = "", QUARANTINE_QUEUE_URL = "" } = resources.environment;
// It stands for the dead-letter queue.
const deadLetters = resources.failedBatchQueue;
const outputs = { QuarantineQueueUrl: QUARANTINE_QUEUE_URL, RetryDeadLetterQueueUrl: deadLetters };
const variables = { HISTORY_TABLE, FINDINGS_TOPIC_ARN, QUARANTINE_QUEUE_URL };
const onStream = await openDeployedStage(outputs, { kinesis: variables });
const onFirehose = await openDeployedStage(outputs, { firehose: variables });
Object.assign(process.env, cloud.environment);
after(() => Promise.all([cloud.close(), onStream.close(), onFirehose.close()]));

const BUCKET = "failed-batches";
const KEY = "aws/lambda/1/shardId-0/2026/11/26/a";
const send = (QueueUrl: string, MessageBody: string) =>
  cloud.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));

async function fill(): Promise<void> {
  await quarantineBy(async (sent) => {
    for (const body of sent) await send(QUARANTINE_QUEUE_URL, body);
    return new Set(sent.keys());
  })(
    [suspiciousEvent("o-1"), suspiciousEvent("o-1"), "no event"].map((text, index) => {
      const rejected = [{ reason: "not_started", bytes: Buffer.from(text) }] as const;
      return { recordId: `r-${index}`, arrival: Date.now(), read: 0, rejected };
    }),
    new AbortController().signal,
  );
  for (const body of [...(await parkedBodies(["o-2"])), "{}"]) await send(deadLetters, body);
  const s3 = new S3Client({});
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const about = { shardId: "shardId-0", streamName: "events", partitionKey: "k", arrival: Date.now() };
  const Records = [suspiciousEvent("o-3"), "{169.254.169.254 is no event"].map((text, index) =>
    lambdaRecord({ ...about, sequenceNumber: String(index), data: Buffer.from(text) }),
  );
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: KEY, Body: JSON.stringify({ payload: { Records } }) }));
}

const said: string[] = [];
const out = { print: (line: string) => void said.push(line), warn: (line: string) => void said.push(line) };
const LINES = [
  "quarantine list",
  "quarantine show",
  "quarantine redrive",
  "redrive --dead-letters",
  `redrive --delete s3://${BUCKET}/aws/lambda/`,
  "quarantine drop --all --yes",
];

await fill();
const asked = await askedBy(async () => {
  Object.assign(process.env, onStream.environment);
  for (const line of LINES) await command(VERBS, [...line.split(" "), "--stage", "dev"], out);
  Object.assign(process.env, onFirehose.environment);
  await command(VERBS, ["quarantine", "redrive", "--stage", "dev"], out);
});

/** The resource of the stack that stands where the emulator's was asked. */
function resourceOf({ action, of }: Asked): string {
  const known = new Map([
    [QUARANTINE_QUEUE_URL, arn("QuarantineQueue")],
    [deadLetters, arn("RetryDeadLetterQueue")],
    [FINDINGS_TOPIC_ARN, arn("FindingsTopic")],
    ["firstsight-dev", `${stacks}/*`],
    ["firstsight-dev-kinesis", arn("KinesisLambdaFunction")],
    ["firstsight-dev-firehose", arn("FirehoseLambdaFunction")],
    [BUCKET, arn("FailedBatchBucket")],
    [`${BUCKET}/${KEY}`, `${arn("FailedBatchBucket")}/${KEY}`],
    ["table", arn("HistoryTable")],
  ]);
  const resource = known.get(of);
  assert.ok(resource !== undefined, `${action} of ${of}`);
  return resource;
}
const stacks = "arn:aws:cloudformation:eu-west-1:111122223333:stack/firstsight-dev";

test("the verbs have done their work", () => {
  const text = said.join("\n");
  assert.match(text, /3 messages: 2 decided and deleted, 1 left/);
  assert.match(text, /2 messages: 1 decided and deleted, 1 left/);
  assert.match(text, /2 records put through, 0 left, 0 unreadable, 1 objects deleted/);
  assert.match(text, /2 messages deleted/);
  assert.ok(asked.length > 15, `${asked.length}`);
});

for (const one of asked) {
  test(`the operator may ${one.action}, which a verb asks`, async () => {
    const isTopic = one.action === "sns:Publish";
    const answer = await decide({
      principal: arn("OperatorRole"),
      identityPolicy: policyOf("OperatorRole"),
      action: one.action,
      resource: resourceOf(one),
      context: { "aws:SecureTransport": "true" },
      ...(isTopic
        ? { resourcePolicy: template.Resources["FindingsTopicPolicy"]?.Properties?.["PolicyDocument"] ?? null }
        : {}),
    });
    assert.equal(answer, "Allowed");
  });
}

test("the operator may nothing that no verb asks, but what SNS asks of the key for a publisher", () => {
  const statements = list(policyOf("OperatorRole")["Statement"]);
  const granted = statements
    .filter(isObject)
    .flatMap((statement) =>
      list(statement["Action"]).flatMap((action) =>
        list(statement["Resource"]).map((target) => `${action} ${resolve(target)}`),
      ),
    );
  const used = asked.map((one) => `${one.action} ${resourceOf(one).replace(KEY, "aws/lambda/*")}`);
  const key = ["Decrypt", "GenerateDataKey"].map((action) => `kms:${action} ${arn("FindingsKey")}`);
  assert.deepEqual(granted.sort(), [...new Set([...used, ...key])].sort());
});

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : value === undefined ? [] : [value];
}
