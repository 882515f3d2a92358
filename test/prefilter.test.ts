import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { type JsonObject, parseExact } from "../src/ecs/json.ts";
import { parse } from "../src/kql/parse.ts";
import { kplAggregate } from "../src/local/kpl-encode.ts";
import { seeded } from "../src/local/sample-events.ts";
import { prefilterOf } from "../src/prefilter.ts";
import { typesFor } from "../src/rule/detector.ts";
import { loadRuleFiles } from "../src/rule/load.ts";
import { ruleIndex } from "../src/rule/rule-index.ts";
import { matchingEvent, nearMiss, randomEvent } from "./support/event-generator.ts";
import { SHIPPED_RULE, shippedDetector, someDetector } from "./support/rules.ts";

// What is passed over cannot match, however it is spelled.

const SEED = Number(process.env["SEED"] ?? 1);
const EVENTS = Number(process.env["EVENTS"] ?? 1500);
const CORPUS = "../shared/rules";
const corpus = existsSync(CORPUS) ? readdirSync(CORPUS).map((name) => `${CORPUS}/${name}`) : [];
const { detectors } = loadRuleFiles([
  SHIPPED_RULE,
  ...corpus.filter((name) => name.endsWith(".toml") && !name.includes("suspicious_instance_metadata")),
]);

/** JSON in a spelling of an attacker's choosing: escapes of any letter, spaces, another order. */
function spelled(value: unknown, random: () => number): string {
  const plain = JSON.stringify(value, undefined, random() < 0.2 ? 1 : 0);
  let inString = false;
  let text = "";
  for (let at = 0; at < plain.length; at++) {
    const char = plain.charAt(at);
    if (char === '"') inString = !inString;
    if (char === "\\") {
      text += char + plain.charAt(++at);
      if (plain.charAt(at) === "u") {
        text += plain.slice(at + 1, at + 5);
        at += 4;
      }
      continue;
    }
    const isLetter = inString && char !== '"' && char >= " ";
    if (isLetter && char === "/" && random() < 0.3) text += "\\/";
    else if (isLetter && random() < 0.01) text += `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
    else text += char;
  }
  return text;
}

for (const detector of detectors) {
  test(`${detector.rule.name}: what matches is looked at`, () => {
    const { rule } = detector;
    const cannotMatch = prefilterOf([detector]);
    const index = ruleIndex([detector]);
    const query = parse(rule.query);
    const types = typesFor(rule.index);
    const random = seeded(SEED);
    for (let count = 0; count < EVENTS; count++) {
      const kind = count % 4;
      const event =
        kind < 2
          ? matchingEvent(query, types, random)
          : kind === 2
            ? nearMiss(query, types, random)
            : randomEvent(query, random);
      if (!detector.matches(event, 0)) continue;
      const text = spelled(event, random);
      assert.ok(!(cannotMatch?.(Buffer.from(text)) ?? false), `SEED=${SEED}, event ${count}: ${text}`);
      const { detectors: found, inScope } = index(event);
      assert.ok(found.includes(detector) || inScope === 0, `SEED=${SEED}, event ${count}: not found by the index`);
    }
  });
}

const shipped = prefilterOf([shippedDetector()]);
const event = (address: string) =>
  `{"event":{"category":"network"},"host":{"id":"h","os":{"type":"linux"}},"process":{"name":"curl","executable":"/x"},"destination":{"ip":${address},"port":80}}`;

test("the shipped rule has a prefilter, which passes over what asks for nothing", () => {
  assert.equal(shipped?.(Buffer.from(event('"192.0.2.1"'))), true);
  assert.equal(shipped?.(Buffer.from(`${event('"192.0.2.1"')}\n`)), true);
});

for (const address of [
  '"169.254.169.254"',
  '"::ffff:169.254.169.254"',
  '"::ffff:a9fe:a9fe"',
  '"0:0:0:0:0:FFFF:A9FE:A9FE"',
  '"0000::fFfF:a9fe:a9fe"',
  '["10.0.0.1","::FfFf:a9fe:a9fe"]',
  '"169.254.169.25\\u0034"',
  '"\\u003a:ffff:a9fe:a9fe"',
]) {
  test(`${address} is looked at`, () => {
    const text = event(address);
    assert.equal(shippedDetector().matches(JSON.parse(text) as never, 0), true);
    assert.equal(shipped?.(Buffer.from(text)), false);
  });
}

const EVENTS_BY_QUERY: readonly (readonly [string, string])[] = [
  ["my.own.field:80", '{"my":{"own":{"field":8e1}}}'],
  ["my.own.field:080", '{"my.own.field":80}'],
  ["user.name.caseless > a", '{"user":{"name":"B"}}'],
  ["user.name.caseless:BOB", '{"user":{"name":"bob"}}'],
  ["process.name.text:*", '{"process":{"name":"x"}}'],
  ["process.executable:/usr/bin/curl", '{"process":{"executable":"\\/usr\\/bin\\/curl"}}'],
  ["destination.port:80", '{"destination":{"port":"+80.0"}}'],
];
for (const [query, text] of EVENTS_BY_QUERY) {
  test(`${query} looks at ${text}`, () => {
    const detector = someDetector({ query });
    assert.equal(detector.matches(parseExact(text) as JsonObject, 0), true);
    assert.ok(!(prefilterOf([detector])?.(Buffer.from(text)) ?? false));
  });
}

test("what is packed or broken takes the long way", () => {
  const text = Buffer.from(event('"192.0.2.1"'));
  for (const bytes of [
    gzipSync(text),
    kplAggregate("k", [text]),
    Buffer.from(`[${text}]`),
    text.subarray(0, -2),
    Buffer.from(""),
    Buffer.from("{"),
  ]) {
    assert.equal(shipped?.(bytes), false);
  }
});

test("a rule without a string that must occur means no prefilter", () => {
  const { detectors: two } = loadRuleFiles([SHIPPED_RULE]);
  assert.ok(prefilterOf(two) !== undefined);
  const all = two.map((detector) => ({ ...detector, necessary: undefined }));
  assert.equal(prefilterOf([...two, ...all]), undefined);
});
