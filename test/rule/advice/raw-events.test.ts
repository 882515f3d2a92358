import assert from "node:assert/strict";
import { test } from "node:test";
import { useNetworks } from "../../../src/normalize/networks.ts";
import { advise } from "../../../src/rule/advice/advice.ts";
import { typesFor } from "../../../src/rule/detector.ts";
import { someRule } from "../../support/rules.ts";

function advised(
  query: string,
  index: readonly string[] = ["filebeat-*", "logs-aws.cloudtrail-*"],
  term = "user.name",
) {
  const { new_terms } = someRule();
  const rule = someRule({ query, index: [...index], new_terms: { ...new_terms, value: [term] } });
  return advise(rule, typesFor(rule.index));
}

const CALL = 'data_stream.dataset:"aws.cloudtrail" and event.provider:';

const LIMITS: readonly (readonly [query: string, limits: readonly string[], index?: readonly string[]])[] = [
  [`${CALL}"iam.amazonaws.com" and event.action:CreateUser`, []],
  [
    `${CALL}"ec2.amazonaws.com" and source.as.organization.name:(* and not Example)`,
    [
      "cannot fire on raw CloudTrail events: they have no source.as.organization.name, which takes a database of networks (ASN): sources.asnDatabase of a stage, here ASN_DATABASE",
    ],
  ],
  [`${CALL}"ec2.amazonaws.com" and not source.as.number:1`, []],
  ["host.id:x", ["cannot fire on raw CloudTrail events: they have no host.id"]],
  [
    'data_stream.dataset:"kubernetes.audit_logs"',
    ["cannot fire on raw CloudTrail events: they have not what its query asks for"],
  ],
  ["host.id:x", [], ["logs-*"]],
  ["host.id:x", ["cannot fire on raw Kubernetes audit events: they have no host.id"], ["logs-kubernetes.audit_logs-*"]],
  [
    `${CALL}"s3.amazonaws.com" and event.action:(PutObject or CopyObject)`,
    ["needs data events (PutObject, CopyObject), which a trail does not log by default"],
  ],
  [
    `${CALL}"s3.amazonaws.com" and event.action:(GetObject or PutBucketAcl)`,
    ["finds a part of what it looks for in data events (GetObject), which a trail does not log by default"],
  ],
  [
    `${CALL}"lambda.amazonaws.com" and event.action:Invoke*`,
    ["needs data events (Invoke, InvokeWithResponseStream), which a trail does not log by default"],
  ],
  [`${CALL}"s3.amazonaws.com" and event.action:PutBucketAcl and not event.action:GetObject`, []],
  [`${CALL}"other.amazonaws.com" and event.action:GetObject`, []],
];
for (const [query, limits, index] of LIMITS) {
  test(`${query} of ${index?.join() ?? "CloudTrail"}: ${limits.join("; ") || "runs"}`, () => {
    assert.deepEqual(advised(query, index).limits, limits);
  });
}

test("a combination of what raw events have not is never found in them", () => {
  assert.deepEqual(advised(`${CALL}"iam.amazonaws.com"`, undefined, "source.as.number").limits, [
    "cannot fire on raw CloudTrail events: they have no source.as.number, which takes a database of networks (ASN): sources.asnDatabase of a stage, here ASN_DATABASE",
  ]);
});

test("what is made of raw events here needs no pipeline", () => {
  assert.deepEqual(advised(`${CALL}"iam.amazonaws.com"`).pipelines, []);
  const { fields } = advised(`${CALL}x and aws.cloudtrail.user_identity.arn:y and aws.cloudtrail.other:z`);
  const absent = Object.fromEntries(fields.map(({ name, absentAtEdge }) => [name, absentAtEdge]));
  assert.equal(absent["aws.cloudtrail.user_identity.arn"], "made of raw aws events, here or by an ingest pipeline");
  assert.equal(absent["aws.cloudtrail.other"], "made of raw aws events by an ingest pipeline");
});

test("with a database of networks a rule that asks for them can fire on CloudTrail events", (t) => {
  t.after(() => useNetworks(undefined));
  useNetworks(() => undefined);
  const query = `${CALL}"ec2.amazonaws.com" and source.as.organization.name.text:hosting`;
  assert.deepEqual(advised(query, undefined, "source.as.number").limits, []);
  assert.deepEqual(advised(query, undefined, "source.as.number").pipelines, []);
  assert.deepEqual(advised(query, undefined, "source.geo.country_iso_code").limits, [
    "cannot fire on raw CloudTrail events: they have no source.geo.country_iso_code",
  ]);
  assert.deepEqual(advised("source.as.number:1", ["logs-kubernetes.audit_logs-*"]).limits, [
    "cannot fire on raw Kubernetes audit events: they have no source.as.number",
  ]);
});
