import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { ecsTypesWith, endpointTypes } from "../../src/ecs/catalogue.ts";
import type { JsonObject } from "../../src/ecs/json.ts";
import { type FieldTypes, type Mapping, withNames } from "../../src/ecs/mapping.ts";
import { compile } from "../../src/kql/compile.ts";
import { parse } from "../../src/kql/parse.ts";
import { seeded } from "../../src/local/sample-events.ts";
import { typesFor } from "../../src/rule/detector.ts";
import { loadRuleFiles } from "../../src/rule/load.ts";
import { matchingEvent, nearMiss, randomEvent } from "../support/event-generator.ts";
import { naiveMatches } from "../support/naive-kql.ts";
import { SHIPPED_RULE } from "../support/rules.ts";

// The compiled evaluator against one written from the specification alone, on every rule at hand.

const SEED = Number(process.env["SEED"] ?? 1);
const EVENTS = Number(process.env["EVENTS"] ?? 3000);
const CORPUS = "../shared/rules";

const corpus = existsSync(CORPUS) ? readdirSync(CORPUS).filter((name) => name.endsWith(".toml")) : [];
if (corpus.length === 0) console.log(`SKIPPED: no rules in ${CORPUS}; only the shipped rule is held against its twin`);

const { detectors, errors } = loadRuleFiles([SHIPPED_RULE]);
const others = loadRuleFiles(corpus.map((name) => `${CORPUS}/${name}`));

test("every rule at hand runs", () => assert.deepEqual([...errors, ...others.errors], []));

const NESTED = {
  n: "nested",
  "n.m": "nested",
  "n.m.c": "keyword",
  "n.m.d": "keyword",
  "n.m.o": "nested",
  "n.m.o.e": "keyword",
};

/** What the rules at hand do not ask for, or not hard enough. */
const DRILLS: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  [
    "n:{ a:1 and not b:2 } or n:{ m:{ c:x* } }",
    { n: "nested", "n.a": "keyword", "n.b": "keyword", "n.m": "nested", "n.m.c": "keyword" },
  ],
  ["n.m:{ c:x* and not d:y } or n:{ m.o:{ e:1 } }", NESTED],
  ["not n:{ not a:1 } and k:*", { n: "nested", "n.a": "long", k: "keyword" }],
  ["k:(*aba*ba* or ab*ba or a*a or *)", { k: "keyword" }],
  ["k:(a**b and not *c*d*)", { k: "wildcard" }],
  ["f:x and f.a:* and not f.b.c:22", { f: "flattened" }],
  ["f.a:(x* or *y) or f:*z*", { f: "flattened" }],
  ['message:(foo bar or "a b" or fo*) and not message:"c:d"', {}],
  ["my.app.*:(x or y*) and not my.*.b:z", {}],
  ["my.*:* and not my.app.z:* or f.*:x or k*:b", { f: "flattened", "f.g.h": "keyword", kk: "keyword" }],
  ["n:{ d*:x and not e*f:* } or n.m*.k:y", { n: "nested", "n.dd": "keyword", "n.m": "nested" }],
  ["file.hash.*:(ab* or c) or *constructor*:x or __pro*.y:1", {}],
  ["message:(** or *** x) and not message:(a* or x)", {}],
  ['data_stream.dataset:("a.*" or x\\*y or *q\\*r* or "b?c\\\\d") and not data_stream.type:"*"', {}],
  ["source.ip:(10.0.0.0/8 or FE80\\:\\:/10 or 169.254.169.254 or 0.0.0.0/0)", {}],
  ["p >= 80 and p < 1000 and not p:(443 or 8080)", { p: "integer" }],
  ["k > 1 and k <= b", { k: "keyword" }],
  ["__proto__.x:1 or constructor:* and not toString:(a or b)", {}],
  ["process.name.caseless:(cURL or WGET*) or process.name:curl", {}],
  ["c:(true or false) and not d:true", { c: "boolean", d: "keyword" }],
  ["process:* and not host:*", {}],
];

for (const [text, overrides] of DRILLS) {
  const mappings = new Map(Object.entries(overrides).map(([name, type]): [string, Mapping] => [name, { type }]));
  const typed = ecsTypesWith(mappings);
  const types = withNames((name) => (name.endsWith(".caseless") ? endpointTypes(name) : typed(name)), typed.names);
  test(`${text}: both evaluators agree on ${EVENTS} events`, () => agree(text, types));
}

for (const { rule } of [...detectors, ...others.detectors]) {
  test(`${rule.name}: both evaluators agree on ${EVENTS} events`, () => agree(rule.query, typesFor(rule.index)));
}

function agree(text: string, types: FieldTypes): void {
  const query = parse(text);
  const matches = compile(query, types);
  const random = seeded(SEED);
  let matched = 0;
  for (let count = 0; count < EVENTS; count++) {
    const kind = count % 3;
    const event: JsonObject =
      kind === 0
        ? matchingEvent(query, types, random)
        : kind === 1
          ? nearMiss(query, types, random)
          : randomEvent(query, random);
    const actual = matches(event);
    const expected = naiveMatches(query, event, types);
    assert.equal(actual, expected, `SEED=${SEED}, event ${count}: ${JSON.stringify(event)}`);
    if (actual) matched++;
  }
  assert.ok(matched >= EVENTS / 50, `only ${matched} of ${EVENTS} events match: the generator does not reach the rule`);
  assert.ok(matched <= EVENTS * 0.95, `${matched} of ${EVENTS} events match: there are no misses among them`);
}
