import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { readableFinding } from "../../src/local/readable-finding.ts";

test("a finding shows what is new, where and when", () => {
  const body = JSON.stringify({
    "kibana.alert.severity": "medium",
    "kibana.alert.risk_score": 47,
    "kibana.alert.rule.name": "Some rule",
    "kibana.alert.rule.parameters": { new_terms_fields: ["host.id", "process.executable"] },
    "kibana.alert.new_terms": ["h1", "/usr/bin/curl"],
    host: { id: "h1", name: "web-1" },
  });
  const shown = stripVTControlCharacters(readableFinding(body));
  assert.match(
    shown,
    /^MEDIUM 47 {2}Some rule\n {2}new +host\.id = h1 {2}process\.executable = \/usr\/bin\/curl\n {2}host +web-1/,
  );
});

test("nothing that the event says moves the terminal or turns the text around", () => {
  const hostile = "\u001b[2J\u001b]0;owned\u0007\r\n\u202eexe.cod\u2066\u200b\ufeff\u0085";
  const shown = readableFinding(
    JSON.stringify({ "kibana.alert.rule.name": hostile, host: { name: hostile }, user: { name: [hostile] } }),
  );
  const plain = stripVTControlCharacters(shown).replaceAll("\n", "");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  assert.doesNotMatch(plain, /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/);
  assert.ok(plain.includes("\\u001b[2J"));
});

test("a long value is cut", () => {
  assert.ok(readableFinding(JSON.stringify({ host: { name: "x".repeat(100_000) } })).length < 1000);
});
