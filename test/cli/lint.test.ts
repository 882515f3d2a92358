import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { command } from "../../src/cli/command.ts";
import { lint } from "../../src/cli/lint.ts";
import type { Given } from "../../src/cli/verb.ts";
import { SHIPPED_RULE } from "../support/rules.ts";

const folder = mkdtempSync(join(tmpdir(), "firstsight-lint-"));
after(() => rmSync(folder, { recursive: true }));
const shipped = readFileSync(SHIPPED_RULE, "utf8");
const [queryText = ""] = /'''[^']*'''/.exec(shipped.slice(shipped.indexOf("query = '''"))) ?? [];

/** Runs lint over paths, with every line it writes. */
function run(paths: readonly string[], write: (line: string) => void, options: Given["options"] = {}): number {
  const code = lint.run({ paths, options }, { print: write, warn: write });
  assert.ok(typeof code === "number");
  return code;
}

let count = 0;
/** What lint prints of the shipped rule with another query, and other changes. */
function printed(query: string, ...changes: readonly (readonly [string, string])[]): string {
  const file = join(folder, `rule-${count++}.toml`);
  const text = changes.reduce(
    (rule, [from, to]) => rule.replace(from, () => to),
    shipped.replace(queryText, () => `'''\n${query}\n'''`),
  );
  writeFileSync(file, text);
  const lines: string[] = [];
  run([file], (line) => lines.push(line.replaceAll(file, "FILE")));
  return lines.join("\n");
}

test("the shipped rule: no warning, and its fields with their types", () => {
  const lines: string[] = [];
  assert.equal(
    run([SHIPPED_RULE], (line) => lines.push(line)),
    0,
  );
  assert.equal(lines[0], `ok       ${SHIPPED_RULE}`);
  assert.match(
    lines[1] ?? "",
    /^ {9}reads {4}destination\.address \(keyword\), destination\.ip \(ip\), destination\.port \(long\),/,
  );
  assert.equal(lines.at(-1), "1 ok, 0 refused, 0 with warnings");
});

const MISTAKES: readonly (readonly [string, RegExp])[] = [
  ["process.name:cdn??.space", /warning {2}\d+:\d+ \? is a character like any other in KQL: "cdn\?\?\.space"/],
  ['process.name:"python*"', /a quoted \* is a star and not a wildcard/],
  [
    'data_stream.dataset:"endpoint.*"',
    /\* is a wildcard here, quoted and escaped as well, since data_stream\.dataset is a/,
  ],
  ['file.path:"C:\\Users\\tmp"', /\\t, \\r and \\n in quotes are a tab and line ends: write \\\\ for a backslash/],
  ["process.command_line:(*.aws*\n*.azure*)", /an or may be missing/],
  ["process.name:(a or true)", /true is the text "true" here, since process\.name is a keyword/],
  ["event.code > 100", /event\.code is a keyword: the range goes by spelling/],
  ["event.ingested:*  and event.ingested >= now-1d", /event\.ingested is when events are taken to happen/],
  [`process.name:${"x".repeat(1025)}`, /longer than process\.name indexes \(1024\)/],
  ["my.own.field:x", /my\.own\.field is in no mapping known here: taken as a keyword/],
  ["source.geo.country_name:x", /absent {3}source\.geo\.country_name: added by GeoIP/],
];
for (const [query, expected] of MISTAKES) {
  test(`of ${query.slice(0, 60)}`, () => assert.match(printed(query), expected));
}

test("a pattern of names is said to be one, with what it stands for", () => {
  const text = printed("my.app.*:x and file.hash.*:ab and process.parent.hash.ss*:c and *:*");
  assert.match(
    text,
    /warning {2}\d+:\d+ my\.app\.\* stands for no field of a mapping known here: for any name of an event that fits/,
  );
  assert.match(text, /pattern {2}my\.app\.\*: no mapped field, and whatever other name of an event fits/);
  assert.match(text, /pattern {2}file\.hash\.\*: file\.hash\.cdhash, .*, and whatever other name of an event fits/);
  assert.match(text, /pattern {2}process\.parent\.hash\.ss\*: process\.parent\.hash\.ssdeep, and whatever/);
  assert.doesNotMatch(text, /taken as a keyword|keyword, assumed/);
});

test("a deprecated rule, and one over Kibana's alerts, run with a warning", () => {
  assert.match(
    printed("*:*", ['maturity = "production"', 'maturity = "deprecated"']),
    /warning {2}\d+:\d+ Elastic has deprecated this rule/,
  );
  const alerts = printed("*:*", ['"logs-endpoint.events.network-*"', '".alerts-security.*"']);
  assert.match(alerts, /it will find nothing/);
});

test("types follow the rule's index: caseless fields are Elastic Defend's", () => {
  assert.match(printed("process.name.caseless:curl"), /process\.name\.caseless \(lowercase keyword\)/);
  const elsewhere = printed("process.name.caseless:curl", ['"logs-endpoint.events.network-*"', '"logs-system.*"']);
  assert.match(elsewhere, /process\.name\.caseless \(unmapped\)/);
});

test("a refused rule has its place and reason, and the exit code is 1", () => {
  const text = printed("destination.port:http");
  assert.match(text, /^refused {2}FILE:\d+:18: query: "http" is not a number/);
  assert.match(text, /0 ok, 1 refused, 0 with warnings$/);
});

test("nothing to look at is said so by the verb's name, and exits by 2", async () => {
  for (const [path, says] of [
    [join(folder, "none"), /^firstsight lint: .*none cannot be read: ENOENT/],
    ["src", /^firstsight lint: no rule files \(\*\.toml\) in src$/],
  ] as const) {
    const warned: string[] = [];
    const out = { print: () => assert.fail("nothing is printed"), warn: (line: string) => warned.push(line) };
    assert.equal(await command([lint], ["lint", path], out), 2);
    assert.match(warned.join("\n"), says);
  }
});

test("what a rule file holds writes to no terminal", () => {
  const file = join(folder, "escape.toml");
  writeFileSync(file, 'x = "\u001b[31m\u009b2J');
  for (const format of ["text", "json", "sarif"]) {
    const lines: string[] = [];
    const code = lint.run(
      { paths: [file], options: { format } },
      { print: (line) => lines.push(line), warn: assert.fail },
    );
    assert.equal(code, 1);
    assert.ok(
      ![...lines.join("")].some((each) => (each < " " && each !== "\n") || (each >= "\u0080" && each < "\u00a0")),
      format,
    );
  }
});
