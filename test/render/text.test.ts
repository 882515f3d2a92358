import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { readPublished } from "../../src/render/published.ts";
import { textOf } from "../../src/render/text.ts";
import { UNSEEN, unseenCharacters } from "../finding/unseen.ts";

const readableFinding = (body: string) => textOf(readPublished(body));

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

test("a message that closes a window of suppression shows what came after the first, and of many combinations a few", () => {
  const combinations = Array.from({ length: 12 }, (_, index) => ({ terms: [`h${index}\u001b[2J`, "x"] }));
  const body = JSON.stringify({
    "kibana.alert.uuid": "c1",
    "kibana.alert.rule.parameters": { new_terms_fields: ["host.id", "process.name"] },
    "kibana.alert.suppression.terms": [{ field: "user.name", value: ["root\u202e"] }],
    "new_terms_stream.type": "suppression",
    "new_terms_stream.suppressed": { count: 12, combinations, of: "f1" },
  });
  const shown = stripVTControlCharacters(readableFinding(body));
  assert.match(
    shown,
    /\n {2}held back +12 more findings of this rule for user\.name = root\\u202e were .* after finding f1\n +host\.id = h0\\u001b\[2J {2}process\.name = x\n/,
  );
  assert.deepEqual([shown.includes("h9\\"), shown.includes("h10\\")], [true, false]);
  assert.match(shown, /\n +… and 2 more\n {2}id +c1$/);
});

test("nothing that the event says moves the terminal or turns the text around, in whichever field it is", () => {
  const unseen = [...unseenCharacters()];
  assert.ok(unseen.length > 900_000, "nearly all of Unicode is private or unassigned");
  const harmless = (hostile: string): string => {
    const shown = readableFinding(
      JSON.stringify({
        "kibana.alert.severity": hostile,
        "kibana.alert.risk_score": hostile,
        "kibana.alert.rule.name": hostile,
        "kibana.alert.rule.parameters": { new_terms_fields: [hostile] },
        "kibana.alert.new_terms": [hostile],
        "kibana.alert.original_time": hostile,
        "kibana.alert.uuid": hostile,
        host: { name: hostile, id: hostile },
        user: { name: [hostile] },
        process: { executable: hostile, command_line: hostile, parent: { executable: hostile } },
        destination: { ip: hostile },
      }),
    );
    const plain = stripVTControlCharacters(shown);
    assert.equal(plain.split("\n").length, 11, "no line but the block's own");
    assert.doesNotMatch(plain.replaceAll("\n", ""), UNSEEN);
    return plain;
  };
  const some = ["\n", "\t", "\u001b[2J", "\u061c", "\u00ad", "\u202e", "\u2028", "\ud800", "\ufffe", "\u{e0041}"];
  for (const hostile of some) harmless(`a${hostile}b`);
  // A value shows some ten escapes, so a sample of those above the first plane; inert's own test has them all.
  const sample = unseen.filter((char, index) => (char.codePointAt(0) ?? 0) < 0xe000 || index % 1009 === 0);
  for (let from = 0; from < sample.length; from += 15) harmless(sample.slice(from, from + 15).join(" "));
  assert.ok(harmless("\u001b[2J").includes("\\u001b[2J"));
});

test("a long value is cut, and of many values a few are shown", () => {
  const many = readableFinding(
    JSON.stringify({ user: { name: Array.from({ length: 50_000 }, () => "x".repeat(200)) } }),
  );
  assert.ok(many.length < 3000);
  assert.match(stripVTControlCharacters(many), /, and 49990 more$/);
  assert.ok(readableFinding(JSON.stringify({ host: { name: "x".repeat(100_000) } })).length < 1000);
});

test("of a call of an API a finding shows who, from where, which and on what", () => {
  const body = JSON.stringify({
    "kibana.alert.rule.parameters": { new_terms_fields: ["user.name"] },
    "kibana.alert.new_terms": ["petra"],
    event: { dataset: "aws.cloudtrail", provider: "sts.amazonaws.com", action: "AssumeRole" },
    user: { name: "petra" },
    source: { address: "203.0.113.24", ip: "203.0.113.24" },
    aws: { cloudtrail: { resources: [{ arn: "arn:aws:iam::210987654321:role/Deploy" }] } },
  });
  const shown = stripVTControlCharacters(readableFinding(body)).split("\n").slice(2);
  assert.deepEqual(
    shown.map((line) => line.trim().replaceAll(/ +/g, " ")),
    [
      "user petra",
      "from 203.0.113.24",
      "service sts.amazonaws.com",
      "call AssumeRole",
      "on arn:aws:iam::210987654321:role/Deploy",
    ],
  );
});
