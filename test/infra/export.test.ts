import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "../../src/deploy/cloudformation.ts";
import { problems } from "./cloudformation.ts";
import { ACCOUNT, deployed } from "./deployed.ts";
import { packaged } from "./package.ts";

const base = (await packaged("")).template;
const { template, files } = await packaged(
  "findings: { export: { ocsf: true, securityHub: true, eventBus: security }, archiveDays: 90 }",
);
const busOnly = (await packaged("findings: { export: { eventBus: default } }")).template;
const { arn, policyOf, decide } = deployed(template);
const properties = (id: string): JsonObject => template.Resources[id]?.Properties ?? {};
const has = (id: string, expected: JsonObject) => assert.partialDeepStrictEqual(properties(id), expected);
const added = (to: typeof template) =>
  Object.keys(to.Resources)
    .filter((id) => !(id in base.Resources))
    .sort();

const MADE = [
  "ExportDeadLetterAlarm",
  "ExportDeadLetterQueue",
  "ExportEventSourceMappingSQSExportQueue",
  "ExportFunctionRole",
  "ExportLambdaFunction",
  "ExportLogGroup",
  "ExportQueue",
  "ExportQueueAlarm",
  "ExportQueuePolicy",
  "ExportSubscription",
  "OcsfBucket",
  "OcsfBucketPolicy",
  "OcsfDeliveryRole",
  "OcsfDeliveryStream",
];
const HUB = `arn:aws:securityhub:eu-west-1:${ACCOUNT}:product/${ACCOUNT}/default`;
const BUS = `arn:aws:events:eu-west-1:${ACCOUNT}:event-bus/security`;

describe("a stage that exports findings", () => {
  test("is known to CloudFormation, and has that and nothing else", () => {
    assert.deepEqual(problems(template), []);
    assert.deepEqual(added(template), MADE);
    assert.deepEqual(
      files["export"]?.every((path) => /^dist\/export\/.*\.mjs$/.test(path)),
      true,
    );
  });
  test("has no stream and bucket where OCSF is not asked for, and is told of what is", () => {
    assert.deepEqual(
      added(busOnly),
      MADE.filter((id) => !id.startsWith("Ocsf")),
    );
    assert.deepEqual(problems(busOnly), []);
    const { Environment } = busOnly.Resources["ExportLambdaFunction"]?.Properties ?? {};
    assert.deepEqual(Environment, { Variables: { EVENT_BUS_NAME: "default" } });
    assert.doesNotMatch(JSON.stringify(busOnly), /securityhub/);
    has("ExportLambdaFunction", {
      Environment: {
        Variables: {
          OCSF_STREAM_NAME: { Ref: "OcsfDeliveryStream" },
          SECURITY_HUB: "true",
          EVENT_BUS_NAME: "security",
        },
      },
    });
  });
  test("by default exports nothing, and names nothing of it", () => {
    assert.doesNotMatch(JSON.stringify(base), /Export(Queue|Function|Lambda|Sub)|Ocsf/);
  });
  test("keeps queues, stream and bucket, encrypted, out of the public's reach", () => {
    for (const id of ["ExportQueue", "ExportDeadLetterQueue"])
      has(id, { SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 86_400 });
    has("OcsfBucket", {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
      },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
      LifecycleConfiguration: { Rules: [{ ExpirationInDays: 90 }] },
    });
    has("OcsfDeliveryStream", { DeliveryStreamEncryptionConfigurationInput: { KeyType: "AWS_OWNED_CMK" } });
    for (const id of ["ExportQueue", "ExportDeadLetterQueue", "OcsfBucket", "OcsfDeliveryStream", "OcsfDeliveryRole"]) {
      const { DeletionPolicy, UpdateReplacePolicy } = template.Resources[id] ?? {};
      assert.deepEqual([DeletionPolicy, UpdateReplacePolicy], ["Retain", "Retain"], id);
    }
  });
  test("reads findings raw, but the canary's", () => {
    has("ExportSubscription", {
      Protocol: "sqs",
      RawMessageDelivery: true,
      TopicArn: { Ref: "FindingsTopic" },
      FilterPolicy: { type: [{ "anything-but": ["canary"] }] },
    });
  });
  test("waits for an outage, and keeps what ran out of attempts", () => {
    const { maxReceiveCount } = properties("ExportQueue")["RedrivePolicy"] as JsonObject;
    const visibility = Number(properties("ExportQueue")["VisibilityTimeout"]);
    assert.ok(visibility >= 6 * Number(properties("ExportLambdaFunction")["Timeout"]));
    assert.ok(Number(maxReceiveCount) * visibility >= 86_400);
    has("ExportEventSourceMappingSQSExportQueue", {
      BatchSize: 100,
      ScalingConfig: { MaximumConcurrency: 2 },
      FunctionResponseTypes: ["ReportBatchItemFailures"],
    });
  });

  test("has a role that may do what the function does, and no more", () => {
    const statements = policyOf("ExportFunctionRole")["Statement"] as readonly JsonObject[];
    const granted = statements.flatMap(({ Action, Resource }) =>
      [Action].flat().flatMap((action) => [Resource].flat().map((on) => `${String(action)} ${String(on)}`)),
    );
    assert.deepEqual(granted.sort(), [
      `events:PutEvents ${BUS}`,
      `firehose:PutRecordBatch ${arn("OcsfDeliveryStream")}`,
      `logs:CreateLogStream ${arn("ExportLogGroup")}`,
      `logs:PutLogEvents ${arn("ExportLogGroup")}`,
      `securityhub:BatchImportFindings ${HUB}`,
      `sqs:DeleteMessage ${arn("ExportQueue")}`,
      `sqs:GetQueueAttributes ${arn("ExportQueue")}`,
      `sqs:ReceiveMessage ${arn("ExportQueue")}`,
    ]);
  });

  const by = { principal: arn("ExportFunctionRole"), identityPolicy: policyOf("ExportFunctionRole") };
  test("it puts events of its own name on that bus alone", async () => {
    const put = { ...by, action: "events:PutEvents", resource: BUS };
    assert.equal(await decide({ ...put, context: { "events:source": "firstsight" } }), "Allowed");
    assert.equal(await decide({ ...put, context: { "events:source": "aws.iam" } }), "ImplicitlyDenied");
    const other = { ...put, resource: BUS.replace("security", "default"), context: { "events:source": "firstsight" } };
    assert.equal(await decide(other), "ImplicitlyDenied");
  });
  test("it publishes nothing, and reads no bucket", async () => {
    assert.equal(await decide({ ...by, action: "sns:Publish", resource: arn("FindingsTopic") }), "ImplicitlyDenied");
    assert.equal(
      await decide({ ...by, action: "s3:GetObject", resource: `${arn("OcsfBucket")}/x` }),
      "ImplicitlyDenied",
    );
  });
  test("refuses what comes without TLS", () => {
    const text = (id: string) => JSON.stringify(properties(id)["PolicyDocument"]);
    for (const id of ["ExportQueuePolicy", "OcsfBucketPolicy"])
      assert.match(text(id), /"Effect":"Deny".*"aws:SecureTransport":"false"/);
  });
});
