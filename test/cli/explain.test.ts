import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { gzipSync } from "node:zlib";
import { explain } from "../../src/cli/explain.ts";
import { UsageError } from "../../src/cli/verb.ts";
import { InputError } from "../../src/workbench/input/input-error.ts";
import { SHIPPED_RULE } from "../support/rules.ts";

const folder = mkdtempSync(join(tmpdir(), "firstsight-explain-"));
after(() => rmSync(folder, { recursive: true }));

let count = 0;
function fileOf(content: string | Buffer): string {
  const path = join(folder, `event-${count++}.json`);
  writeFileSync(path, content);
  return path;
}

interface Printed {
  readonly code: number;
  readonly text: string;
}

async function run(content: string | Buffer, options: Record<string, string | boolean> = {}): Promise<Printed> {
  const lines: string[] = [];
  const print = (line: string) => lines.push(line);
  const code = await explain.run({ paths: [fileOf(content)], options }, { print, warn: print });
  return { code, text: stripVTControlCharacters(lines.join("\n")) };
}

interface Facts {
  readonly dataset?: string;
  readonly host?: object;
  readonly destination?: object;
  readonly process?: object;
}

const CURL = { name: "curl", executable: "/usr/bin/curl" };

function event(facts: Facts = {}): object {
  const { dataset = "endpoint.events.network", host = { id: "h1" }, process = CURL } = facts;
  const { destination = { ip: "169.254.169.254", port: 80 } } = facts;
  return {
    "@timestamp": "2026-05-25T10:00:00.000Z",
    data_stream: { type: "logs", dataset, namespace: "default" },
    event: { category: ["network"] },
    host: { ...host, os: { type: "linux" } },
    destination,
    process,
  };
}

const pretty = (value: object) => JSON.stringify(value, undefined, 2);

test("an event that matches: each clause that holds, at its line of the rule file", async () => {
  const { code, text } = await run(pretty(event()));
  assert.equal(code, 0);
  assert.equal(
    text,
    `MATCHED  Suspicious Instance Metadata Service (IMDS) API Request
rule      ${SHIPPED_RULE}
scope     logs-endpoint.events.network-default is in logs-endpoint.events.network-*
query     holds
  ✓ 71:1   event.category:"network"  <- event.category = "network"
  ✓ 71:68  host.os.type:"linux"  <- host.os.type = "linux"
  ✓ 72:3   destination.ip:"169.254.169.254"  <- destination.ip = "169.254.169.254"
  ✓ 72:83  destination.port:"80"  <- destination.port = 80
  ✓ 77:5   process.name:"curl"  <- process.name = "curl"
  ✓ 88:1   not ((host.os.type:"macos" and process.name:"node") or (process.name:"Cursor Helper (Plugin)" and pr…
terms     host.id = "h1"  process.executable = "/usr/bin/curl"
time      2026-05-25T10:00:00.000Z, of @timestamp
prefilter read: it holds "169.254.169.254"`,
  );
  const lines = readFileSync(SHIPPED_RULE, "utf8").split("\n");
  assert.ok(lines[76]?.slice(4).startsWith('"curl"'), "77:5 is where the value stands");
});

test("an event that the rule makes an exception of: the exception, and what it sees", async () => {
  const executable = "/vscode/vscode-server/bin/linux-x64/abc/node";
  const { code, text } = await run(pretty(event({ process: { name: "node", executable } })));
  assert.equal(code, 1);
  assert.match(text, /^NOT MATCHED /);
  assert.ok(text.includes("  ✗ 88:1   none of\n  ✗ 103:3    process.executable:/vscode/"), text);
  const clause = "process.executable:/vscode/vscode-server/bin/linux-x64/*/node";
  assert.ok(
    text.includes(
      `nearest   one change and it would match:\n          103:3  ${clause} must not hold  <- process.executable = "${executable}"`,
    ),
    text,
  );
});

