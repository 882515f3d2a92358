import assert from "node:assert/strict";
import { test } from "node:test";
import { chatOf } from "../../src/render/chat.ts";
import { digestsOf } from "../../src/render/digest.ts";
import { emailOf } from "../../src/render/email.ts";
import type { Published } from "../../src/render/published.ts";
import { SAMPLE } from "./sample-finding.ts";

const base = SAMPLE;

/** A finding of the sample's rule, but for what is given. */
function finding(host: string, executable: string, number: number, over: object = {}): Published {
  return {
    ...base,
    "kibana.alert.uuid": number.toString(16).padStart(32, "0"),
    "kibana.alert.new_terms": [host, executable],
    ...over,
  };
}

const only = (findings: readonly Published[]) => {
  const [digest, ...more] = digestsOf(findings);
  assert.ok(digest !== undefined && more.length === 0);
  return digest;
};

test("a finding of more terms than a call takes arguments is told of all the same", () => {
  const many = Array.from({ length: 300_000 }, () => "xx");
  const parameters = { new_terms_fields: many };
  const over = { "kibana.alert.new_terms": many, "kibana.alert.rule.parameters": parameters };
  const { body } = emailOf(only([finding("h", "x", 1, over), finding("h", "x", 2, over)]));
  assert.ok(body.length < 100_000);
});

test("one finding is its own message, with why it was made first and the triage guide last", () => {
  const { subject, body } = emailOf(only([base]));
  assert.equal(
    subject,
    "[firstsight] MEDIUM linux-15.example curl: Suspicious Instance Metadata Service (IMDS) API Request",
  );
  const lines = body.split("\n");
  assert.equal(lines[0], "First time in 7 days: host.id = h-linux-15, process.executable = /usr/bin/curl");
  assert.equal(lines[2], "MEDIUM 47  Suspicious Instance Metadata Service (IMDS) API Request");
  for (const line of ["account     111122223333", "region      eu-west-1", "user        www-data"])
    assert.ok(lines.includes(line), line);
  assert.ok(body.indexOf("## Triage") > body.indexOf("id          "));
  const { content, metadata } = chatOf(only([base]));
  assert.match(
    content.description,
    /^First time in 7 days: `host\.id = h-linux-15`, `process\.executable = \/usr\/bin\/curl`\n/,
  );
  assert.match(content.description, /\*account\* `111122223333`\n\*region\* `eu-west-1`/);
  assert.deepEqual(content.keywords.slice(0, 2), ["medium", "T1552.005"]);
  assert.equal(metadata.threadId, chatOf(only([finding("h-linux-15", "/usr/bin/wget", 7)])).metadata.threadId);
  assert.notEqual(metadata.threadId, chatOf(only([{ ...base, host: { id: "other" } }])).metadata.threadId);
});

test("the finding's own sentence stands first, where it has one", () => {
  const why = "First time on web-1 in 7 days (history kept since 2026-10-02). <!here> http://evil.example";
  const told = only([{ ...base, "new_terms_stream.why": why }]);
  assert.equal(emailOf(told).body.split("\n")[0], why.replace("://", "[://]"));
  assert.equal(
    chatOf(told).content.description.split("\n")[0],
    "`First time on web-1 in 7 days (history kept since 2026-10-02). &lt;!here&gt; http://evil.example`",
  );
});

test("a window is told in the largest unit that it is whole in", () => {
  for (const [ms, text] of [
    [86_400_000, "1 day"],
    [129_600_000, "36 hours"],
    [5_400_000, "90 minutes"],
    [1000, "1 second"],
  ] as const) {
    assert.match(
      emailOf(only([{ ...base, "new_terms_stream.window_ms": ms }])).body,
      new RegExp(`^First time in ${text}:`),
    );
  }
});

