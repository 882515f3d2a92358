import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { command } from "../../src/cli/command.ts";
import { VERBS } from "../../src/cli/verbs.ts";
import { connectionEvent, IMDS } from "../../src/local/sample-events.ts";
import { SHIPPED_RULE } from "../support/rules.ts";

const folder = mkdtempSync(join(tmpdir(), "firstsight-command-"));
after(() => rmSync(folder, { recursive: true }));

/** A command line as a user gives it. */
async function run(...args: readonly string[]) {
  const printed: string[] = [];
  const warned: string[] = [];
  const out = { print: (line: string) => printed.push(line), warn: (line: string) => warned.push(line) };
  const code = await command(VERBS, args, out);
  return { code, printed: printed.join("\n"), warned: warned.join("\n") };
}

function eventAt(day: number, host = "h-1"): object {
  const at = new Date(Date.UTC(2026, 9, day)).toISOString();
  const process = { name: "curl", executable: "/usr/bin/curl", user: "www-data", parent: "/usr/sbin/nginx" };
  const about = { id: host, name: `${host}.example`, os: "linux" } as const;
  return connectionEvent({ host: about, process, address: IMDS, port: 80, id: `${host}-${day}`, at });
}

function fileOf(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const EVENTS = fileOf("events.ndjson", [1, 3, 20].map((day) => JSON.stringify(eventAt(day))).join("\n"));
const RULE = ["--rules", SHIPPED_RULE];

test("help names each verb, and each verb's help its options and a command line that is one", async () => {
  const { code, printed } = await run();
  assert.equal(code, 0);
  for (const { name, summary, options, examples } of VERBS) {
    assert.ok(printed.includes(summary), name);
    const help = (await run(name, "--help")).printed;
    for (const option of Object.keys(options)) assert.ok(help.includes(`--${option}`), `${name} --${option}`);
    for (const [line] of examples) assert.equal(line.split(" ")[0], name);
    assert.deepEqual(await run("help", name), { code: 0, printed: help, warned: "" });
  }
  for (const { name, options } of VERBS) assert.ok("json" in options, `${name} --json`);
  assert.match((await run("--version")).printed, /^firstsight \d+\.\d+\.\d+$/);
});

test("usage that is wrong says how it is right, and exits by 2; input that is not there by 3", async () => {
  for (const [args, code, says] of [
    [["replai"], 2, /no verb "replai"/],
    [["replay"], 2, /it takes FILES/],
    [["replay", "--clok", "x", EVENTS], 2, /--clok/],
    [["replay", "--clock", "x", EVENTS], 2, /--clock is one of event\.ingested, @timestamp, arrival/],
    [["replay", "--learn", "soon", EVENTS], 2, /--learn is a time such as 7d/],
    [["replay", "--from", "x", EVENTS], 2, /--from is a time such as/],
    [["replay", "--workers", "-3", EVENTS], 2, /--workers/],
    [["replay", "--rules", join(folder, "nothing"), EVENTS], 2, /--rules names a rule or a folder/],
    [["replay", ...RULE, join(folder, "nothing.ndjson")], 3, /nothing\.ndjson/],
    [["forecast", ...RULE, "--windows", "7", EVENTS], 2, /"7" is no window/],
    [["why", ...RULE, "--term", "a=b", EVENTS], 2, /of host\.id, process\.executable/],
    [["why", ...RULE, "--rule", "x", EVENTS], 2, /no rule/],
    [["conformance", join(folder, "nothing")], 3, /^firstsight conformance: .*nothing cannot be read/],
    [["replay", "--from", "2026-11-01T00:00:00+99:00", EVENTS], 2, /--from is a time such as/],
    [["why", ...RULE, "--term", "host.id", EVENTS], 2, /not of the form FIELD=VALUE/],
    [["why", ...RULE, "--term", "host.id=a", "--term", "host.id=b", EVENTS], 2, /stands twice/],
    [["why", ...RULE, "--finding", "x", "-"], 2, /can be read once/],
    [["replay", ...RULE, "--json", "--ndjson", EVENTS], 2, /say one of them/],
    [["replay", ...RULE, "--from", "2026-02-01", "--to", "2026-01-01", EVENTS], 2, /--from is before --to/],
    [["replay", ...RULE, "--report", join(folder, "no/page.html"), EVENTS], 2, /there is no folder/],
    [["replay", ...RULE, "--report", folder, EVENTS], 2, /is a folder/],
    [
      [
        "replay",
        "--rules",
        fileOf("off.toml", readFileSync(SHIPPED_RULE, "utf8").replace("[rule]", "[rule]\nenabled = false")),
        EVENTS,
      ],
      2,
      /switched off/,
    ],
    [["forecast", ...RULE, "--windows", "0d", EVENTS], 2, /"0d" is no window/],
    [["diff", SHIPPED_RULE, "--against", SHIPPED_RULE, "-"], 2, /can be read once/],
    [["replay", ...RULE, join(folder, "no\u001b[31mthing")], 3, /no\\u001b\[31mthing/],
    [["completion", "tcsh"], 2, /bash, zsh, fish/],
  ] as const) {
    const outcome = await run(...args);
    assert.equal(outcome.code, code, args.join(" "));
    assert.match(outcome.warned, says);
    assert.equal(outcome.printed, "");
  }
});

test("replay: a sum for people, one document, or a finding a line", async () => {
  const people = await run("replay", ...RULE, "--workers", "0", EVENTS);
  assert.equal(people.code, 0);
  assert.match(people.printed, /2 findings of 1 rule, 2026-10-01T00:00Z to 2026-10-20T00:00Z/);
  assert.match(people.printed, /2 of 3 sightings: h-1 {2}\/usr\/bin\/curl/);
  const json = JSON.parse((await run("replay", ...RULE, "--json", EVENTS)).printed);
  assert.deepEqual([json.findings, json.matched, json.problems, json.rules.length], [2, 3, 0, 1]);
  const { printed } = await run("replay", ...RULE, "--ndjson", EVENTS);
  const findings = printed.split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(
    findings.map((finding) => finding["new_terms_stream.first_seen"]),
    ["2026-10-01T00:00:00.000Z", "2026-10-20T00:00:00.000Z"],
  );
  const learned = await run("replay", ...RULE, "--learn", "7d", "--ndjson", EVENTS);
  assert.equal(learned.printed.split("\n").length, 1);
  const bounded = await run("replay", ...RULE, "--from", "2026-10-02", "--to", "2026-10-19", "--json", EVENTS);
  assert.deepEqual([JSON.parse(bounded.printed).findings, JSON.parse(bounded.printed).outside], [1, 2]);
  const { from, to, rules } = JSON.parse(bounded.printed);
  assert.deepEqual([from, to, rules[0].days.length], ["2026-10-03T00:00:00.000Z", "2026-10-03T00:00:00.000Z", 1]);
  const junit = join(folder, "junit.xml");
  await run("replay", ...RULE, "--junit", junit, EVENTS);
  assert.match(readFileSync(junit, "utf8"), /<testsuite name="firstsight replay" tests="1" failures="1">/);
});

test("against other rules: what these add and take away", async () => {
  const other = fileOf("other.toml", readFileSync(SHIPPED_RULE, "utf8").replace("now-7d", "now-30d"));
  const { code, printed } = await run("replay", ...RULE, "--against", other, "--workers", "0", EVENTS);
  assert.equal(code, 0);
  assert.match(printed, /against the other rules:\n {2}\+1 -0 {2}Suspicious Instance/);
  const json = await run("replay", "--rules", other, "--against", SHIPPED_RULE, "--json", EVENTS);
  const { against } = JSON.parse(json.printed);
  assert.deepEqual([against[0].added, against[0].removed], [0, 1]);
  assert.match(
    (await run("replay", ...RULE, "--against", SHIPPED_RULE, EVENTS)).printed,
    /the other rules find the same/,
  );
  assert.equal((await run("replay", ...RULE, "--against", "nobranch", EVENTS)).code, 2);
  assert.equal((await run("replay", ...RULE, "--against", SHIPPED_RULE, "-")).code, 2);
});

test("a page of a replay holds its findings", async () => {
  const page = join(folder, "page.html");
  assert.equal((await run("replay", ...RULE, "--workers", "0", "--report", page, EVENTS)).code, 0);
  const html = readFileSync(page, "utf8");
  assert.match(html, /^<!doctype html>/i);
  assert.ok(html.includes("h-1.example"));
});

test("nothing found and nothing readable are not the same exit", async () => {
  assert.equal((await run("replay", ...RULE, fileOf("other.ndjson", '{"a":1}\n'))).code, 0);
  const broken = await run("replay", ...RULE, fileOf("broken.ndjson", "no\nevents\n"));
  assert.equal(broken.code, 3);
  assert.match(broken.warned, /none of it could be read as an event/);
  const file = join(folder, "broken.ndjson");
  assert.equal((await run("diff", SHIPPED_RULE, "--against", SHIPPED_RULE, file)).code, 3);
  assert.equal((await run("why", ...RULE, "--term", "host.id=a", "--term", "process.executable=b", file)).code, 3);
});

test("why: the sightings of a combination, each with what was decided", async () => {
  const terms = ["--term", "host.id=h-1", "--term", "process.executable=/usr/bin/curl"];
  const { code, printed } = await run("why", ...RULE, ...terms, EVENTS);
  assert.equal(code, 0);
  assert.match(printed, /2026-10-01T00:00:00\.000Z {2}NEW {6}never seen before/);
  assert.match(printed, /2026-10-03T00:00:00\.000Z {2}KNOWN {4}2 d 0 h after the one before/);
  assert.match(printed, /2026-10-20T00:00:00\.000Z {2}NEW {6}17 d 0 h after the one before/);
  const found = (await run("replay", ...RULE, "--ndjson", EVENTS)).printed.split("\n")[0] ?? "";
  const byId = await run("why", ...RULE, "--finding", JSON.parse(found)["kibana.alert.uuid"], "--json", EVENTS);
  assert.equal(JSON.parse(byId.printed).sightings.length, 3);
  const other = terms.with(1, "host.id=h-2");
  assert.match((await run("why", ...RULE, ...other, EVENTS)).printed, /never seen in these files/);
});

test("conformance as one document", async () => {
  const cases = fileOf(
    "cases.jsonl",
    '{"id":"a","query":"a:1","event":{"a":1},"expect":true}\n{"id":"b","query":"a:1","event":{"a":1},"expect":false}\n',
  );
  const { code, printed } = await run("conformance", "--json", cases);
  assert.equal(code, 1);
  assert.deepEqual(JSON.parse(printed), {
    passed: 1,
    failed: 1,
    failures: [{ id: "b", expected: false, actual: true }],
  });
});

test("forecast: other windows and fewer fields, and what cannot be told", async () => {
  const lines = Array.from({ length: 60 }, (_, day) =>
    [eventAt(1 + day, `h-${day % 2}`), ...(day % 10 === 0 ? [eventAt(1 + day, `new-${day}`)] : [])].map((event) =>
      JSON.stringify(event),
    ),
  );
  const file = fileOf("days.ndjson", lines.flat().join("\n"));
  const { printed } = await run("forecast", ...RULE, "--windows", "1d,7d,40d", "--json", file);
  const { forecasts } = JSON.parse(printed);
  const of = (days: number, fields: readonly string[]) =>
    forecasts.find(
      (each: { windowMs: number; fields: string[] }) =>
        each.windowMs === days * 86_400_000 && each.fields.join() === fields.join(),
    );
  const both = ["host.id", "process.executable"];
  assert.deepEqual([of(7, both).findings, of(7, both).isOwn, of(7, both).isTooShort], [2 + 6, true, false]);
  assert.equal(of(1, both).findings, 60 + 6, "each host is seen every other day");
  assert.equal(of(7, ["process.executable"]).findings, 1);
  assert.equal(of(40, both).isTooShort, true);
});