test("a value that the rule leaves out", async () => {
  const process = { name: "amazon-ssm-agent", executable: "/usr/bin/amazon-ssm-agent" };
  const { code, text } = await run(JSON.stringify(event({ process })));
  assert.equal(code, 1);
  assert.ok(
    text.includes(
      '  ✗ 73:3     process.name:("bash" or "dash" or "sh" or "tcsh" or "tclsh" or … 61 values)  <- process.name = "amazon-ssm-agent"',
    ),
    text,
  );
  assert.ok(text.includes("one change and it would match:"), text);
});

test("a field that is absent", async () => {
  const { code, text } = await run(JSON.stringify(event({ destination: { port: 80 } })));
  assert.equal(code, 1);
  assert.ok(text.includes('  ✗ 72:3     destination.ip:"169.254.169.254"  <- absent\n'), text);
  assert.ok(text.includes('  ✗ 72:39    destination.address:"169.254.169.254"  <- absent\n'), text);
  assert.ok(
    text.includes('prefilter passed over unread: it holds none of "169.254.169.254", "ffff:", "F:", "Ff"'),
    text,
  );
});

test("out of scope, and without terms", async () => {
  const out = await run(JSON.stringify(event({ dataset: "endpoint.events.file" })));
  assert.equal(out.code, 1);
  assert.match(out.text, /^OUT OF SCOPE /);
  assert.match(out.text, /scope {5}logs-endpoint\.events\.file-default is not in logs-endpoint\.events\.network-\*\n/);

  const without = await run(JSON.stringify(event({ host: {} })));
  assert.equal(without.code, 1);
  assert.match(without.text, /^WITHOUT TERMS /);
  assert.match(without.text, /terms {5}none: no value in host\.id\n/);
  assert.match(without.text, /would match:\n {10}a value in host\.id\n/);
});

test("a hit of a search, a line of a file, a packed file", async () => {
  const text = JSON.stringify(event());
  assert.equal((await run(pretty({ _index: "x", _id: "y", _source: event() }))).code, 0);
  assert.equal((await run(`${JSON.stringify(event({ host: {} }))}\n${text}\n`)).code, 1);
  assert.equal((await run(`${JSON.stringify(event({ host: {} }))}\n${text}\n`, { line: "2" })).code, 0);
  assert.equal((await run(gzipSync(text))).code, 0);
});

test("what an attacker wrote moves no cursor, hides nothing and is cut", async () => {
  const name = '\u001b[2J\u202egpj.exe\r\n\u{e0041}", "curl\u009b';
  const hostile = event({ process: { name, executable: "/tmp/x".padEnd(5000, "\u0007") } });
  for (const options of [{}, { json: true }]) {
    const { text } = await run(JSON.stringify(hostile), options);
    assert.doesNotMatch(text.replaceAll("\n", ""), /[\p{Cc}\p{Cf}]/u);
    assert.ok(text.split("\n").every((line) => line.length < 6100));
  }
  const { text } = await run(JSON.stringify(event({ process: { name, executable: "/x" } })));
  assert.ok(text.includes('<- process.name = "\\u001b[2J\\u202egpj.exe\\r\\n\\u{e0041}\\", \\"curl\\u009b"'), text);
  const json = JSON.parse((await run(JSON.stringify(hostile), { json: true })).text) as object;
  assert.ok(JSON.stringify(json).includes(JSON.stringify(name)), "and a program reads the same value");
});

test("a program reads one document", async () => {
  const { code, text } = await run(JSON.stringify(event({ destination: { port: 80 } })), { json: true });
  assert.equal(code, 1);
  const { rule, query, ...told } = JSON.parse(text);
  assert.equal(rule.path, SHIPPED_RULE);
  assert.equal(query.kind, "and");
  assert.deepEqual(told, {
    matched: false,
    verdict: "unmatched",
    scope: {
      verdict: "in",
      data_stream: "logs-endpoint.events.network-default",
      index: ["logs-endpoint.events.network-*"],
    },
    filters: [],
    exceptions: { count: 0, held: 0, items: [] },
    terms: {
      fields: ["host.id", "process.executable"],
      combinations: [["h1", "/usr/bin/curl"]],
      total: 1,
      missing: [],
    },
    nearest: {
      count: 1,
      changes: [
        {
          kind: "clause",
          offset: 82,
          line: 72,
          column: 3,
          text: 'destination.ip:"169.254.169.254"',
          expected: true,
          verdict: false,
          field: "destination.ip",
          actual: { absent: true, values: [], total: 0, not_indexed: 0 },
        },
      ],
    },
    time: { at: "2026-05-25T10:00:00.000Z", of: "@timestamp" },
    prefilter: { verdict: "passed_over", reason: "not_found", absent: ["169.254.169.254", "ffff:", "F:", "Ff"] },
  });
});

