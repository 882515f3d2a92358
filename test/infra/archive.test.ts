import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isObject, type JsonObject } from "../../src/deploy/cloudformation.ts";
import { problems } from "./cloudformation.ts";
import { deployed, list } from "./deployed.ts";
import { packaged } from "./package.ts";

const SUBSCRIPTIONS = '[{ protocol: email, endpoint: "a@example.com", severity: [high] }]';
const [{ template }, without, people] = await Promise.all([
  packaged("findings: { queue: true, archiveDays: 30 }"),
  packaged("findings: { archive: false }"),
  packaged(`findings: { archive: false, subscriptions: ${SUBSCRIPTIONS} }`),
]);
const { arn, policyOf, grantsOf, decide, resolve } = deployed(template);
const properties = (id: string): JsonObject => template.Resources[id]?.Properties ?? {};
const has = (id: string, expected: JsonObject) => assert.partialDeepStrictEqual(properties(id), expected);
const idsOf = ({ template: { Resources } }: typeof without) =>
  Object.keys(Resources)
    .filter((id) => /^Findings(?!Key$|Topic|Pending)/.test(id))
    .sort();

const ARCHIVE = [
  "FindingsArchive",
  "FindingsArchiveAlarm",
  "FindingsArchiveRole",
  "FindingsArchiveSubscription",
  "FindingsBucket",
  "FindingsBucketPolicy",
  "FindingsSubscriptionRole",
];
const QUEUE = ["FindingsQueue", "FindingsQueueSubscription", "FindingsUnreadAlarm"];
const DEAD_LETTERS = ["FindingsDeadLetterQueue", "FindingsDeadLettersAlarm", "FindingsQueuePolicy"];
const DEAD_LETTER_QUEUE = { deadLetterTargetArn: { "Fn::GetAtt": ["FindingsDeadLetterQueue", "Arn"] } };

test("CloudFormation knows every type, property and reference, with each part and without", () => {
  for (const { template: one } of [{ template }, without, people]) assert.deepEqual(problems(one), []);
});

test("a stage has the parts that it asks for, with their outputs, and no others", () => {
  const outputs = ({ template: { Outputs = {} } }: typeof without) =>
    ["FindingsBucketName", "FindingsQueueUrl", "FindingsDeadLetterQueueUrl"].filter((name) => name in Outputs);
  assert.deepEqual(idsOf({ ...without, template }), [...ARCHIVE, ...QUEUE, ...DEAD_LETTERS].sort());
  assert.deepEqual(outputs({ ...without, template }), [
    "FindingsBucketName",
    "FindingsQueueUrl",
    "FindingsDeadLetterQueueUrl",
  ]);
  assert.deepEqual(idsOf(without), []);
  assert.deepEqual(outputs(without), []);
  assert.deepEqual(outputs(people), ["FindingsDeadLetterQueueUrl"]);
  const [subscription, ...rest] = idsOf(people).filter((id) => !DEAD_LETTERS.includes(id));
  assert.match(String(subscription), /^FindingsSubscription[0-9a-f]{12}$/);
  assert.deepEqual(rest, []);
});

test("what no subscriber could be given is kept, of each subscription to the topic", () => {
  for (const { template: one } of [{ template }, people]) {
    const subscriptions = Object.values(one.Resources).filter(({ Type }) => Type === "AWS::SNS::Subscription");
    assert.ok(subscriptions.length > 0);
    for (const { Properties = {} } of subscriptions) assert.deepEqual(Properties["RedrivePolicy"], DEAD_LETTER_QUEUE);
  }
});

test("the canary's findings go to nobody", () => {
  for (const { template: one } of [{ template }, people]) {
    for (const { Type, Properties = {} } of Object.values(one.Resources)) {
      if (Type !== "AWS::SNS::Subscription") continue;
      assert.equal(Properties["FilterPolicyScope"], "MessageAttributes");
      assert.deepEqual((Properties["FilterPolicy"] as JsonObject)["type"], [{ "anything-but": ["canary"] }]);
    }
  }
});

