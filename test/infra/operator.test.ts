import assert from "node:assert/strict";
import { after, test } from "node:test";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateQueueCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { command } from "../../src/cli/command.ts";
import { VERBS } from "../../src/cli/verbs.ts";
import type { Json } from "../../src/deploy/cloudformation.ts";
import { lambdaRecord } from "../../src/local/kinesis-shards.ts";
import { quarantineBy } from "../../src/stream/quarantine.ts";
import { type Asked, askedBy } from "../support/asked.ts";
import { suspiciousEvent } from "../support/cloud.ts";
import { deployedStack, MAPPINGS } from "../support/deployed-stack.ts";
import { parkedHosts } from "../support/parked.ts";
import { problems } from "./cloudformation.ts";
import { deployed } from "./deployed.ts";
import { packaged } from "./package.ts";

// The verbs themselves, before a stage of emulators: what they ask of AWS is what the role is for.
const [{ template }, least] = await Promise.all([
  packaged("firehose: function\nfindings: { queue: true }"),
  packaged("stream: none\nfirehose: function\nfindings: { archive: false }"),
]);
const { arn, policyOf, grantsOf, decide } = deployed(template);
const stack = await deployedStack();
const { cloud, state } = stack;
const url = (name: string) => `${stack.aws.url}/000000000000/${name}`;
await cloud.sqs.send(new CreateQueueCommand({ QueueName: "findings-dead" }));
state.outputs = {
  ...stack.outputs,
  FindingsQueueUrl: url("findings"),
  FindingsDeadLetterQueueUrl: url("findings-dead"),
};
const { QuarantineQueueUrl = "", RetryDeadLetterQueueUrl = "", FindingsTopicArn = "" } = stack.outputs;
const { OperationsTopicArn = "", FindingsKeyArn = "" } = stack.outputs;
Object.assign(process.env, stack.environment, { AWS_ENDPOINT_URL_S3: cloud.environment["AWS_ENDPOINT_URL_S3"] });
after(() => stack.close());

const BUCKET = "failed-batches";
const KEY = "aws/lambda/1/shardId-0/2026/11/26/a";
const send = (QueueUrl: string, MessageBody: string) =>
  cloud.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));

async function fill(): Promise<void> {
  await quarantineBy(async (sent) => {
    for (const body of sent) await send(QuarantineQueueUrl, body);
    return new Set(sent.keys());
  })(
    [suspiciousEvent("o-1"), suspiciousEvent("o-1"), "no event"].map((text, index) => {
      const rejected = [{ reason: "not_started", bytes: Buffer.from(text) }] as const;
      return { recordId: `r-${index}`, arrival: Date.now(), read: 0, rejected };
    }),
    new AbortController().signal,
  );
  for (const body of [...(await parkedHosts(["o-2"])), "{}"]) await send(RetryDeadLetterQueueUrl, body);
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
  "status",
  "cost",
  "quarantine list",
  "quarantine show",
  "quarantine redrive",
  "redrive --dead-letters",
  `redrive --delete s3://${BUCKET}/aws/lambda/`,
  "quarantine drop --all --yes",
];

await fill();
let askedForStarts: readonly Asked[] = [];
const asked = await askedBy(async () => {
  for (const line of LINES) await command(VERBS, [...line.split(" "), "--stage", "prod"], out);
  // Of a stage that learns, `status` asks since when.
  state.variables = { ...state.variables, LEARN: "window" };
  askedForStarts = await askedBy(() => command(VERBS, ["status", "--stage", "prod"], out));
  const { EventStreamName: _, ...rest } = state.outputs;
  state.outputs = rest;
  await command(VERBS, ["quarantine", "redrive", "--stage", "prod"], out);
});

/** The resource of the stack that stands where the emulator's was asked. */
function resourceOf({ action, of }: Asked): string {
  const known = new Map([
    ["*", "*"],
    [QuarantineQueueUrl, arn("QuarantineQueue")],
    [url("retry"), arn("RetryQueue")],
    [RetryDeadLetterQueueUrl, arn("RetryDeadLetterQueue")],
    [url("findings"), arn("FindingsQueue")],
    [url("findings-dead"), arn("FindingsDeadLetterQueue")],
    [FindingsTopicArn, arn("FindingsTopic")],
    [OperationsTopicArn, arn("OperationsTopic")],
    [FindingsKeyArn, arn("FindingsKey")],
    ["firstsight-prod", `${stacks}/*`],
    ["firstsight-prod-kinesis", arn("KinesisLambdaFunction")],
    ["firstsight-prod-firehose", arn("FirehoseLambdaFunction")],
    ...[...MAPPINGS].map(([uuid, id]): [string, string] => [uuid, arn(id)]),
    [BUCKET, arn("FailedBatchBucket")],
    [`${BUCKET}/${KEY}`, `${arn("FailedBatchBucket")}/${KEY}`],
    ["table", arn("HistoryTable")],
    ["table/index/outbox", `${arn("HistoryTable")}/index/outbox`],
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
  assert.match(text, /2 records put through, 0 left, 0 unreadable, 1 object deleted/);
  assert.match(text, /2 messages deleted/);
  assert.match(text, /^firstsight-prod {2}/m);
  assert.doesNotMatch(text, /not known/);
  assert.match(text, /\$[\d.]+ a month/);
  assert.match(text, /learning +0 of 1 rules learn, 0 have learned, 1 has seen no record yet/);
  const actions = askedForStarts.map(({ action }) => action);
  assert.ok(actions.includes("dynamodb:BatchGetItem") && actions.includes("lambda:GetFunctionConfiguration"));
});

for (const one of new Map([...asked, ...askedForStarts].map((each) => [`${each.action} ${each.of}`, each])).values()) {
  test(`the operator may ${one.action}, which a verb asks`, async () => {
    const owners: Readonly<Record<string, Json | undefined>> = {
      [arn("FindingsTopic")]: template.Resources["FindingsTopicPolicy"]?.Properties?.["PolicyDocument"],
      [arn("OperationsTopic")]: template.Resources["OperationsTopicPolicy"]?.Properties?.["PolicyDocument"],
      [arn("FindingsKey")]: template.Resources["FindingsKey"]?.Properties?.["KeyPolicy"],
    };
    const resourcePolicy = owners[resourceOf(one)];
    const answer = await decide({
      principal: arn("OperatorRole"),
      identityPolicy: policyOf("OperatorRole"),
      action: one.action,
      resource: resourceOf(one),
      context: { "aws:SecureTransport": "true" },
      ...(resourcePolicy === undefined ? {} : { resourcePolicy }),
    });
    assert.equal(answer, "Allowed");
  });
}

test("the operator may nothing that no verb asks, but what SNS asks of the key for a publisher", () => {
  const used = asked.map((one) => `${one.action} ${resourceOf(one).replace(KEY, "aws/lambda/*")}`);
  const key = ["Decrypt", "GenerateDataKey"].map((action) => `kms:${action} ${arn("FindingsKey")}`);
  assert.deepEqual([...new Set(grantsOf("OperatorRole"))], [...new Set([...used, ...key])].sort());
});

test("of what a stage has none of, nothing is granted", () => {
  assert.deepEqual(problems(least.template), []);
  const granted = deployed(least.template).grantsOf("OperatorRole").join("\n");
  assert.doesNotMatch(granted, /^s3:|KinesisLambda|KinesisEventSource|FindingsQueue|FindingsDeadLetterQueue/m);
  assert.match(granted, /^sqs:GetQueueAttributes \S+:RetryQueue$/m);
});
