import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "../../src/deploy/cloudformation.ts";
import { problems } from "./cloudformation.ts";
import { ACCOUNT, deployed } from "./deployed.ts";
import { packaged } from "./package.ts";

const base = (await packaged("")).template;
const { template, files } = await packaged(`
findings:
  notify:
    - { protocol: email, endpoint: analysts@example.com, severity: [high, critical], tags: ["Domain: Endpoint"] }
    - { protocol: https, endpoint: "https://chat.example.com/sns", rules: [r-1] }
`);
const mailOnly = (await packaged("findings: { notify: [{ protocol: email, endpoint: a@example.com }] }")).template;
const { arn, policyOf, decide } = deployed(template);
const properties = (id: string): JsonObject => template.Resources[id]?.Properties ?? {};
const has = (id: string, expected: JsonObject) => assert.partialDeepStrictEqual(properties(id), expected);
const added = (to: typeof template) => Object.keys(to.Resources).filter((id) => !(id in base.Resources));
const withoutDigest = (id: string) => id.replace(/Subscription[0-9a-f]{12}$/, "Subscription");

const MADE = [
  "ChatSubscription",
  "ChatTopic",
  "ChatTopicPolicy",
  "EmailSubscription",
  "EmailTopic",
  "EmailTopicPolicy",
  "NotifyDeadLetterAlarm",
  "NotifyDeadLetterQueue",
  "NotifyEventSourceMappingSQSNotifyQueue",
  "NotifyFunctionRole",
  "NotifyLambdaFunction",
  "NotifyLogGroup",
  "NotifyQueue",
  "NotifyQueueAlarm",
  "NotifyQueuePolicy",
  "NotifySubscription",
];

