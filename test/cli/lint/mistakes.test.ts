import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { lint } from "../../../src/cli/lint.ts";
import { ruleText } from "../../support/rule-text.ts";

const folder = mkdtempSync(join(tmpdir(), "firstsight-lint-"));
after(() => rmSync(folder, { recursive: true }));

/** What lint --quiet prints of one rule file, but for the total. */
async function said(text: string): Promise<string[]> {
  const file = join(folder, "r.toml");
  writeFileSync(file, text);
  const lines: string[] = [];
  const write = (line: string) => lines.push(...line.replaceAll(file, "r.toml").split("\n"));
  await lint.run({ paths: [file], options: { quiet: true } }, { print: write, warn: write });
  return lines.slice(0, -1);
}

// Mistakes in queries that run, as Kibana would run them: read down the page, each should say where and what to do.
const IN_QUERIES: readonly (readonly [string, ...string[]])[] = [
  ["*", "13:1 every event matches this query: each becomes history, and each new combination a finding"],
  [
    "process.name:* or *:*",
    "13:1 every event matches this query: each becomes history, and each new combination a finding",
  ],
  ["not process.name:curl", "13:1 the query only says what must not be: nearly every event matches"],
  [
    "process.name:curl and not process.name:curl",
    "13:14 process.name:curl never holds here: the query excludes it",
    "13:1 no event matches this query: the rule never finds anything",
  ],
  [
    "process.name:(x and y)",
    "13:21 process.name:y never holds here: process.name has one value, and the query asks for another",
    "13:1 no event matches this query: the rule never finds anything",
  ],
  [
    "process.name:(a or b or c) and not process.name:(a or b)",
    "13:15 process.name:a never holds here: the query excludes it; and so for 1 more of this list",
  ],
  [
    "host.os.type:linux and (process.name:a or (host.os.type:windows and process.name:b))",
    "13:57 host.os.type:windows never holds here: host.os.type has one value, and the query asks for another",
  ],
  [
    "user.name:a and (not process.name:* or process.name:*)",
    "13:35 not process.name:* or process.name:* always holds",
    "13:35 this always holds, and adds nothing",
  ],
  [
    "user.name:a and not host.id:*",
    "13:29 host.id is a new_terms field, and events with it are excluded: the rule never finds anything",
  ],
  ["event.category:netwrok", '13:16 "netwrok" is no value of event.category in ECS: did you mean "network"?'],
  ["event.outcome:maybe", '13:15 "maybe" is no value of event.outcome in ECS: it has failure, success, unknown'],
  ["event.category:Network", '13:16 case counts in event.category, and ECS has no "Network": did you mean "network"?'],
  ["host.os.type:macoss", '13:14 "macoss" is no value of host.os.type in ECS: did you mean "macos"?'],
  ["data_stream.dataset:A.b", '13:21 data_stream.dataset is always in lower case: "A.b" never matches'],
  [
    "proces.name:curl",
    "13:1 proces.name is in no mapping known here: taken as a keyword, as dynamic mapping would; did you mean process.name?",
  ],
  [
    "user.id:0 and\n  Process.Name:curl",
    "14:3 Process.Name is in no mapping known here: taken as a keyword, as dynamic mapping would; did you mean process.name?",
  ],
  ["process.name:“curl”", '13:14 “ is no quote in KQL but a part of the text: write "curl"'],
  ["process.name:‘curl’", '13:14 ‘ is no quote in KQL but a part of the text: write "curl"'],
  ["process.name:'curl'", '13:14 \' is no quote in KQL but a part of the text: write "curl"'],
  ["process.name:/ss.*/", "13:14 KQL has no regular expressions: the slashes of /ss.*/ are text; use * for any text"],
  [
    "event.code:[1 TO 5]",
    "13:12 [1 TO 5] is Lucene's range, and text in KQL: write event.code >= 1 and event.code <= 5",
  ],
  ["_exists_:process.name", "13:1 _exists_ is Lucene's, and a field of that name here: write process.name:*"],
  ["!process.name:curl", "13:1 ! is a part of the field's name in KQL: write not process.name:…"],
  ["+process.name:curl", "13:1 + is a part of the field's name in KQL: write and process.name:…"],
  ["process.name:curl~", '13:14 KQL has no fuzzy search: ~ is a character like any other in "curl~"'],
  ["process.name:curl^2", '13:14 KQL has no boost: ^ is a character like any other in "curl^2"'],
  ["process.name:curl || wget", "13:14 && and || are text in KQL: write and, or; quote the value if they belong to it"],
];

