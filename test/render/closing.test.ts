import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { findingSchema } from "../../src/finding/schema.ts";
import { asffOf } from "../../src/render/asff.ts";
import { asffSchema } from "../../src/render/asff-schema.ts";
import { chatOf } from "../../src/render/chat.ts";
import { type Digest, digestsOf } from "../../src/render/digest.ts";
import { emailOf } from "../../src/render/email.ts";
import { eventBridgeOf } from "../../src/render/eventbridge.ts";
import { ocsfOf } from "../../src/render/ocsf.ts";
import { ocsfSchema } from "../../src/render/ocsf-schema.ts";
import { type Published, readPublished } from "../../src/render/published.ts";
import { textOf } from "../../src/render/text.ts";
import { officialOcsf } from "./ocsf-validator.ts";
import { CLOSING, CLOSING_BODY, closingMessage, SAMPLE } from "./sample-finding.ts";

const FIRST = "202427c893aa96f5872548c25ac07516";
const SENTENCE =
  "3 more findings of this rule for host.id = h-linux-15 were held back by alert suppression within 1 hour " +
  `after finding ${FIRST} (published 2026-11-24T04:00:53.101Z)`;

const only = (findings: readonly Published[]): Digest => {
  const [digest, ...more] = digestsOf(findings);
  assert.ok(digest !== undefined && more.length === 0);
  return digest;
};

/** A full window. */
const many = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ executable: `/opt/${"x".repeat(40)}/${at}`, after: at * 1000 }));

test("the closing message of events/ is what the sample's window says when it is over", () => {
  assert.equal(readFileSync("events/closing.ndjson", "utf8"), `${CLOSING_BODY}\n`);
  findingSchema.parse(CLOSING);
});

test("a mail says how many were held back, for whom and after what, then lists them, and has the guide last", () => {
  const { subject, body } = emailOf(only([CLOSING]));
  assert.equal(
    subject,
    "[firstsight] MEDIUM h-linux-15 (3 held back): Suspicious Instance Metadata Service (IMDS) API Re...",
  );
  assert.ok(
    body.startsWith(`${SENTENCE}.

MEDIUM 47  Suspicious Instance Metadata Service (IMDS) API Request

Held back, with when each was first seen:
  process.executable = /usr/bin/wget  2026-11-24T04:02:27.911Z
  process.executable = /usr/bin/python3.12  2026-11-24T04:11:02.911Z
  process.executable = /tmp/.x/agent  2026-11-24T04:32:06.911Z
These have no findings of their own: look for their events at these times.

first       host.id = h-linux-15, process.executable = /usr/bin/curl
first id    ${FIRST}
id          ${"5".repeat(32)}

What to do

## Triage`),
    body,
  );
});

test("a subject names no key that could pass for something else", () => {
  const key = (value: unknown) => ({ ...CLOSING, "kibana.alert.suppression.terms": [{ field: "user.name", value }] });
  for (const value of [["x CRITICAL 99"], ["a", "b"], null, "x"])
    assert.match(emailOf(only([key(value) as Published])).subject, /^\[firstsight\] MEDIUM \(3 held back\): Susp/);
  const missing = emailOf(only([key(null) as Published])).body;
  assert.match(missing, /^3 more findings of this rule for events without user\.name were held back /);
  const several = emailOf(only([key(["a", "b", "c", "d", "e"]) as Published])).body;
  assert.match(several, /^3 more findings of this rule for user\.name = a, b, c and 2 more were held back /);
});

test("one that was held back is one", () => {
  const one = readPublished(closingMessage([{ executable: "/bin/x", after: 1000 }]));
  assert.match(emailOf(only([one])).body, /^1 more finding of this rule for host\.id = h-linux-15 was held back /);
});

test("a chat goes into the thread of the host's findings, says the same, and names the first finding as the next step", () => {
  const { content, metadata } = chatOf(only([CLOSING]));
  assert.match(content.title, /^:large_orange_diamond: MEDIUM 47 - .* \(3 held back\)$/);
  const lines = content.description.replaceAll("`", "").split("\n");
  assert.deepEqual(lines, [
    `${SENTENCE}.`,
    "*first* host.id = h-linux-15, process.executable = /usr/bin/curl",
    "• process.executable = /usr/bin/wget  2026-11-24T04:02:27.911Z",
    "• process.executable = /usr/bin/python3.12  2026-11-24T04:11:02.911Z",
    "• process.executable = /tmp/.x/agent  2026-11-24T04:32:06.911Z",
  ]);
  assert.ok(
    content.nextSteps[0]?.includes(`first finding, with its event and the rule's triage guide, is \`${FIRST}\``),
  );
  assert.equal(metadata.threadId, chatOf(only([SAMPLE])).metadata.threadId);
  assert.equal(metadata.summary, "3 held back");
});