describe("the bucket", () => {
  test("is encrypted, out of the public's reach, and outlives the stack", () => {
    has("FindingsBucket", {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    const { DeletionPolicy, UpdateReplacePolicy } = template.Resources["FindingsBucket"] ?? {};
    assert.deepEqual([DeletionPolicy, UpdateReplacePolicy], ["Retain", "Retain"]);
  });
  test("keeps findings as long as the settings say", () => {
    const { Rules } = properties("FindingsBucket")["LifecycleConfiguration"] as {
      readonly Rules: readonly JsonObject[];
    };
    assert.equal(Rules[0]?.["ExpirationInDays"], 30);
  });
  test("answers over TLS alone", async () => {
    const role = { principal: arn("FindingsArchiveRole"), identityPolicy: policyOf("FindingsArchiveRole") };
    const resourcePolicy = properties("FindingsBucketPolicy")["PolicyDocument"] ?? null;
    const put = { ...role, action: "s3:PutObject", resource: `${arn("FindingsBucket")}/findings/x`, resourcePolicy };
    assert.equal(await decide({ ...put, context: { "aws:SecureTransport": "true" } }), "Allowed");
    assert.equal(await decide({ ...put, context: { "aws:SecureTransport": "false" } }), "ExplicitlyDenied");
  });
});

describe("the way from the topic to the bucket", () => {
  test("carries findings as they are, one a line", () => {
    has("FindingsArchiveSubscription", {
      Protocol: "firehose",
      TopicArn: { Ref: "FindingsTopic" },
      Endpoint: { "Fn::GetAtt": ["FindingsArchive", "Arn"] },
      SubscriptionRoleArn: { "Fn::GetAtt": ["FindingsSubscriptionRole", "Arn"] },
      RawMessageDelivery: true,
    });
    has("FindingsArchive", {
      DeliveryStreamEncryptionConfigurationInput: { KeyType: "AWS_OWNED_CMK" },
      ExtendedS3DestinationConfiguration: {
        BucketARN: { "Fn::GetAtt": ["FindingsBucket", "Arn"] },
        RoleARN: { "Fn::GetAtt": ["FindingsArchiveRole", "Arn"] },
        CompressionFormat: "UNCOMPRESSED",
        FileExtension: ".ndjson",
        // Firehose reads a backslash and an n as a newline.
        ProcessingConfiguration: {
          Enabled: true,
          Processors: [
            {
              Type: "AppendDelimiterToRecord",
              Parameters: [{ ParameterName: "Delimiter", ParameterValue: "\\n" }],
            },
          ],
        },
      },
    });
  });
  test("is made of two roles, one SNS's and one Firehose's, which may no more than that", () => {
    const services = ["FindingsSubscriptionRole", "FindingsArchiveRole"].map((id) => {
      const { Statement } = properties(id)["AssumeRolePolicyDocument"] as { readonly Statement: readonly JsonObject[] };
      return Statement.map(({ Principal }) => Principal);
    });
    assert.deepEqual(services, [[{ Service: "sns.amazonaws.com" }], [{ Service: "firehose.amazonaws.com" }]]);
    assert.deepEqual(
      grantsOf("FindingsSubscriptionRole"),
      ["DescribeDeliveryStream", "ListDeliveryStreams", "ListTagsForDeliveryStream", "PutRecord", "PutRecordBatch"].map(
        (action) => `firehose:${action} ${arn("FindingsArchive")}`,
      ),
    );
    assert.deepEqual(
      grantsOf("FindingsArchiveRole"),
      [
        ...["GetBucketLocation", "ListBucket", "ListBucketMultipartUploads"].map(
          (action) => `s3:${action} ${arn("FindingsBucket")}`,
        ),
        ...["AbortMultipartUpload", "PutObject"].map((action) => `s3:${action} ${arn("FindingsBucket")}/*`),
      ].sort(),
    );
  });
  test("is one way: neither role reads what is kept, or publishes", async () => {
    for (const id of ["FindingsSubscriptionRole", "FindingsArchiveRole"]) {
      const by = { principal: arn(id), identityPolicy: policyOf(id) };
      const object = `${arn("FindingsBucket")}/findings/x`;
      assert.equal(await decide({ ...by, action: "s3:GetObject", resource: object }), "ImplicitlyDenied");
      assert.equal(await decide({ ...by, action: "s3:DeleteObject", resource: object }), "ImplicitlyDenied");
      assert.equal(await decide({ ...by, action: "sns:Publish", resource: arn("FindingsTopic") }), "ImplicitlyDenied");
    }
  });
});

describe("the queues", () => {
  const QUEUES = ["FindingsQueue", "FindingsDeadLetterQueue"];
  for (const id of QUEUES) {
    test(`${id} keeps findings encrypted for fourteen days, and outlives the stack`, () => {
      // SNS cannot send where the AWS managed key of SQS encrypts, and can where SQS does it by itself.
      has(id, { SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 86_400 });
      assert.ok(!("KmsMasterKeyId" in properties(id)));
      const { DeletionPolicy, UpdateReplacePolicy } = template.Resources[id] ?? {};
      assert.deepEqual([DeletionPolicy, UpdateReplacePolicy], ["Retain", "Retain"]);
    });
  }
  test("the reader's gets findings themselves, and a finding that it fails on is put aside", () => {
    has("FindingsQueueSubscription", {
      Protocol: "sqs",
      Endpoint: { "Fn::GetAtt": ["FindingsQueue", "Arn"] },
      RawMessageDelivery: true,
    });
    has("FindingsQueue", { RedrivePolicy: DEAD_LETTER_QUEUE });
  });
  test("take messages of the findings' topic, and of no other through SNS", async () => {
    const resourcePolicy = properties("FindingsQueuePolicy")["PolicyDocument"] ?? null;
    const statements = list((resolve(resourcePolicy) as JsonObject)["Statement"]).filter(isObject);
    const allowed = statements.filter(({ Effect }) => Effect === "Allow");
    assert.deepEqual(allowed, [
      {
        Sid: "FindingsTopicSends",
        Effect: "Allow",
        Principal: { Service: "sns.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: QUEUES.map(arn),
        Condition: { ArnEquals: { "aws:SourceArn": arn("FindingsTopic") } },
      },
    ]);
    const nothing = { Version: "2012-10-17", Statement: [] };
    for (const resource of QUEUES.map(arn)) {
      const sns = { principal: "sns.amazonaws.com", action: "sqs:SendMessage", resource };
      const of = (topic: string) => ({ "aws:SourceArn": topic, "aws:SecureTransport": "true" });
      assert.equal(await decide({ ...sns, resourcePolicy, context: of(arn("FindingsTopic")) }), "Allowed");
      assert.notEqual(await decide({ ...sns, resourcePolicy, context: of(arn("OperationsTopic")) }), "Allowed");
      const stranger = { ...sns, identityPolicy: nothing, principal: `arn:aws:iam::444455556666:role/x` };
      assert.notEqual(await decide({ ...stranger, resourcePolicy, context: of(arn("FindingsTopic")) }), "Allowed");
      const clear = { ...of(arn("FindingsTopic")), "aws:SecureTransport": "false" };
      assert.equal(await decide({ ...sns, resourcePolicy, context: clear }), "ExplicitlyDenied");
    }
  });
});
