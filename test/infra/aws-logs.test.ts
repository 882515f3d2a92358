import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "../../src/deploy/cloudformation.ts";
import { settingsOfText } from "../../src/deploy/read-settings.ts";
import { problems } from "./cloudformation.ts";
import { ACCOUNT, deployed } from "./deployed.ts";
import { packaged } from "./package.ts";

const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/11111111-1111-1111-1111-111111111111`;
const SOURCES = "sources: { logGroups: [trail, /aws/eks/prod/cluster], eventBridge: true }";
const [{ template }, without, keyed] = await Promise.all([
  packaged(SOURCES),
  packaged(""),
  packaged(`${SOURCES}\nstream: { kmsKey: "${KEY}" }`),
]);
const own = (one: typeof without.template) =>
  Object.keys(one.Resources).filter((id) => /^(LogSubscription|LogsToStream|CloudTrail)/.test(id));
const filters = Object.values(template.Resources).filter(({ Type }) => Type === "AWS::Logs::SubscriptionFilter");

test("CloudFormation knows every type, property and reference, with AWS's logs and without", () => {
  for (const one of [template, without.template, keyed.template]) assert.deepEqual(problems(one), []);
});

test("a stage has what its sources ask for, and nothing else", () => {
  assert.equal(own(template).length, 5);
  assert.deepEqual(own(without.template), []);
});

test("each log group goes to the stream, of a cluster the audit log alone", () => {
  assert.deepEqual(
    filters.map(({ Properties = {} }) => [Properties["LogGroupName"], Properties["FilterPattern"]]),
    [
      ["trail", ""],
      ["/aws/eks/prod/cluster", '{ $.auditID = "*" }'],
    ],
  );
  for (const { Properties = {} } of filters) {
    assert.deepEqual(Properties["DestinationArn"], { "Fn::GetAtt": ["EventStream", "Arn"] });
    assert.deepEqual(Properties["RoleArn"], { "Fn::GetAtt": ["LogsToStreamRole", "Arn"] });
  }
});

test("EventBridge gives CloudTrail's events, what only reads as well", () => {
  const { EventPattern, ...rule } = template.Resources["CloudTrailRule"]?.Properties ?? {};
  assert.equal(rule["State"], "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS");
  const types = (EventPattern as JsonObject)["detail-type"] as readonly string[];
  assert.ok(types.includes("AWS API Call via CloudTrail") && types.includes("AWS Console Sign In via CloudTrail"));
});

describe("a role", () => {
  const { arn, grantsOf, policyOf, decide } = deployed(template);
  const trustOf = (role: string) => template.Resources[role]?.Properties?.["AssumeRolePolicyDocument"];
  for (const [role, service, condition] of [
    [
      "LogsToStreamRole",
      "logs.amazonaws.com",
      { ArnLike: { "aws:SourceArn": { "Fn::Sub": "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:*" } } },
    ],
    ["CloudTrailRole", "events.amazonaws.com", { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } }],
  ] as const) {
    test(`${role} is for ${service} to take, for this account`, () => {
      assert.deepEqual(trustOf(role), {
        Version: "2012-10-17",
        Statement: [
          { Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole", Condition: condition },
        ],
      });
    });
    test(`${role} puts records on the stream, and nothing else`, async () => {
      const puts = [`kinesis:PutRecord ${arn("EventStream")}`, `kinesis:PutRecords ${arn("EventStream")}`];
      assert.deepEqual(grantsOf(role), puts);
      assert.deepEqual(deployed(keyed.template).grantsOf(role), [...puts, `kms:GenerateDataKey ${KEY}`]);
      const by = { principal: arn(role), identityPolicy: policyOf(role), resource: arn("EventStream") };
      assert.equal(await decide({ ...by, action: "kinesis:PutRecords" }), "Allowed");
      assert.equal(await decide({ ...by, action: "kinesis:GetRecords" }), "ImplicitlyDenied");
    });
  }
});

describe("settings", () => {
  const said = (text: string) => {
    try {
      settingsOfText("config/dev.yml", text);
      return "";
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  for (const [text, message] of [
    ["stream: none\nfirehose: stream\nsources: { logGroups: [a] }", /sources\.logGroups.*there is none/],
    ["stream: none\nfirehose: stream\nsources: { eventBridge: true }", /sources\.eventBridge.*there is none/],
    ["sources: { logGroups: [a, a] }", /a is named twice/],
    ['sources: { logGroups: ["arn:aws:logs:eu-west-1:111122223333:log-group:a"] }', /and not its ARN/],
  ] as const) {
    test(`${JSON.stringify(text)} is refused`, () => assert.match(said(text), message));
  }
});
