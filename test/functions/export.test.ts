import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import type { SQSRecord } from "aws-lambda";
import { asffSchema } from "../../src/render/asff-schema.ts";
import { ocsfSchema } from "../../src/render/ocsf-schema.ts";
import { CLOSING, SAMPLE } from "../render/sample-finding.ts";
import { idsOf, invoked } from "../support/queue-function.ts";
import { openSystems } from "../support/systems.ts";

// The handler as Lambda runs it, against systems that fail in part, throttle, and hang.

const systems = await openSystems();
after(() => systems.close());
Object.assign(process.env, systems.environment, {
  OCSF_STREAM_NAME: "ocsf",
  SECURITY_HUB: "true",
  EVENT_BUS_NAME: "security",
});
const { handler } = await import("../../src/functions/export.ts");

const { firehose, securityHub, eventBridge } = systems;
const ALL = [firehose, securityHub, eventBridge];

beforeEach(() => {
  for (const system of ALL) {
    Object.assign(system, { hangs: false, refuses: false, throttled: 0, isEmpty: false, refusesEntry: () => false });
    system.taken.length = 0;
    system.requests.length = 0;
  }
});

let number = 0;

/** Messages with findings that no test had before. */
function messages(count: number): SQSRecord[] {
  return Array.from({ length: count }, () => {
    const uuid = (++number).toString(16).padStart(32, "0");
    return { messageId: `m-${uuid}`, body: JSON.stringify({ ...SAMPLE, "kibana.alert.uuid": uuid }) } as SQSRecord;
  });
}

const run = (records: SQSRecord[], remaining?: number) => invoked(handler, records, remaining);
const uuidOf = ({ messageId }: SQSRecord) => messageId.slice(2);
const takenIds = {
  firehose: () => firehose.taken.map((each) => (each["metadata"] as { readonly uid: string }).uid),
  securityHub: () => securityHub.taken.map((each) => String(each["Id"]).split("/")[1]),
  eventBridge: () =>
    eventBridge.taken.map((each) => (JSON.parse(String(each["Detail"])) as typeof SAMPLE)["kibana.alert.uuid"]),
};

test("each system gets each finding in its own format, in batches that it takes", async () => {
  const records = messages(125);
  assert.deepEqual((await run(records)).left, []);
  for (const ids of Object.values(takenIds)) assert.deepEqual(ids().sort(), records.map(uuidOf).sort());
  for (const document of firehose.taken) ocsfSchema.parse(document);
  for (const finding of securityHub.taken) asffSchema.parse(finding);
  assert.deepEqual([firehose.requests, securityHub.requests], [[125], [100, 25]]);
  assert.ok(eventBridge.requests.every((count) => count <= 10));
  assert.partialDeepStrictEqual(eventBridge.taken[0], {
    EventBusName: "security",
    Source: "firstsight",
    DetailType: "New Terms Finding",
  });
  assert.equal(eventBridge.taken[0]?.["Detail"], records[0]?.body, "the finding as it was published");
});

test("a closing message is handed on beside the finding that it follows, each under an id of its own", async () => {
  const [opener] = messages(1);
  const uuid = (++number).toString(16).padStart(32, "0");
  const held = { ...Object(CLOSING["new_terms_stream.suppressed"]), of: uuidOf(opener as SQSRecord) };
  const closing = { ...CLOSING, "kibana.alert.uuid": uuid, "new_terms_stream.suppressed": held };
  const records = [opener as SQSRecord, { messageId: `m-${uuid}`, body: JSON.stringify(closing) } as SQSRecord];
  assert.deepEqual((await run(records)).left, []);
  for (const ids of Object.values(takenIds)) assert.deepEqual(ids().sort(), records.map(uuidOf).sort());
  const [first, second] = firehose.taken;
  assert.equal(Object(second?.["finding_info"]).uid, Object(first?.["finding_info"]).uid);
  assert.deepEqual(securityHub.taken[1]?.["RelatedFindings"], [
    { ProductArn: securityHub.taken[0]?.["ProductArn"], Id: securityHub.taken[0]?.["Id"] },
  ]);
  assert.deepEqual(
    eventBridge.taken.map((each) => each["DetailType"]),
    ["New Terms Finding", "New Terms Suppression"],
  );
});

test("Security Hub is given the function's own account and Region, whatever the event names", async () => {
  await run(messages(1));
  assert.partialDeepStrictEqual(securityHub.taken[0], {
    AwsAccountId: "444455556666",
    ProductArn: "arn:aws:securityhub:eu-west-1:444455556666:product/444455556666/default",
    Resources: [{ Id: "arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0" }],
  });
});

for (const [name, system] of Object.entries({ firehose, securityHub, eventBridge })) {
  test(`what ${name} refuses of a request stays in the queue, and only it gets that again`, async () => {
    const records = messages(30);
    const refused = new Set([3, 17, 29].map((at) => uuidOf(records[at] ?? assert.fail())));
    system.refusesEntry = (entry) => [...refused].some((id) => JSON.stringify(entry).includes(id));
    const first = await run(records);
    assert.deepEqual(first.left, [...refused].map((id) => `m-${id}`).sort());
    assert.match(first.logged, /refused 3 findings/);
    system.refusesEntry = () => false;
    const before = new Map(ALL.map((each) => [each, each.taken.length]));
    const again = await run(records.filter(({ messageId }) => first.left.includes(messageId)));
    assert.deepEqual(again.left, []);
    for (const each of ALL) assert.equal(each.taken.length - (before.get(each) ?? 0), each === system ? 3 : 0);
    for (const ids of Object.values(takenIds)) assert.deepEqual(ids().sort(), records.map(uuidOf).sort());
  });

  test(`where ${name} throttles, it is asked again, and what it does not take stays`, async () => {
    system.throttled = 1;
    assert.deepEqual((await run(messages(2))).left, []);
    system.throttled = 1000;
    const records = messages(2);
    const { left, logged } = await run(records);
    assert.deepEqual(left, idsOf(records));
    assert.match(logged, /ThrottlingException/);
  });

  test(`where ${name} hangs, the others get all, and the answer comes in time`, async () => {
    system.hangs = true;
    const records = messages(3);
    const started = Date.now();
    assert.deepEqual((await run(records, 4000)).left, idsOf(records));
    assert.ok(Date.now() - started < 4000);
    for (const each of ALL) assert.equal(each.taken.length, each === system ? 0 : 3);
  });

  test(`an answer of ${name} that says nothing takes nothing`, async () => {
    system.isEmpty = true;
    const records = messages(2);
    assert.deepEqual((await run(records)).left, idsOf(records));
  });
}

test("a finding that is in two messages is handed over once, and both are done", async () => {
  const [one] = messages(1);
  assert.ok(one);
  assert.deepEqual((await run([one, { ...one, messageId: "copy" }])).left, []);
  assert.deepEqual([firehose.taken.length, securityHub.taken.length, eventBridge.taken.length], [1, 1, 1]);
});

test("a message that holds no finding stays, costs no other, and its body is in no log", async () => {
  const [good] = messages(1);
  assert.ok(good);
  const bad = ["secret no JSON", '{"secret":1}', "[]", '"secret"'].map(
    (body, at) => ({ messageId: `bad-${at}`, body }) as SQSRecord,
  );
  const { left, logged } = await run([...bad, good]);
  assert.deepEqual(left, idsOf(bad));
  assert.equal(eventBridge.taken.length, 1);
  assert.doesNotMatch(logged, /secret/);
});