/** The shipped rule with changes, in a folder of its own beside one that matches nothing here. */
function rulesWith(...changes: readonly (readonly [string, string])[]): string {
  const rules = mkdtempSync(join(folder, "rules-"));
  const shipped = readFileSync(SHIPPED_RULE, "utf8");
  const changed = changes.reduce((text, [from, to]) => text.replace(from, () => to), shipped);
  writeFileSync(join(rules, "one.toml"), shipped);
  writeFileSync(join(rules, "two.toml"), changed.replace("ad02da2f", "bd02da2f").replace("name = ", 'name = "Two"\n#'));
  return rules;
}

test("several rules: a line for each, and one of them by its file, id or name", async () => {
  const rules = rulesWith(['event.category:"network"', 'event.category:"file"']);
  const text = JSON.stringify(event());
  const all = await run(text, { rules });
  assert.equal(all.code, 0);
  assert.match(all.text, /^MATCHED {8}Suspicious .*\nNOT MATCHED {4}Two {2}72:1 {2}event\.category:"file" must hold /);
  assert.match(all.text, /\n1 of 2 rules match, 0 out of scope; /);
  for (const rule of ["two.toml", "two", "bd02da2f-443d-454c-a12e-d9e6c65831ff", "Two", join(rules, "two.toml")]) {
    assert.match((await run(text, { rules, rule })).text, /^NOT MATCHED {2}Two\n/);
  }
  assert.match((await run(text, { rule: join(rules, "two.toml") })).text, /^NOT MATCHED {2}Two\n/);
  const json = JSON.parse((await run(text, { rules, json: true })).text);
  assert.deepEqual(
    json.rules.map(({ matched }: { readonly matched: boolean }) => matched),
    [true, false],
  );
});

const FILTERS = `
[[rule.filters]]
[rule.filters.meta]
negate = true
[rule.filters.query.wildcard."process.executable"]
value = "/usr/bin/*"
[[rule.filters]]
[rule.filters.query.exists]
field = "host.id"
[rule.new_terms]`;

test("filters are told of one by one", async () => {
  const rules = rulesWith(["\n[rule.new_terms]", FILTERS]);
  const { code, text } = await run(JSON.stringify(event()), { rules, rule: "two" });
  assert.equal(code, 1);
  assert.ok(text.includes('filter 1  ✗ not process.executable like "/usr/bin/*"  <- "/usr/bin/curl"\n'), text);
  assert.ok(text.includes('filter 2  ✓ host.id exists  <- "h1"\n'), text);
  assert.ok(text.includes("would match:\n          filter 1\n"), text);
});

for (const [what, content, options, reason] of [
  ["no JSON", '{"a": ', {}, /no JSON: /],
  ["a hostile text", '{"a": \u001b]0;x\u0007}', {}, /^[^\p{Cc}]*$/u],
  ["no object", "5", {}, /no JSON object/],
  ["nothing", "\n", {}, /there is no JSON document/],
  ["too deep a document", `{"a":${"[".repeat(100)}${"]".repeat(100)}}`, {}, /too_deep/],
  ["broken gzip", Buffer.from([0x1f, 0x8b, 1, 2]), {}, /the compressed data breaks off/],
  ["too few lines", "{}", { line: "3" }, /there is no line 3/],
] as const) {
  test(`input that is ${what} is refused as input`, async () => {
    await assert.rejects(
      async () => run(content, options),
      (error) => error instanceof InputError && reason.test(error.message),
    );
  });
}