describe("a stage that tells people of findings", () => {
  test("is known to CloudFormation, and has that and nothing else", () => {
    assert.deepEqual(problems(template), []);
    assert.deepEqual(added(template).map(withoutDigest).sort(), MADE);
    assert.deepEqual(
      files["notify"]?.every((path) => /^dist\/notify\/.*\.mjs$/.test(path)),
      true,
    );
  });
  test("has no topic for a medium that nobody reads", () => {
    assert.deepEqual(
      added(mailOnly).map(withoutDigest).sort(),
      MADE.filter((id) => !id.startsWith("Chat")),
    );
    assert.deepEqual(problems(mailOnly), []);
    const { Environment } = mailOnly.Resources["NotifyLambdaFunction"]?.Properties ?? {};
    assert.deepEqual(Environment, { Variables: { EMAIL_TOPIC_ARN: { Ref: "EmailTopic" } } });
  });
  test("by default tells nobody, and names nothing of it", () => {
    assert.doesNotMatch(JSON.stringify(base), /Notify|EmailTopic|ChatTopic/);
  });
  test("keeps queues and topics, encrypted", () => {
    for (const id of ["NotifyQueue", "NotifyDeadLetterQueue"])
      has(id, { SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 86_400 });
    for (const id of ["EmailTopic", "ChatTopic"]) has(id, { KmsMasterKeyId: { "Fn::GetAtt": ["FindingsKey", "Arn"] } });
    for (const id of ["NotifyQueue", "NotifyDeadLetterQueue", "EmailTopic", "ChatTopic"]) {
      const { DeletionPolicy, UpdateReplacePolicy } = template.Resources[id] ?? {};
      assert.deepEqual([DeletionPolicy, UpdateReplacePolicy], ["Retain", "Retain"], id);
    }
  });
  test("reads findings raw, and neither the canary's nor building blocks", () => {
    has("NotifySubscription", {
      Protocol: "sqs",
      RawMessageDelivery: true,
      TopicArn: { Ref: "FindingsTopic" },
      FilterPolicy: { type: [{ "anything-but": ["canary"] }], building_block: ["false"] },
    });
  });
  test("waits for an outage, and keeps what ran out of attempts", () => {
    const { maxReceiveCount } = properties("NotifyQueue")["RedrivePolicy"] as JsonObject;
    const visibility = Number(properties("NotifyQueue")["VisibilityTimeout"]);
    assert.ok(visibility >= 6 * Number(properties("NotifyLambdaFunction")["Timeout"]));
    assert.ok(Number(maxReceiveCount) * visibility >= 86_400);
    has("NotifyDeadLetterAlarm", { AlarmActions: [{ Ref: "OperationsTopic" }], TreatMissingData: "notBreaching" });
  });
  test("gathers what comes together, and listens to partial answers", () => {
    has("NotifyEventSourceMappingSQSNotifyQueue", {
      BatchSize: 1000,
      MaximumBatchingWindowInSeconds: 30,
      ScalingConfig: { MaximumConcurrency: 2 },
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      EventSourceArn: { "Fn::GetAtt": ["NotifyQueue", "Arn"] },
    });
  });
  test("sends to each whom the settings name what they ask for", () => {
    const subscription = (topic: string) =>
      properties(added(template).find((id) => withoutDigest(id) === `${topic}Subscription`) ?? "");
    assert.deepEqual(subscription("Email"), {
      TopicArn: { Ref: "EmailTopic" },
      Protocol: "email",
      Endpoint: "analysts@example.com",
      FilterPolicy: { severity: ["high", "critical"], tags: ["Domain: Endpoint"] },
      FilterPolicyScope: "MessageAttributes",
    });
    assert.deepEqual(subscription("Chat"), {
      TopicArn: { Ref: "ChatTopic" },
      Protocol: "https",
      Endpoint: "https://chat.example.com/sns",
      FilterPolicy: { rule_id: ["r-1"] },
      FilterPolicyScope: "MessageAttributes",
    });
  });

  test("has a role that may do what the function does, and no more", () => {
    const statements = policyOf("NotifyFunctionRole")["Statement"] as readonly JsonObject[];
    const granted = statements.flatMap(({ Action, Resource }) =>
      [Action].flat().flatMap((action) => [Resource].flat().map((on) => `${String(action)} ${String(on)}`)),
    );
    assert.deepEqual(granted.sort(), [
      `kms:Decrypt ${arn("FindingsKey")}`,
      `kms:GenerateDataKey ${arn("FindingsKey")}`,
      `logs:CreateLogStream ${arn("NotifyLogGroup")}`,
      `logs:PutLogEvents ${arn("NotifyLogGroup")}`,
      `sns:Publish ${arn("ChatTopic")}`,
      `sns:Publish ${arn("EmailTopic")}`,
      `sqs:DeleteMessage ${arn("NotifyQueue")}`,
      `sqs:GetQueueAttributes ${arn("NotifyQueue")}`,
      `sqs:ReceiveMessage ${arn("NotifyQueue")}`,
    ]);
  });

  const notify = { principal: arn("NotifyFunctionRole"), identityPolicy: policyOf("NotifyFunctionRole") };
  const administrator = {
    principal: `arn:aws:iam::${ACCOUNT}:role/Administrator`,
    identityPolicy: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] },
  };
  const tls = { "aws:SecureTransport": "true" };
  for (const topic of ["EmailTopic", "ChatTopic"]) {
    const publish = {
      action: "sns:Publish",
      resource: arn(topic),
      resourcePolicy: properties(`${topic}Policy`)["PolicyDocument"] ?? null,
    };
    test(`${topic} is the function's alone to publish on, by TLS`, async () => {
      assert.equal(await decide({ ...notify, ...publish, context: tls }), "Allowed");
      assert.equal(await decide({ ...administrator, ...publish, context: tls }), "ExplicitlyDenied");
      const clear = { "aws:SecureTransport": "false" };
      assert.equal(await decide({ ...notify, ...publish, context: clear }), "ExplicitlyDenied");
    });
  }
  test("it publishes no finding, and its queue takes none in the clear", async () => {
    const findings = { action: "sns:Publish", resource: arn("FindingsTopic"), context: tls };
    assert.equal(await decide({ ...notify, ...findings }), "ImplicitlyDenied");
    const send = {
      action: "sqs:SendMessage",
      resource: arn("NotifyQueue"),
      resourcePolicy: properties("NotifyQueuePolicy")["PolicyDocument"] ?? null,
    };
    const clear = { "aws:SecureTransport": "false" };
    assert.equal(await decide({ ...administrator, ...send, context: clear }), "ExplicitlyDenied");
  });
});
