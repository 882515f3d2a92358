import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import type { SQSRecord } from "aws-lambda";
import { CLOSING, SAMPLE } from "../render/sample-finding.ts";
import { idsOf, invoked } from "../support/queue-function.ts";
import { openSystems } from "../support/systems.ts";

// The handler as Lambda runs it, against topics that fail in part, throttle, and hang.

const systems = await openSystems();
after(() => systems.close());
const [EMAIL, CHAT] = ["arn:aws:sns:eu-west-1:111122223333:email", "arn:aws:sns:eu-west-1:111122223333:chat"];
Object.assign(process.env, systems.environment, { EMAIL_TOPIC_ARN: EMAIL, CHAT_TOPIC_ARN: CHAT });
const { handler } = await import("../../src/functions/notify.ts");

const { sns } = systems;
beforeEach(() => {
  Object.assign(sns, { hangs: false, throttled: 0, isEmpty: false, refusesEntry: () => false });
  sns.taken.length = 0;
  sns.requests.length = 0;
});

let number = 0;

/** Messages with findings of a rule that no test had before. */
function messages(count: number, rule: string, over: object = {}): SQSRecord[] {
  return Array.from({ length: count }, (_, at) => {
    const uuid = (++number).toString(16).padStart(32, "0");
    const finding = {
      ...SAMPLE,
      "kibana.alert.uuid": uuid,
      "kibana.alert.rule.rule_id": rule,
      "kibana.alert.new_terms": [`h-${at % 7}`, `/bin/${at}`],
      ...over,
    };
    return { messageId: `m-${uuid}`, body: JSON.stringify(finding) } as SQSRecord;
  });
}

const run = (records: SQSRecord[], remaining?: number) => invoked(handler, records, remaining);
const to = (topic: string) => sns.taken.filter((each) => each["topic"] === topic);

test("findings of one rule are one mail and one chat message, each with all combinations", async () => {
  const records = [...messages(40, "a"), ...messages(1, "b")];
  assert.deepEqual((await run(records)).left, []);
  assert.deepEqual([to(EMAIL).length, to(CHAT).length], [2, 2]);
  const [many, one] = to(EMAIL);
  assert.match(String(many?.["subject"]), /^\[firstsight\] MEDIUM 40 new: /);
  for (let at = 0; at < 40; at++) assert.ok(String(many?.["body"]).includes(`process.executable = /bin/${at}  `));
  assert.match(String(one?.["body"]), /^First time in 7 days: host\.id = h-0, process\.executable = \/bin\/0\n/);
  const chat = JSON.parse(String(to(CHAT)[0]?.["body"])) as { readonly content: { readonly title: string } };
  assert.match(chat.content.title, /\(40 new\)$/);
  assert.equal(to(CHAT)[0]?.["subject"], null);
});

test("a closing message is told together with its rule's findings, and once", async () => {
  const closing = {
    ...CLOSING,
    "kibana.alert.uuid": (++number).toString(16).padStart(32, "0"),
    "kibana.alert.rule.rule_id": "closed",
  };
  const records = [...messages(2, "closed"), { messageId: "m-closing", body: JSON.stringify(closing) } as SQSRecord];
  assert.deepEqual((await run(records)).left, []);
  assert.deepEqual([to(EMAIL).length, to(CHAT).length], [1, 1]);
  assert.match(String(to(EMAIL)[0]?.["subject"]), /^\[firstsight\] MEDIUM 2 new \(3 held back\): /);
  assert.match(String(to(EMAIL)[0]?.["body"]), /\/bin\/1 [\s\S]*process\.executable = \/tmp\/\.x\/agent /);
  assert.match(String(to(CHAT)[0]?.["body"]), /\(2 new, 3 held back\)/);
  await run(records);
  assert.deepEqual([to(EMAIL).length, to(CHAT).length], [1, 1]);
});

