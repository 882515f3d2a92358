import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { explanationJson } from "../../src/cli/explanation-json.ts";
import { explanationLines } from "../../src/cli/explanation-lines.ts";
import type { JsonObject } from "../../src/ecs/json.ts";
import { parse } from "../../src/kql/parse.ts";
import { seeded } from "../../src/local/sample-events.ts";
import type { Rule } from "../../src/rule/rule.ts";
import { ruleExplainer, stampOf } from "../../src/workbench/explain.ts";
import { passedOver } from "../../src/workbench/passed-over.ts";
import { matchingEvent, nearMiss } from "../support/event-generator.ts";
import { shippedDetector, someDetector } from "../support/rules.ts";

const RUNS = Number(process.env["RUNS"] ?? 500);

const FILTERS: Rule["filters"] = [
  { meta: { negate: true }, query: { wildcard: { "process.executable": { value: "/usr/bin/*" } } } },
  { meta: { disabled: true }, query: { exists: { field: "no.such" } } },
  { query: { exists: { field: "process.name" } } },
];

test("the verdict is the detector's, and its parts add up to it", () => {
  const shipped = shippedDetector();
  const random = seeded(1);
  const query = parse(shipped.rule.query);
  const seen = new Set<string>();
  for (const detector of [shipped, someDetector({ query: shipped.rule.query, filters: FILTERS })]) {
    for (let count = 0; count < RUNS; count++) {
      const make = count % 2 === 0 ? matchingEvent : nearMiss;
      const event = { ...make(query, detector.queryTypes, random), ...(random() < 0.5 ? { "host.id": "h" } : {}) };
      const { verdict, query: root, filters, terms, nearest } = ruleExplainer(detector, "")(event, 0);
      seen.add(verdict);
      const matches = detector.matches(event, 0);
      assert.equal(root.verdict && filters.every(({ passes }) => passes), matches);
      assert.equal(terms.total > 0, terms.missing.length === 0);
      assert.equal(verdict === "matched", matches && detector.combinations(event).total > 0);
      assert.equal(verdict === "matched", nearest.length === 0);
    }
  }
  assert.deepEqual([...seen].sort(), ["matched", "unmatched", "without_terms"]);
});

test("filters keep their numbers where one is disabled", () => {
  const detector = someDetector({ filters: FILTERS });
  const { filters } = ruleExplainer(detector, "")({ process: { executable: "/usr/bin/x" } }, 0);
  assert.deepEqual(
    filters.map(({ number, negated, passes }) => [number, negated, passes]),
    [
      [1, true, false],
      [3, false, false],
    ],
  );
});

test("clauses are placed in the rule's file, or nowhere", () => {
  const { rule } = shippedDetector();
  const file = readFileSync(rule.path, "utf8");
  assert.deepEqual(ruleExplainer(shippedDetector(), file)({}, 0).placeOf(0), { line: 71, column: 1 });
  assert.equal(ruleExplainer(shippedDetector(), "")({}, 0).placeOf(0), undefined);
});

test("an event counts when it was ingested, or happened, or else now", () => {
  const at = Date.UTC(2026, 4, 25);
  const stamps: readonly (readonly [JsonObject, number, string | undefined])[] = [
    [{ event: { ingested: "2026-05-25" }, "@timestamp": "2026-05-24" }, at, "event.ingested"],
    [{ event: { ingested: "nonsense" }, "@timestamp": "2026-05-25" }, at, "@timestamp"],
    [{ "@timestamp": 1e300 }, 7, undefined],
    [{}, 7, undefined],
  ];
  for (const [event, expected, field] of stamps) assert.deepEqual(stampOf(event, 7), { at: expected, field });
});

test("a date in a query is held against the time that the event counts", () => {
  const detector = someDetector({ query: "file.created >= now-1d" });
  const event = { file: { created: "2026-05-24T12:00:00Z" }, "host.id": "h", "process.executable": "/x" };
  const explain = ruleExplainer(detector, "");
  const early = explain(event, Date.UTC(2026, 4, 25));
  const late = explain(event, Date.UTC(2026, 4, 27));
  assert.deepEqual([early.query.verdict, early.verdict], [true, "matched"]);
  assert.deepEqual([late.query.verdict, late.verdict], [false, "unmatched"]);
});

test("why a record is read, or passed over", () => {
  const shipped = [shippedDetector()];
  const reason = (text: string) => passedOver(shipped, Buffer.from(text)).reason;
  assert.equal(reason('{"a":"169.254.169.254"}'), "found");
  assert.equal(reason('{"a":"\\u0031"}'), "escape");
  assert.equal(reason('[{"a":1}]'), "shape");
  assert.equal(reason('{"a":1}\n'), "not_found");
  const any = someDetector({ query: "not process.name:x", name: "Any" });
  assert.deepEqual(passedOver([...shipped, any], Buffer.from("{}")), {
    verdict: "read",
    reason: "no_prefilter",
    rules: ["Any"],
  });
});

test("an explanation says what a finding is counted together by", () => {
  const settings = { group_by: ["host.name"], missing_fields_strategy: "doNotSuppress" } as const;
  const explain = ruleExplainer(someDetector({ alert_suppression: { ...settings, group_by: ["host.name"] } }), "");
  const ids = { "host.id": "h", "process.executable": "/x" };
  const told = explain({ ...ids, "host.name": "web\u202e" }, 0);
  assert.deepEqual(told.suppression?.terms, [{ field: "host.name", value: ["web\u202e"] }]);
  const suppress = (lines: readonly string[]) => stripVTControlCharacters(lines.join("\n")).match(/suppress.*/)?.[0];
  assert.equal(
    suppress(explanationLines(told)),
    'suppress  after the first with host.name = ["web\\u202e"], for 300 s',
  );
  assert.partialDeepStrictEqual(explanationJson(told), { suppression: { duration_ms: 300_000 } });
  const without = explain(ids, 0);
  assert.equal(suppress(explanationLines(without)), "suppress  no: a group_by field has no value");
  assert.equal(suppress(explanationLines(ruleExplainer(someDetector(), "")(ids, 0))), undefined);
});