test("findings of one rule are one message, of another rule another, and a finding that comes twice is told once", () => {
  const other = finding("h-1", "/bin/x", 9, { "kibana.alert.rule.rule_id": "other" });
  const digests = digestsOf([
    finding("h-1", "/bin/a", 1),
    other,
    finding("h-2", "/bin/a", 2),
    finding("h-1", "/bin/a", 1),
  ]);
  assert.deepEqual(
    digests.map(({ findings }) => findings.length),
    [2, 1],
  );
  const { subject, body } = emailOf(digests[0] ?? assert.fail());
  assert.match(subject, /^\[firstsight\] MEDIUM 2 new: /);
  assert.match(body, /^2 new combinations of one rule\. First time in 7 days each\.\n/);
});

test("a flood from one host buries no other: every combination is listed or counted, the rare host's first", () => {
  const flood = Array.from({ length: 3000 }, (_, at) => finding("h-flood", `/tmp/${at}`, at + 10));
  const rare = [finding("h-bank", "/usr/bin/curl", 1), finding("h-bank", "/usr/bin/wget", 2)];
  const digest = only([...flood.slice(0, 1500), ...rare, ...flood.slice(1500)]);

  const { subject, body } = emailOf(digest);
  assert.match(subject, /MEDIUM 3002 new: /);
  assert.ok(body.length < 60_000, `${body.length}`);
  assert.ok(body.indexOf("h-bank") < body.indexOf("h-flood"));
  assert.match(
    body,
    /host\.id = h-bank {2}\(2\)\n {2}process\.executable = \/usr\/bin\/curl .*\n {2}process\.executable = \/usr\/bin\/wget /,
  );
  const listed = [...body.matchAll(/^ {2}process\.executable = /gm)].length;
  const [, left] = /… and (\d+) more with host\.id = h-flood\. Each is a finding of its own/.exec(body) ?? [];
  assert.ok(listed > 300, `${listed}`);
  assert.equal(listed + Number(left), 3002);

  const { description, title } = chatOf(digest).content;
  assert.ok(description.length <= 3000 && title.endsWith("(3002 new)"));
  const shown = [...description.matchAll(/^• /gm)].length;
  const [, rest] = /… and (\d+) more with `host\.id = h-flood`/.exec(description) ?? [];
  assert.equal(shown + Number(rest), 3002);
  assert.ok(description.includes("`host.id = h-bank` (2)"));
});

test("the most severe stand first, whatever their number", () => {
  const many = Array.from({ length: 50 }, (_, at) => finding(`h-${at % 3}`, `/bin/${at}`, at + 10));
  const severe = finding("h-0", "/bin/worst", 1, { "kibana.alert.severity": "critical" });
  const { subject, body } = emailOf(only([...many, severe]));
  assert.match(subject, /CRITICAL 51 new/);
  const list = body.slice(body.indexOf("(IMDS)"));
  assert.match(list, /^.*\n\n.*host\.id = h-0 .*\n {2}process\.executable = \/bin\/worst/);
  assert.match(body, /\n {2}MEDIUM {2}process\.executable/);
});

test("many groups that do not fit are counted together", () => {
  const spread = Array.from({ length: 4000 }, (_, at) => finding(`h-${at}`, `/bin/${at}`, at));
  for (const text of [emailOf(only(spread)).body, chatOf(only(spread)).content.description]) {
    const listed = [...text.matchAll(/^( {2}process|• `process)/gm)].length;
    const counted = [...text.matchAll(/… and (\d+) more/g)].reduce((sum, [, count]) => sum + Number(count), 0);
    assert.equal(listed + counted, 4000);
  }
});

test("a rule of one field has a list without groups", () => {
  const one = (at: number) =>
    finding("", "", at, {
      "kibana.alert.new_terms": [`u-${at}`],
      "kibana.alert.rule.parameters": { new_terms_fields: ["user.name"] },
    });
  assert.match(emailOf(only([one(1), one(2)])).body, /\n\n {2}user\.name = u-1 .*\n {2}user\.name = u-2 /);
});

test("an overflow says that it is one", () => {
  assert.match(
    emailOf(only([{ ...base, "new_terms_stream.type": "overflow" }])).body,
    /^More combinations in one event than are looked at: host\.id/,
  );
});