for (const [query, ...warnings] of IN_QUERIES) {
  test(`what is warned of in ${query}`, async () => {
    assert.deepEqual(await said(ruleText(query)), [
      "ok       r.toml",
      ...warnings.map((text) => `         warning  ${text}`),
    ]);
  });
}

const FINE = [
  "process.name:curl AND NOT user.name:root OR process.name:wget",
  "process.executable:/home/*/.cache/* and url.path:/api/",
  "event.type:(start or process_started) and event.outcome:(Success or success)",
  "process.executable:(* and not /usr/*)",
  "event.action:(a and b) and process.args:(-c and x)",
  'process.executable:"C:\\\\PROGRA~1\\\\x" and file.name:a~1',
  "host.os.type:(linux or macos) and not (host.os.type:macos and process.name:node)",
  "process.name:(curl* and *wget)",
];

for (const query of FINE) {
  test(`nothing is said of ${query}`, async () => assert.deepEqual(await said(ruleText(query)), []));
}

// What the parser cannot read.
const REFUSED: readonly (readonly [string, string])[] = [
  [
    "destination.port:>1024",
    'r.toml:13:18: query: Expected "(", "{", value but ">" found: a range has no colon: write field > value.',
  ],
  [
    'process.name:"a b"~2',
    'r.toml:13:19: query: Expected AND, OR, end of input but "~" found: KQL has no fuzzy search.',
  ],
  [
    "process.name:/a(b|c)/",
    'r.toml:13:16: query: Expected AND, OR, end of input but "(" found: KQL has no regular expressions.',
  ],
  [
    "process.name:a && user.name:b",
    'r.toml:13:28: query: Expected AND, OR, end of input but ":" found: KQL has no && and ||; write and, or.',
  ],
  [
    "file.path:“C:\\x”",
    'r.toml:13:13: query: Expected AND, OR, end of input but ":" found: “ is no quote in KQL; write ".',
  ],
];

for (const [query, refusal] of REFUSED) {
  test(`why ${query} is refused`, async () => {
    assert.equal((await said(ruleText(query)))[0], `refused  ${refusal}`);
  });
}

test("a refused rule has its hints under it", async () => {
  assert.deepEqual(await said(ruleText("destination.port:[1 TO 5]")), [
    'refused  r.toml:13:18: query: "[1 TO 5]" is not a number, and the field is long',
    "destination.port:[1 TO 5]",
    "                 ^",
    "         warning  13:18 [1 TO 5] is Lucene's range, and text in KQL: write destination.port >= 1 and destination.port <= 5",
  ]);
});

const plain = ruleText("process.name:curl");

test("unknown keys are warned of at any level, with what may have been meant", async () => {
  const text = plain
    .replace("[rule]", "[rule]\nmax_signal = 5\nmaximum = { max_signals = 1 }")
    .replace('maturity = "production"', 'maturity = "production"\nupdate_date = "2026/01/01"')
    .replace(
      "[rule.new_terms]",
      '[[rule.threat]]\nframwork = "x"\nframework = "MITRE"\ntactic = { id = "a", name = "b", reference = "c", url = "d" }\n\n[rule.new_terms]',
    );
  assert.deepEqual(await said(`${text}\n[other]\na = 1\n`), [
    "ok       r.toml",
    "         warning  3:1 unknown key metadata.update_date: did you mean updated_date?",
    "         warning  6:1 unknown key rule.max_signal: did you mean max_signals?",
    "         warning  7:1 unknown key rule.maximum: it is not read",
    "         warning  20:1 unknown key rule.threat.0.framwork: did you mean framework?",
    "         warning  22:51 unknown key rule.threat.0.tactic.url: it is not read",
    "         warning  32:1 unknown key other: it is not read",
  ]);
});

test("a misspelt key that decides what is found is refused", async () => {
  for (const [key, meant] of [
    ["enable", "enabled"],
    ["filter", "filters"],
    ["indx", "index"],
    ["exception_list", "exceptions_list"],
  ]) {
    const [line] = await said(plain.replace("[rule]", `[rule]\n${key} = false`));
    assert.equal(line, `refused  r.toml:5:1: unknown key ${key}: did you mean ${meant}?`);
  }
});

test("a rule without an index but with a data view is warned of", async () => {
  assert.match(
    (await said(plain.replace("[rule]", '[rule]\ndata_view_id = "x"')))[1] ?? "",
    /warning {2}5:1 data_view_id is not read/,
  );
});

