import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { JsonObject } from "../../src/ecs/json.ts";
import { eventLines } from "../../src/report/event.ts";
import { html } from "../../src/report/html.ts";
import { reportHtml } from "../../src/report/page.ts";
import { select } from "../../src/report/selection.ts";
import { shown } from "../../src/report/words.ts";
import type { ReplayFinding, ReplayResult, RuleResult } from "../../src/workbench/replay-result.ts";
import { UNSEEN } from "../finding/unseen.ts";
import { HOSTILE, sampleReplay } from "./sample.ts";

const NOTHING: ReplayResult = {
  ...{
    lines: 0,
    events: 0,
    skipped: 0,
    rejected: 0,
    rejections: {},
    rawShapes: {},
    untimed: 0,
    outside: 0,
    matched: 0,
    findings: 0,
  },
  excepted: 0,
  rules: [],
};
const MOST_BYTES = 5_000_000;

const hostile = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: fc.constantFrom(..."<>\"'`&=/!-;: \n\u0000\u202e\u200b\ud800", "script", "-->", "\u{e0001}") }),
  fc.string({ unit: "binary", maxLength: 300 }),
);

test("no value is markup, in text or in a quoted attribute, and none hides", () => {
  fc.assert(
    fc.property(hostile, fc.nat(200), (text, limit) => {
      for (const { markup } of [html`${text}`, html`${[text, [text]]}`]) {
        assert.doesNotMatch(markup, /[<>"'`]/);
        assert.doesNotMatch(markup, UNSEEN);
        assert.doesNotMatch(markup, /&(?!(?:amp|lt|gt|#34|#39|#96);)/);
      }
      assert.doesNotMatch(tagsOut(shown(text, limit).markup), /[<>"'`]/);
    }),
  );
});

test("an event's JSON cannot pass for markup", () => {
  const forged = JSON.parse('{"markup":"<script>alert(1)</script>"}') as string;
  assert.equal(html`${String(forged)}`.markup, "[object Object]");
});

test("whatever the texts of a replay are, the page has the same elements and attributes", () => {
  const plain = skeleton(reportHtml(...everywhere("x")));
  fc.assert(
    fc.property(
      hostile.filter((text) => !["", "-"].includes(text.trim())),
      (text) => assert.deepEqual(skeleton(reportHtml(...everywhere(text))), plain),
    ),
    { numRuns: 60 },
  );
});

test("nothing unseen is on the page, and nothing that leads away from it", () => {
  const { result, findings } = sampleReplay();
  const page = reportHtml(result, findings, "today\u202e");
  assert.doesNotMatch(page.replaceAll("\n", ""), UNSEEN);
  for (const [, target] of page.matchAll(/\s(?:href|src|action|xlink:href|srcset|style|on\w+)="([^"]*)"/g)) {
    assert.match(target ?? "", /^#[a-z0-9-]+$/);
  }
  assert.doesNotMatch(page, /url\(|@import/);
});

test("each target of a link is there, and no id twice", () => {
  const { result, findings } = sampleReplay(100);
  const page = reportHtml(result, findings, "today");
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) assert.ok(ids.includes(target), target);
});

test("the page tells what was found, and what could not be", () => {
  const { result, findings } = sampleReplay();
  const text = textOf(reportHtml(result, findings, "made on Friday"));
  for (const words of [
    "668 findings of 5 rules in 30 days",
    "2026-10-28 00:01:01",
    "126 findings of 5,426 matches in 132 combinations of host.id + process.executable, new in 7 days.",
    "report\\u202efdp.exe",
    "<script>alert(1)</script>",
    "not_json 305",
    "Okta system log 3 or more not made ECS of here: no rule can match them CloudTrail 12 made ECS of",
    "process.executable 248 5 %",
    "github.hashed_token",
    "Entra ID Sign-in From a New Country",
    "… 2,845 more",
    "made on Friday",
  ]) {
    assert.ok(text.includes(words), words);
  }
});

test("where nothing came raw, the page does not speak of it", () => {
  const { result, findings } = sampleReplay();
  const text = (rawShapes: typeof result.rawShapes) => textOf(reportHtml({ ...result, rawShapes }, findings, ""));
  assert.ok(text(result.rawShapes).includes("Events that came raw"));
  assert.ok(!text({}).includes("Events that came raw"));
});

test("the numbers of a chart are a table as well", () => {
  const { result, findings } = sampleReplay();
  const text = textOf(reportHtml(result, findings, ""));
  const [imds] = result.rules;
  for (const { day, findings: found } of imds?.days ?? [])
    assert.ok(text.includes(`${day} ${day < "2026-11-04" ? "yes" : "no"} ${found} `));
});

test("100,000 findings are one page of less than 5 MB, and the page says what it sums up", () => {
  const { result, findings } = sampleReplay(150);
  assert.ok(findings.length > 100_000);
  const page = reportHtml(result, findings, "");
  assert.ok(Buffer.byteLength(page) < MOST_BYTES, `${Buffer.byteLength(page)} bytes`);
  const shownOnes = page.match(/<tbody data-rule=/g)?.length ?? 0;
  const text = textOf(page);
  assert.ok(
    text.includes(`The latest ${shownOnes.toLocaleString("en")} of ${findings.length.toLocaleString("en")} findings`),
  );
  assert.ok(text.includes(`The other ${(findings.length - shownOnes).toLocaleString("en")} findings`));
});

test("findings that are large are fewer, and the page stays as small", () => {
  const wide = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`<${index}>`, `"'<&`.repeat(40)]));
  const { result, findings } = sampleReplay(2);
  const large = findings.map((finding) => ({
    ...finding,
    body: JSON.stringify({ ...JSON.parse(finding.body), ...wide }),
  }));
  assert.ok(Buffer.byteLength(reportHtml(result, large, "")) < MOST_BYTES);
});

test("a quiet rule's findings stay when a noisy one's make way, and nothing is lost from the count", () => {
  const noisy = Array.from({ length: 500 }, (_, index) => findingOf("noisy", index, [`h${index % 50}`]));
  const quiet = Array.from({ length: 5 }, (_, index) => findingOf("quiet", index, [`q${index}`]));
  const all = [...quiet, ...noisy].sort((a, b) => a.at.localeCompare(b.at));
  const { shown: each, sums, total } = select(all, { findings: 100, bytes: 90, bytesOf: () => 1 });
  assert.equal(total, 505);
  assert.equal(each.length, 90);
  assert.equal(each.filter(({ ruleId }) => ruleId === "quiet").length, 5);
  assert.equal(each[0]?.at, noisy.at(-1)?.at, "latest first");
  assert.equal(sums.length, 50);
  assert.equal(
    sums.reduce((sum, { findings }) => sum + findings, 0),
    500,
  );
});

test("a replay without a match, one that learned, and one whose findings have no body are pages too", () => {
  assert.ok(textOf(reportHtml(NOTHING, [], "")).includes("No event matched a rule."));
  const { result, findings } = sampleReplay();
  const taught = textOf(reportHtml({ ...result, learnUntil: "2026-11-04T00:01:01.000Z" }, findings, ""));
  assert.ok(taught.includes("Until 2026-11-04 00:01:01 the replay only taught the history"));
  for (const body of ["", "{", "[]", "null", '{"kibana.alert.rule.name":{"a":1},"user":"root","event":7}']) {
    reportHtml(
      result,
      findings.slice(0, 3).map((finding) => ({ ...finding, body })),
      "",
    );
  }
});

test("an event is shown as it was sent, field by field, and what is too much of it is counted", () => {
  const deep = JSON.parse(`${'{"a":['.repeat(30)}1${"]}".repeat(30)}`) as JsonObject;
  const wide = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`k${index}`, index]));
  const event = {
    "@timestamp": "made",
    "kibana.alert.original_time": "sent",
    host: [{ name: "a" }, { name: "b" }],
    deep,
    ...wide,
  };
  const alert = {
    "kibana.alert.original_event.kind": "event",
    "new_terms_stream.type": "finding",
    event: { kind: "signal" },
  };
  const text = textOf(eventLines({ ...event, ...alert }).markup);
  assert.match(text, /@timestamp +sent host\.name +a, b /);
  assert.doesNotMatch(text, /signal|kibana|new_terms_stream|made/);
  assert.match(text, /54 more fields of this event are left out here\./);
});

test("ten years of days are columns that can still be told apart", () => {
  const { result } = sampleReplay();
  const days = Array.from({ length: 3_653 }, (_, index) => ({
    day: new Date(Date.UTC(2016, 0, 1 + index)).toISOString().slice(0, 10),
    ...{ findings: 1, learned: 0, isLearning: index < 7 },
  }));
  const rules = result.rules.map((rule) => ({ ...rule, days: rule.matched > 0 ? days : [] }));
  const page = reportHtml({ ...result, rules, from: "2016-01-01T00:00:00.000Z" }, [], "");
  assert.ok(page.length < 500_000);
  for (const words of [
    "2016-01-01 – 2016-02-09",
    "Findings a day (a column is 40 days)",
    "2016-01 ",
    "only its first 3,653 days",
  ]) {
    assert.ok(textOf(page).includes(words), words);
  }
});

function findingOf(ruleId: string, second: number, terms: readonly string[]): ReplayFinding {
  return { ruleId, terms, at: new Date(second * 1000).toISOString(), source: "a.ndjson", line: second, body: "{}" };
}

/** A replay in which everything that can be any text is this one. */
function everywhere(text: string): [ReplayResult, ReplayFinding[], string] {
  const rule: RuleResult = {
    ...{ ruleId: text, name: text, path: text, severity: text, windowMs: 86_400_000, fields: [text] },
    ...{
      matched: 2,
      withoutTerms: 1,
      missing: { [`f${text}`]: 1 },
      sightings: 1,
      combinations: 1,
      learned: 0,
      findings: 1,
    },
    excepted: 1,
    exceptions: [{ name: text, itemId: text, path: text, line: 1, excepted: 1 }],
    days: [{ day: "2026-11-26", findings: 1, learned: 0, isLearning: false }],
    top: [{ terms: [text], findings: 1, sightings: 1 }],
    hosts: [{ host: text, findings: 1 }],
  };
  const blind: RuleResult = { ...rule, ruleId: `b${text}`, matched: 0, findings: 0, withoutTerms: 0, unseen: [text] };
  const event = {
    user: { name: text },
    process: { executable: text, command_line: text },
    host: { name: text },
    [`f${text}`]: text,
  };
  const body = { ...event, "kibana.alert.reason": text, "kibana.alert.rule.name": text, "kibana.alert.uuid": text };
  const result = { ...NOTHING, rejections: { [`r${text}`]: 1 }, matched: 2, findings: 1, rules: [rule, blind] };
  const finding = {
    ruleId: text,
    terms: [text],
    at: "2026-11-26T00:00:00.000Z",
    source: text,
    line: 1,
    body: JSON.stringify(body),
  };
  return [result, [finding], text];
}

/** Element names and attribute names in order: what a browser makes of the page, values, text and notes of cuts aside. */
function skeleton(page: string): string[] {
  const body = page
    .slice(page.indexOf("<body>"), page.indexOf("<script>"))
    .replaceAll(/<span class="cut">[^<]*<\/span>/g, "");
  return [...body.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replaceAll(/"[^"]*"/g, '""'));
}

function tagsOut(markup: string): string {
  return markup.replaceAll(/<\/?(?:bdi(?: dir="ltr")?|span(?: class="(?:cut|none)")?)>/g, "");
}

function textOf(page: string): string {
  return page
    .slice(Math.max(0, page.indexOf("<body>")))
    .replaceAll(/<[^>]*>/g, (tag) => (/^<.?(?:b|bdi|code|span)\b/.test(tag) ? "" : " "))
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&#39;", "'")
    .replaceAll("&#34;", '"')
    .replaceAll("&#96;", "`")
    .replaceAll("&amp;", "&")
    .replaceAll(/\s+/g, " ");
}
