import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadRule, loadRules } from "../../src/rule/load.ts";
import { RuleError } from "../../src/rule/rule.ts";
import { openRules } from "../../src/runtime/ports.ts";
import { SHIPPED_RULE, shippedDetector } from "../support/rules.ts";

const text = readFileSync(SHIPPED_RULE, "utf8");

/** The error that the shipped rule gives after one change. */
function errorAfter(from: string, to: string): RuleError {
  assert.ok(text.includes(from), from);
  try {
    loadRule("r.toml", text.replace(from, to));
  } catch (error) {
    if (error instanceof RuleError) return error;
    throw error;
  }
  return assert.fail("the rule loads");
}

test("the shipped rule is Elastic's, but for the note", () => {
  const { rule } = shippedDetector();
  assert.equal(rule.rule_id, "ad02da2f-443d-454c-a12e-d9e6c65831ff");
  assert.deepEqual(rule.new_terms.value, ["host.id", "process.executable"]);
  assert.equal(rule.windowMs, 7 * 86_400_000);
  assert.deepEqual([rule.severity, rule.risk_score, rule.from], ["medium", 47, "now-9m"]);
  assert.deepEqual(rule.index, ["logs-endpoint.events.network-*"]);
  assert.equal(rule.timestamp_override, "event.ingested");
  assert.deepEqual(
    rule.threat.map(({ tactic }) => tactic.id),
    ["TA0006", "TA0007"],
  );
  // Of the query as Elastic has it: a change of one character is another rule.
  assert.equal(createHash("sha256").update(rule.query).digest("hex"), QUERY_SHA256);
});

const QUERY_SHA256 = "8e4cf1102890fba3d68054d160b20214e8c58b59c9c4e312b18ddd7bb6278b06";

test("keys this engine has no use for are kept", () => {
  assert.deepEqual(loadRule("r.toml", text.replace("[rule]", '[rule]\nfuture_key = "x"')).rule["future_key"], "x");
});

test("each thing that is wrong is named with its line, its column and what would be right", () => {
  const lineOf = (start: string) => text.split("\n").findIndex((line) => line.startsWith(start)) + 1;
  const { message } = errorAfter("risk_score = 47", "risk_score = 470");
  assert.equal(message.split(": ")[0], `r.toml:${lineOf("risk_score")}:1`);
  assert.match(message, /rule\.risk_score: .*100/);
  assert.match(
    errorAfter('severity = "medium"', 'severity = "severe"').message,
    /rule\.severity: .*"low"\|"medium"\|"high"\|"critical"/,
  );
  assert.match(errorAfter('type = "new_terms"', 'type = "query"').message, /rule\.type: .*"new_terms"/);
  assert.match(errorAfter('language = "kuery"', 'language = "lucene"').message, /rule\.language: .*"kuery"/);
  assert.match(
    errorAfter('value = "now-7d"', 'value = "2026-01-01"').message,
    /"2026-01-01" is not of the form now-7d/,
  );
  assert.match(
    errorAfter('value = "now-7d"', 'value = "now-5m"').message,
    /now-5m does not reach farther back than from = now-9m/,
  );
  assert.match(errorAfter("[rule]", "[rule\n").message, /^r\.toml:\d+:\d+: /);
  for (const [settings, reason] of [
    ['group_by = ["a", "b", "c", "d"]', /alert_suppression\.group_by: .*<=3/],
    ['group_by = ["host.id"], duration = { value = 0, unit = "m" }', /duration\.value: .*>=1/],
    ['group_by = ["host.id"], duration = { value = 1, unit = "d" }', /duration\.unit: .*"s"\|"m"\|"h"/],
    [
      'group_by = ["host.id"], missing_fields_strategy = "drop"',
      /missing_fields_strategy: .*"suppress"\|"doNotSuppress"/,
    ],
    ['group_by = ["host.id"], missing_field_strategy = "suppress"', /missing_field_strategy/],
  ] as const) {
    assert.match(errorAfter("[rule]", `[rule]\nalert_suppression = { ${settings} }`).message, reason);
  }
  assert.match(
    errorAfter("[rule]", '[rule]\nalert_supression = { group_by = ["host.id"] }').message,
    /did you mean alert_suppression/,
  );
});

test("an error in the query is placed in the file, with a caret", () => {
  const line = text.split("\n").findIndex((candidate) => candidate.includes("destination.port")) + 1;
  const syntax = errorAfter('destination.port:"80" and (', 'destination.port:"80" and )');
  assert.equal(syntax.line, line);
  assert.match(syntax.message, /query: Expected .* but "\)" found/);
  const type = errorAfter('destination.port:"80"', 'destination.port:"http"');
  assert.equal(type.line, line);
  assert.match(type.message, /"http" is not a number, and the field is long/);
  assert.equal(type.message.split("\n").at(-1)?.trim(), "^");
});

test("a folder gives its rules in order, and an error for each that cannot run", () => {
  const folder = mkdtempSync(join(tmpdir(), "rules-"));
  try {
    writeFileSync(join(folder, "b.toml"), text);
    writeFileSync(join(folder, "a.toml"), text.replace('destination.port:"80"', "destination.port:("));
    writeFileSync(join(folder, "c.toml"), text);
    writeFileSync(join(folder, "notes.txt"), "no rule");
    const { detectors, errors } = loadRules(folder);
    assert.deepEqual(
      detectors.map(({ rule }) => rule.path),
      [join(folder, "b.toml")],
    );
    assert.equal(errors.length, 2);
    assert.match(errors[0]?.message ?? "", /a\.toml/);
    assert.match(errors[1]?.message ?? "", /c\.toml.* is also .*b\.toml's/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("no rule of a folder has the canary's id: its findings would be marked, and kept from people", () => {
  const folder = mkdtempSync(join(tmpdir(), "rules-"));
  try {
    const { rule } = loadRule("canary/canary.toml", readFileSync("canary/canary.toml", "utf8"));
    writeFileSync(join(folder, "a.toml"), text.replace(/rule_id = "[^"]*"/, `rule_id = "${rule.rule_id}"`));
    assert.throws(() => openRules(folder, {}), /a\.toml:\d+:\d+: rule_id \S+ is also canary\/canary\.toml's/);
    const { detectors, errors } = loadRules(folder);
    assert.deepEqual([detectors.length, errors[0]?.refusals[0]?.code], [0, "duplicate-id"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a disabled rule is neither run nor an error, and takes no rule_id from another", () => {
  const folder = mkdtempSync(join(tmpdir(), "rules-"));
  try {
    const disabled = text.replace("[rule]", "[rule]\nenabled = false");
    writeFileSync(join(folder, "a.toml"), disabled);
    writeFileSync(join(folder, "b.toml"), disabled.replace('destination.port:"80"', "destination.port:("));
    assert.throws(() => openRules(folder, {}), /every rule in .* is disabled/);
    writeFileSync(join(folder, "c.toml"), text.replace("[rule]", "[rule]\nenabled = true"));
    const { detectors, disabled: off, errors } = loadRules(folder);
    assert.deepEqual(
      [detectors.map(({ rule }) => rule.path), off, errors],
      [[join(folder, "c.toml")], [join(folder, "a.toml"), join(folder, "b.toml")], []],
    );
    assert.equal(openRules(folder, {}).length, 1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
