import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../../src/ecs/json.ts";
import { recognised, type SHAPE_NAMES } from "../../src/normalize/raw-shape.ts";

const CALL = {
  eventVersion: "1.11",
  eventTime: "2026-02-03T10:11:12Z",
  eventSource: "sts.amazonaws.com",
  eventName: "GetCallerIdentity",
  eventID: "e",
};
const AUDIT = { kind: "Event", apiVersion: "audit.k8s.io/v1", auditID: "a" };

const SHAPES: Readonly<Record<keyof typeof SHAPE_NAMES, JsonObject>> = {
  cloudtrail: CALL,
  cloudtrail_insight: {
    eventCategory: "Insight",
    eventType: "AwsCloudTrailInsight",
    insightDetails: { state: "Start" },
  },
  cloudtrail_digest: { awsAccountId: "1", digestStartTime: "s", digestEndTime: "e", digestS3Bucket: "b" },
  kubernetes_audit: AUDIT,
  azure: { time: "t", operationName: "Sign-in activity", category: "SignInLogs", tenantId: "t", properties: {} },
  eventbridge: { "detail-type": "EC2 Instance State-change Notification", source: "aws.ec2", detail: { state: "x" } },
  gcp: { insertId: "i", logName: "projects/p/logs/x", resource: { type: "k8s_cluster" }, protoPayload: {} },
  github: { "@timestamp": 1_606_929_874_512, _document_id: "d", action: "repo.create", actor: "octocat" },
  google_workspace: { kind: "admin#reports#activity", id: {}, events: [] },
  o365: { CreationTime: "t", Operation: "MailItemsAccessed", Workload: "Exchange", OrganizationId: "o" },
  ocsf: { class_uid: 6003, category_uid: 6, metadata: { version: "1.1.0" } },
  okta: { uuid: "u", published: "p", eventType: "user.session.start", displayMessage: "User login", actor: {} },
  s3_notification: { Records: [{ eventSource: "aws:s3", eventName: "ObjectCreated:Put", s3: {} }] },
  vpc_flow: { srcaddr: "10.0.0.1", dstaddr: "10.0.0.2", interface_id: "eni-1", action: "ACCEPT" },
  windows: { EventID: 4624, Channel: "Security", Computer: "dc-1", EventData: {} },
};

for (const [shape, raw] of Object.entries(SHAPES)) {
  test(`${shape} is told by looking`, () => assert.deepEqual(recognised(raw), { shape, raw }));

  test(`${shape} that says it is ECS is none`, () => {
    assert.equal(recognised({ ...raw, "@timestamp": "2026-01-01T00:00:00Z", ecs: { version: "8.11.0" } }), undefined);
  });
}

test("an export of Windows's event log is told as well", () => {
  assert.equal(recognised({ Event: { System: { EventID: 1 }, EventData: {} } })?.shape, "windows");
});

test("what EventBridge wraps is told by itself", () => {
  const wrapped = (detail: JsonObject) => ({ "detail-type": "any", source: "any", detail });
  assert.deepEqual(recognised(wrapped(CALL)), { shape: "cloudtrail", raw: CALL });
  assert.equal(recognised(wrapped(SHAPES.okta))?.shape, "okta");
});

/** A name or a type short of it. */
const OTHERS: readonly JsonObject[] = [
  {},
  { message: "text" },
  { ...CALL, eventSource: "aws:s3" },
  { ...CALL, eventName: 5 },
  { ...CALL, eventID: 5 },
  { ...AUDIT, apiVersion: "v1" },
  { ...AUDIT, auditID: 1 },
  { ...AUDIT, kind: "EventList" },
  { insightDetails: {} },
  { ...SHAPES.cloudtrail_digest, digestS3Bucket: null },
  { EventID: 1, Channel: "Security" },
  { Event: {} },
  { "detail-type": "x", source: "y", detail: "z" },
  { Records: [] },
  { uuid: "u", published: "p", eventType: "x" },
  { class_uid: 1, category_uid: 1 },
  { time: "t", operationName: "o", category: "c" },
  { logName: "x", insertId: "y" },
  { srcaddr: "a", dstaddr: "b" },
];
for (const [index, other] of OTHERS.entries()) {
  test(`${index}: ${JSON.stringify(other)} is of no known shape`, () => assert.equal(recognised(other), undefined));
}

test("nothing is read that is not a document's own", () => {
  const inherited = Object.create(CALL) as JsonObject;
  assert.equal(recognised(inherited), undefined);
});