test("of a full window each combination is listed or counted, in a mail, a chat and a terminal", () => {
  const full = readPublished(closingMessage(many(299)));
  const { description } = chatOf(only([full])).content;
  const { body } = emailOf(only([full]));
  const text = stripVTControlCharacters(textOf(full));
  const listed = (words: string) => [...words.matchAll(/process\.executable = \/opt/g)].length;
  const left = (words: string) => Number(/… and (\d+) more/.exec(words)?.[1] ?? 0);
  assert.equal(listed(body), 299);
  for (const words of [description, text]) {
    assert.equal(listed(words) + left(words), 299);
    assert.ok(listed(words) >= 9, words);
  }
  assert.ok(description.length <= 3000);
  assert.ok(body.length < 60_000);
});

test("with others of its rule it is one message: what is new first, then what was held back, each with its own first", () => {
  const fresh = (at: number): Published => ({
    ...SAMPLE,
    "kibana.alert.uuid": (0xf000 + at).toString(16).padStart(32, "0"),
    "kibana.alert.new_terms": ["h-9", `/bin/${at}`],
  });
  const other = { ...readPublished(closingMessage(many(2))), "kibana.alert.uuid": "6".repeat(32) };
  const mixed = only([CLOSING, fresh(1), other, fresh(2)]);
  const { subject, body } = emailOf(mixed);
  assert.match(subject, /^\[firstsight\] MEDIUM 2 new \(5 held back\): Susp/);
  assert.match(
    body,
    /^2 new combinations of one rule\. First time in 7 days each\.\n5 more were held back .*see below\./,
  );
  const order = [
    "= /bin/1",
    "= /bin/2",
    "2 more findings of this rule",
    "/opt/",
    SENTENCE,
    "/tmp/.x/agent",
    "## Triage",
  ];
  const places = order.map((words) => body.indexOf(words));
  assert.ok(
    places.every((place, index) => place > (places[index - 1] ?? 0)),
    `${places}`,
  );

  const { title, description } = chatOf(mixed).content;
  assert.match(title, /\(2 new, 5 held back\)$/);
  assert.match(
    description,
    /`process\.executable = \/bin\/1`[\s\S]*2 more findings[\s\S]*3 more findings[\s\S]*\/tmp\/\.x\/agent/,
  );

  const beside = only([SAMPLE, CLOSING]);
  assert.match(emailOf(beside).subject, /^\[firstsight\] MEDIUM linux-15\.example curl \(3 held back\): /);
  assert.match(emailOf(beside).body, /\ncommand {5}curl [\s\S]*3 more findings[\s\S]*\/tmp\/\.x\/agent/);
  assert.match(chatOf(beside).content.description, /\*command\* `curl [\s\S]*3 more findings[\s\S]*\/tmp\/\.x\/agent/);

  const two = only([CLOSING, other]);
  assert.match(
    emailOf(two).body,
    /^5 more findings of this rule were held back by alert suppression, after 2 findings\.\n/,
  );
  assert.match(emailOf(two).subject, /MEDIUM \(5 held back\): /);
});

test("a flood that was held back buries neither what is new nor the others", () => {
  const floods = Array.from({ length: 30 }, (_, at) => ({
    ...readPublished(closingMessage(many(299))),
    "kibana.alert.uuid": (0xa000 + at).toString(16).padStart(32, "0"),
  }));
  const fresh = Array.from({ length: 500 }, (_, at) => ({
    ...SAMPLE,
    "kibana.alert.uuid": (0xb000 + at).toString(16).padStart(32, "0"),
    "kibana.alert.new_terms": [`h-${at % 40}`, `/bin/${at}`],
  }));
  const rare = { ...SAMPLE, "kibana.alert.new_terms": ["h-rare", "/bin/rare"] };
  const all = only([...floods, ...fresh, rare, CLOSING]);
  const { description } = chatOf(all).content;
  const { body } = emailOf(all);
  for (const words of [description, body]) {
    const listed = [...words.matchAll(/^ *•? *`?process\.executable = /gm)].length;
    const counted = [...words.matchAll(/… and (\d+) more/g)].reduce((sum, [, count]) => sum + Number(count), 0);
    assert.equal(listed + counted, 501 + 30 * 299 + 3);
    assert.ok(words.includes("/bin/rare") && words.includes("/tmp/.x/agent"), words);
  }
  assert.ok(description.length <= 3000 && body.length < 60_000);
});

