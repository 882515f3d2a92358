import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "../../src/deploy/cloudformation.ts";
import { settingsOfText } from "../../src/deploy/read-settings.ts";
import { canaryEvent } from "../../src/local/canary-event.ts";
import { problems } from "./cloudformation.ts";
import { ACCOUNT, deployed } from "./deployed.ts";
import { packaged } from "./package.ts";

const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/11111111-1111-1111-1111-111111111111`;
const [{ template }, without, keyed, firehoseOnly] = await Promise.all([
  packaged(""),
  packaged("canary: false"),
  packaged(`stream: { kmsKey: "${KEY}" }`),
  packaged("stream: none\nfirehose: function"),
]);
const { arn, policyOf, grantsOf, decide } = deployed(template);
const properties = (id: string): JsonObject => template.Resources[id]?.Properties ?? {};
const target = properties("CanarySchedule")["Target"] as JsonObject;
const canariesIn = ({ template: { Resources } }: typeof without) =>
  Object.keys(Resources).filter((id) => id.startsWith("Canary"));
const variableOf = ({ template: { Resources } }: typeof without) => {
  const { Environment = {} } = Resources["KinesisLambdaFunction"]?.Properties ?? {};
  const { Variables = {} } = Environment as JsonObject;
  return (Variables as JsonObject)["CANARY"];
};

test("CloudFormation knows every type, property and reference, with a canary and without", () => {
  for (const { template: one } of [{ template }, without, keyed, firehoseOnly]) assert.deepEqual(problems(one), []);
});

test("is where there is a stream and the settings do not refuse it, and the function is told", () => {
  assert.deepEqual(canariesIn({ ...without, template }).sort(), [
    "CanaryAlarm",
    "CanaryLateAlarm",
    "CanaryRole",
    "CanarySchedule",
  ]);
  assert.equal(variableOf({ ...without, template }), "true");
  assert.deepEqual(canariesIn(without), []);
  assert.equal(variableOf(without), "false");
  assert.deepEqual(canariesIn(firehoseOnly), []);
});

test("a stage without a stream refuses one", () => {
  const text = "stream: none\nfirehose: function\ncanary: true";
  assert.throws(() => settingsOfText("config/dev.yml", text), /config\/dev\.yml:3:\d+: canary = true: /);
});

describe("the schedule", () => {
  test("puts an event on the stream every five minutes, to the minute", () => {
    assert.partialDeepStrictEqual(properties("CanarySchedule"), {
      ScheduleExpression: "rate(5 minutes)",
      FlexibleTimeWindow: { Mode: "OFF" },
      Target: {
        Arn: { "Fn::GetAtt": ["EventStream", "Arn"] },
        RoleArn: { "Fn::GetAtt": ["CanaryRole", "Arn"] },
        KinesisParameters: { PartitionKey: "firstsight-canary" },
      },
    });
  });
  test("fills in its time and the attempt, and the event is what the desk has", () => {
    const input = String(target["Input"]);
    assert.deepEqual(
      new Set(input.match(/<[^>]*>/g)),
      new Set(["<aws.scheduler.scheduled-time>", "<aws.scheduler.execution-id>"]),
    );
    const filled = input
      .replaceAll("<aws.scheduler.scheduled-time>", "2026-11-26T12:05:00Z")
      .replaceAll("<aws.scheduler.execution-id>", "a1");
    assert.equal(filled, canaryEvent(Date.parse("2026-11-26T12:05:00Z"), "a1"));
    assert.ok(JSON.parse(filled));
  });
  test("gives up before an event is more than five minutes late, as its delay is read", () => {
    const { MaximumEventAgeInSeconds } = target["RetryPolicy"] as JsonObject;
    assert.ok(Number(MaximumEventAgeInSeconds) + 60 <= 300);
  });
});

describe("the role", () => {
  test("is Scheduler's to take, for this account", () => {
    assert.deepEqual(properties("CanaryRole")["AssumeRolePolicyDocument"], {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "scheduler.amazonaws.com" },
          Action: "sts:AssumeRole",
          Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
        },
      ],
    });
  });
  test("puts a record on the stream, and nothing else", () => {
    assert.deepEqual(grantsOf("CanaryRole"), [`kinesis:PutRecord ${arn("EventStream")}`]);
  });
  test("uses the stream's key where it has one, through Kinesis", async () => {
    const other = deployed(keyed.template);
    assert.deepEqual(other.grantsOf("CanaryRole"), [
      `kinesis:PutRecord ${arn("EventStream")}`,
      `kms:GenerateDataKey ${KEY}`,
    ]);
    const by = { principal: arn("CanaryRole"), identityPolicy: other.policyOf("CanaryRole") };
    const use = { ...by, action: "kms:GenerateDataKey", resource: KEY };
    const resourcePolicy = {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: "kms:*", Resource: "*" },
      ],
    };
    const via = (service: string) => ({ "kms:ViaService": `${service}.eu-west-1.amazonaws.com` });
    assert.equal(await decide({ ...use, resourcePolicy, context: via("kinesis") }), "Allowed");
    assert.equal(await decide({ ...use, resourcePolicy, context: via("s3") }), "ImplicitlyDenied");
  });
  test("reads nothing, and forges no finding", async () => {
    const by = { principal: arn("CanaryRole"), identityPolicy: policyOf("CanaryRole") };
    const stream = arn("EventStream");
    assert.equal(await decide({ ...by, action: "kinesis:PutRecord", resource: stream }), "Allowed");
    assert.equal(await decide({ ...by, action: "kinesis:GetRecords", resource: stream }), "ImplicitlyDenied");
    const topic = { action: "sns:Publish", resource: arn("FindingsTopic") };
    const resourcePolicy = properties("FindingsTopicPolicy")["PolicyDocument"] ?? null;
    const context = { "aws:SecureTransport": "true" };
    assert.equal(await decide({ ...by, ...topic, resourcePolicy, context }), "ExplicitlyDenied");
  });
});

describe("the alarms", () => {
  test("none within 15 minutes rings, however it comes that there was none", () => {
    const { Period, EvaluationPeriods, DatapointsToAlarm, ...rest } = properties("CanaryAlarm");
    assert.equal(Number(Period) * Number(EvaluationPeriods), 900);
    assert.equal(DatapointsToAlarm, EvaluationPeriods, "each of the periods must be without");
    assert.partialDeepStrictEqual(rest, {
      MetricName: "canary",
      Statistic: "Sum",
      Threshold: 1,
      ComparisonOperator: "LessThanThreshold",
      TreatMissingData: "breaching",
    });
  });
  test("no event that somebody writes can make it ring for lateness by what it says", () => {
    assert.ok(Number(properties("CanaryLateAlarm")["Threshold"]) > 300);
  });
});