test("keys as in Kibana's API are refused, with what to write", async () => {
  const flat = plain.slice(0, plain.indexOf("[rule.new_terms]"));
  const inRule = `${flat}new_terms_fields = ["host.id"]\nhistory_window_start = "now-7d"\n`;
  const lines = await said(inRule);
  assert.equal(lines.length, 2);
  assert.match(
    lines[0] ?? "",
    /^refused {2}r\.toml:16:1: this is how Kibana's API writes it; a rule file has \[rule\.new_terms\]/,
  );
  assert.match(lines[1] ?? "", /^r\.toml:17:1: this is how Kibana's API writes it/);
  const atTop = 'name = "R"\nnew_terms_fields = ["host.id"]\n';
  assert.match((await said(atTop))[0] ?? "", /^refused {2}r\.toml:2:1: this is how Kibana's API writes it/);
});

test("all errors of a file are told, each at its own place", async () => {
  const text = plain
    .replace('severity = "low"', 'severity = "severe"')
    .replace("risk_score = 21", "risk_score = 210")
    .replace('description = "d"\n', "");
  assert.deepEqual(
    (await said(text)).map((line) => line.replace(/^refused {2}/, "").replace(/: [A-Z].*/, "")),
    ["r.toml:4:1: rule.description", "r.toml:9:1: rule.severity", "r.toml:10:1: rule.risk_score"],
  );
  const settings = plain
    .replace('"now-7d"', '"now-1y"')
    .replace("[rule]", '[rule]\nfrom = "yesterday"\nexceptions_list = [{ list_id = "x" }]')
    .replace("process.name:curl", "process.name:(curl");
  assert.deepEqual(
    (await said(settings)).map((line) => line.replace(/^refused {2}/, "").slice(0, 40)),
    [
      'r.toml:5:1: "yesterday" is not of the fo',
      "r.toml:6:20: the list x (single) is in n",
      'r.toml:15:19: query: Expected ")", AND, ',
      "process.name:(curl",
      "                  ^",
      'r.toml:24:1: "now-1y" is not of the form',
    ],
  );
  assert.match(
    (await said(plain.replace("[rule]", '[rule]\nenabled = "no"')))[0] ?? "",
    /^refused {2}r\.toml:5:1: rule\.enabled/,
  );
});

/** The lines under a rule that begin with a word. */
async function notes(text: string, word: string): Promise<string[]> {
  const file = join(folder, "notes.toml");
  writeFileSync(file, text);
  const lines: string[] = [];
  await lint.run({ paths: [file], options: {} }, { print: (line) => lines.push(line.trim()), warn: assert.fail });
  return lines.filter((line) => line.startsWith(word));
}

test("where no text must stand in every match, the prefilter is off, and why", async () => {
  const why = async (query: string) => (await notes(ruleText(query), "note")).join("\n");
  const off = "note     prefilter off, so every record is parsed: ";
  assert.equal(await why("process.name:curl"), "");
  assert.equal(await why("*"), `${off}13:1 every event meets *`);
  assert.equal(
    await why("process.name:curl or not user.name:root"),
    `${off}13:36 a not is met by events without the text it names`,
  );
  assert.equal(
    await why("not user.name:root and not user.name:admin"),
    `${off}13:15 the query only says what must not be`,
  );
});

test("a rule that needs events made by an ingest pipeline says so in one line", async () => {
  const needs = async (query: string, ...change: readonly [string, string][]) =>
    notes(
      change.reduce((text, [from, to]) => text.replace(from, to), ruleText(query)),
      "needs",
    );
  const line = "needs    events made by an ingest pipeline: ";
  assert.deepEqual(await needs("process.name:curl"), []);
  assert.deepEqual(await needs("not source.geo.country_name:x and process.name:a"), []);
  assert.deepEqual(await needs("aws.cloudtrail.user_identity.type:x and source.geo.country_name:(a or b)"), [
    `${line}GeoIP, aws`,
  ]);
  assert.deepEqual(await needs("okta.event_type:a or okta.event_type:b"), [`${line}okta`]);
  assert.deepEqual(await needs("event.action:a", ['["host.id"]', '["source.as.number"]']), [`${line}GeoIP`]);
  const index = (list: string): [string, string] => ["[rule]", `[rule]\nindex = ${list}`];
  assert.deepEqual(await needs("event.action:a", index('["logs-aws.cloudtrail-*"]')), [`${line}aws`]);
  assert.deepEqual(await needs("event.action:a", index('["logs-aws.cloudtrail-*", "logs-endpoint.*"]')), []);
});