test("a file that is not there, a rule that is not there, a broken rule", async () => {
  const out = { print: () => undefined, warn: () => undefined };
  await assert.rejects(async () => explain.run({ paths: ["/no/such"], options: {} }, out), InputError);
  await assert.rejects(async () => explain.run({ paths: [], options: {} }, out), UsageError);
  await assert.rejects(async () => run("{}", { rule: "nope" }), UsageError);
  await assert.rejects(async () => run("{}", { rules: "/no/such" }), UsageError);
  await assert.rejects(async () => run("{}", { line: "0" }), UsageError);
  const rules = rulesWith(['event.category:"network" and', "event.category:"]);
  await assert.rejects(async () => run("{}", { rules }), UsageError);
  assert.equal((await run(JSON.stringify(event()), { rules, rule: "one" })).code, 0);
  await assert.rejects(async () => run("{}", { rules, rule: "two" }), UsageError);
});

test("--at says what now means in a query; without it a delivery's arrival, or the event's own time", async () => {
  const rules = rulesWith(['event.category:"network" and', 'event.category:"network" and @timestamp >= now-1d and']);
  const text = JSON.stringify(event());
  assert.equal((await run(text, { rules, rule: "two" })).code, 0);
  const on = { rules, rule: "two", at: "2026-05-26T09:00:00Z" };
  assert.equal((await run(text, on)).code, 0);
  const late = await run(text, { ...on, at: "2026-05-26T12:00:00+01:00" });
  assert.equal(late.code, 1);
  assert.match(late.text, /time {6}2026-05-26T11:00:00\.000Z, of --at/);
  await assert.rejects(async () => run(text, { ...on, at: "2026-05-26T12:00:00+99:00" }), UsageError);
  const record = {
    eventID: "shardId-000000000000:1",
    kinesis: { data: Buffer.from(text).toString("base64"), approximateArrivalTimestamp: Date.UTC(2026, 5, 1) / 1000 },
  };
  const delivered = await run(JSON.stringify({ Records: [record] }), { rules, rule: "two" });
  assert.equal(delivered.code, 1);
  assert.match(delivered.text, /time {6}2026-06-01T00:00:00\.000Z, of arrival/);
});

test("a line is the one that a replay names, in a file of any size, and no more is read than stands before it", async () => {
  const matching = JSON.stringify(event());
  const other = JSON.stringify(event({ destination: { port: 80 } }));
  const array = `[${other},\n${other},${matching}]`;
  assert.equal((await run(array, { line: "3" })).code, 0);
  assert.equal((await run(array, { line: "2" })).code, 1);
  // A sparse file, larger than what is read at once by far: behind the events there is nothing to read.
  const path = fileOf(`${other}\n\n${matching}\n`);
  truncateSync(path, 8e9);
  const lines: string[] = [];
  const out = { print: (line: string) => lines.push(line), warn: () => undefined };
  assert.equal(await explain.run({ paths: [path], options: { line: "3" } }, out), 0);
  assert.equal(await explain.run({ paths: [path], options: {} }, out), 1);
  await assert.rejects(
    async () => run(`${other}\nnonsense\n${other}\n`, { line: "2" }),
    (error) => error instanceof InputError && /:2: no JSON object$/.test(error.message),
  );
  await assert.rejects(async () => run(`nonsense\n${other}\n`), /no JSON object/);
  await assert.rejects(async () => explain.run({ paths: [folder], options: {} }, out), /is a folder/);
});

test("of a raw event it is said what it came as, and clauses are held against what is made of it", async () => {
  const call =
    '{"eventVersion":"1.11","eventTime":"2026-02-03T10:11:12Z","eventSource":"sts.amazonaws.com","eventName":"GetCallerIdentity","eventID":"e"}';
  const told = await run(call);
  assert.match(told.text, /shape +CloudTrail, raw: made ECS of/);
  assert.match(told.text, /time +2026-02-03T10:11:12\.000Z, of @timestamp/);
  assert.equal(JSON.parse((await run(call, { json: true })).text).raw_shape, "cloudtrail");
  const okta = await run('{"uuid":"u","published":"p","eventType":"e","displayMessage":"d"}');
  assert.match(okta.text, /shape +Okta system log, raw, and not made ECS of here: no rule can match it/);
});