test("in OCSF it updates the finding that opened the window, and counts and relates what was held back", () => {
  const ocsf = ocsfOf(CLOSING);
  ocsfSchema.parse(ocsf);
  assert.equal(officialOcsf()?.(ocsf), undefined);
  assert.partialDeepStrictEqual(ocsf, {
    activity_name: "Update",
    type_uid: 200402,
    count: 3,
    is_alert: false,
    start_time: Date.parse("2026-11-24T04:02:27.911Z"),
    end_time: Date.parse("2026-11-24T04:32:06.911Z"),
    metadata: { uid: "5".repeat(32), correlation_uid: FIRST },
    finding_info: {
      uid: Object(ocsfOf(SAMPLE)["finding_info"]).uid,
      created_time: Object(ocsfOf(SAMPLE)["finding_info"]).created_time,
      modified_time: Date.parse("2026-11-24T05:00:52.911Z"),
      last_seen_time: Date.parse("2026-11-24T04:32:06.911Z"),
    },
  });
  assert.equal(ocsf["status_id"], undefined, "what people made of the finding stays");
  const { related_events } = ocsf["finding_info"] as { readonly related_events: readonly object[] };
  assert.equal(related_events.length, 3);
  const [analysis] = ocsf["anomaly_analyses"] as unknown as readonly object[];
  assert.partialDeepStrictEqual(analysis, {
    analysis_targets: [{ name: "h-linux-15", type: "host.id" }],
    anomalies: [
      { observations: [{ value: "h-linux-15, /usr/bin/wget", count: 1 }, {}, { value: "h-linux-15, /tmp/.x/agent" }] },
    ],
  });
});

test("the schema of OCSF's form takes no activity with another's words", () => {
  const update = ocsfOf(CLOSING);
  for (const over of [{ type_uid: 200401 }, { activity_id: 1 }, { status_id: 1, status: "New" }])
    assert.throws(() => ocsfSchema.parse({ ...update, ...over }));
});

test("in Security Hub it is a finding of its own, the same each time, related to the first and about its host", () => {
  const asff = asffOf(CLOSING, { account: "111122223333", region: "eu-west-1" });
  asffSchema.parse(asff);
  const first = asffOf(SAMPLE, { account: "111122223333", region: "eu-west-1" });
  assert.notEqual(asff.Id, first.Id);
  assert.deepEqual(asff.RelatedFindings, [{ ProductArn: first.ProductArn, Id: first.Id }]);
  assert.equal(asff.UpdatedAt, "2026-11-24T05:00:52.911Z");
  assert.deepEqual(asff, asffOf(readPublished(CLOSING_BODY), { account: "111122223333", region: "eu-west-1" }));
  assert.equal(asff.Title, "3 held back: Suspicious Instance Metadata Service (IMDS) API Request");
  assert.ok(asff.Description?.startsWith(`${SENTENCE}: process.executable = /usr/bin/wget 2026-11-24T04:02:27.911Z; `));
  assert.equal(asff.Resources?.[0]?.Id, "host/h-linux-15");
  assert.ok(asff.FindingProviderFields?.Types?.includes("Unusual Behaviors/Process"));
  assert.partialDeepStrictEqual(asff.ProductFields, {
    "firstsight/held": "3",
    "firstsight/held/03": "process.executable = /tmp/.x/agent  2026-11-24T04:32:06.911Z",
    "firstsight/first_fid": FIRST,
  });
  const full = asffOf(readPublished(closingMessage(many(299))));
  asffSchema.parse(full);
  assert.equal(full.ProductFields?.["firstsight/held/more"], "279");
});

test("a host that only some of them share is not what it is about", () => {
  const elsewhere = structuredClone(CLOSING) as Record<string, never>;
  elsewhere["kibana.alert.suppression.terms"] = [{ field: "user.name", value: ["www-data"] }] as never;
  assert.equal(asffOf(elsewhere).Resources?.[0]?.Id, "host/h-linux-15");
  Object(elsewhere["new_terms_stream.suppressed"]).combinations[1].terms[0] = "h-other";
  assert.equal(asffOf(elsewhere).Resources?.[0]?.Id, "host/www-data");
});

test("what looks like an address and is none is no address in Security Hub", () => {
  const at = (ip: string) => asffOf({ ...SAMPLE, source: { ip }, destination: { ip } }).Network;
  assert.equal(at("999.999.999.999"), undefined);
  assert.equal(at("1.2.3.4")?.SourceIpV4, "1.2.3.4");
  const asff = asffOf(SAMPLE);
  assert.throws(() => asffSchema.parse({ ...asff, Network: { SourceIpV4: "999.999.999.999" } }));
});

test("EventBridge's detail-type tells it from a finding", () => {
  assert.equal(eventBridgeOf(SAMPLE, "{}").DetailType, "New Terms Finding");
  const entry = eventBridgeOf(CLOSING, CLOSING_BODY);
  assert.deepEqual([entry.DetailType, entry.Detail], ["New Terms Suppression", CLOSING_BODY]);
});