test("subscribers can filter by rule, by each severity and by tag", async () => {
  await run([...messages(1, "c"), ...messages(1, "c", { "kibana.alert.severity": "critical" })]);
  assert.partialDeepStrictEqual(to(EMAIL)[0]?.["attributes"] as object, {
    rule_id: "String c",
    severity: 'String.Array ["critical","medium"]',
  });
  assert.match(String(Object(to(CHAT)[0]?.["attributes"])["tags"]), /^String\.Array \["Domain: Endpoint",/);
});

test("no attribute is empty, and none is missing a rule", async () => {
  const bare = JSON.stringify({ "kibana.alert.uuid": "f".repeat(32), "kibana.alert.rule.tags": ["", " "] });
  assert.deepEqual((await run([{ messageId: "bare", body: bare } as SQSRecord])).left, []);
  assert.deepEqual(to(EMAIL)[0]?.["attributes"], { rule_id: "String unknown" });
});

test("what one topic refuses stays in the queue, and the other topic is not told again", async () => {
  const [refused, fine] = [messages(3, "d"), messages(2, "e")];
  sns.refusesEntry = ({ topic, attributes }) =>
    topic === CHAT && (attributes as Record<string, string>)["rule_id"] === "String d";
  const first = await run([...refused, ...fine]);
  assert.deepEqual(first.left, idsOf(refused));
  assert.match(first.logged, /SNS refused 1 messages: InternalError/);
  assert.deepEqual([to(EMAIL).length, to(CHAT).length], [2, 1]);
  sns.refusesEntry = () => false;
  assert.deepEqual((await run(refused)).left, []);
  assert.deepEqual([to(EMAIL).length, to(CHAT).length], [2, 2]);
});

test("a delivery that comes twice tells people once, as long as the environment is warm", async () => {
  const records = messages(5, "f");
  assert.deepEqual([(await run(records)).left, (await run(records)).left], [[], []]);
  assert.deepEqual([to(EMAIL).length, to(CHAT).length], [1, 1]);
});

test("of what comes again, with others, the new alone is told", async () => {
  const records = messages(2, "g");
  await run(records.slice(0, 1));
  await run(records);
  assert.equal(to(EMAIL).length, 2);
  assert.ok(to(EMAIL).every(({ body }) => String(body).startsWith("First time in 7 days")));
});

test("topics that throttle are asked again; that hang or say nothing, are left with the queue, in time", async () => {
  sns.throttled = 1;
  assert.deepEqual((await run(messages(1, "h"))).left, []);
  for (const manners of [{ throttled: 1000 }, { hangs: true }, { isEmpty: true }]) {
    Object.assign(sns, { throttled: 0, hangs: false, isEmpty: false }, manners);
    const records = messages(2, "i");
    const started = Date.now();
    assert.deepEqual((await run(records, 6000)).left, idsOf(records));
    assert.ok(Date.now() - started < 6000);
  }
});

test("a flood is a few messages of bounded size, and another rule's is one of its own", async () => {
  const flood = messages(600, "j", { "kibana.alert.new_terms": ["h-flood", `/tmp/${"x".repeat(3000)}`] });
  assert.deepEqual((await run([...flood, ...messages(1, "k")])).left, []);
  assert.deepEqual([to(EMAIL).length, to(CHAT).length], [2, 2]);
  for (const { body } of sns.taken) assert.ok(Buffer.byteLength(String(body)) < 64 * 1024);
  assert.match(String(to(EMAIL)[1]?.["body"]), /^First time in 7 days: /);
});

test("a message that holds no finding stays, and costs no other", async () => {
  const bad = ["no JSON", "{}"].map((body, at) => ({ messageId: `bad-${at}`, body }) as SQSRecord);
  assert.deepEqual((await run([...bad, ...messages(1, "l")])).left, idsOf(bad));
  assert.equal(to(EMAIL).length, 1);
});

test("a function that would tell nobody does not start", async () => {
  const { notifyConfig, exportConfig } = await import("../../src/runtime/sink-config.ts");
  assert.throws(() => notifyConfig({}), /EMAIL_TOPIC_ARN, CHAT_TOPIC_ARN: expected one of them/);
  assert.throws(() => notifyConfig({ EMAIL_TOPIC_ARN: "topic" }), /expected an SNS topic's ARN/);
  assert.throws(() => exportConfig({ EVENT_BUS_NAME: "" }), /expected one of them/);
  assert.throws(() => exportConfig({ SECURITY_HUB: "yes" }), /expected true/);
});
