import assert from "node:assert/strict";
import { test } from "node:test";
import { caseItem } from "../../../src/cli/conformance/exception-case.ts";
import { ruleSet } from "../../../src/detect/rule-set.ts";
import type { JsonObject } from "../../../src/ecs/json.ts";
import { seeded } from "../../../src/local/sample-events.ts";
import { detector } from "../../../src/rule/detector.ts";
import { compileExceptions } from "../../../src/rule/exceptions/compile.ts";
import { deliveryOf } from "../../../src/stream/delivery.ts";
import { pieces } from "../../../src/stream/payload.ts";
import { EXCEPTION_TYPES, randomExceptedEvent, randomItem } from "../../support/exception-generator.ts";
import { naiveExcepts } from "../../support/naive-exceptions.ts";
import { someRule } from "../../support/rules.ts";

// Exceptions against a reading written from the specification alone, over random items and events.

const SEED = Number(process.env["SEED"] ?? 1);
const ITEMS = Number(process.env["ITEMS"] ?? 400);
const EVENTS = Number(process.env["EVENTS"] ?? 60);
const AT = Date.parse("2026-03-02T10:00:00Z");

test(`both readings agree on ${ITEMS} sets of exceptions, ${EVENTS} events each`, () => {
  const random = seeded(SEED);
  let excepted = 0;
  for (let count = 0; count < ITEMS; count++) {
    const items = Array.from({ length: 1 + Math.floor(random() * 3) }, () => randomItem(random, AT));
    const exceptions = compileExceptions(
      items.map((item) => caseItem(item as unknown as JsonObject)),
      EXCEPTION_TYPES,
      () => AT,
    );
    for (let number = 0; number < EVENTS; number++) {
      const event = randomExceptedEvent(random);
      const actual = exceptions.some(({ holds }) => holds(event, AT));
      const told = `SEED=${SEED}: ${JSON.stringify(items)} over ${JSON.stringify(event)}`;
      assert.equal(actual, naiveExcepts(items, event, EXCEPTION_TYPES, AT), told);
      if (actual) excepted++;
    }
  }
  const total = ITEMS * EVENTS;
  assert.ok(excepted > total / 20 && excepted < total * 0.9, `${excepted} of ${total} are excepted`);
});

test("with exceptions the index and the prefilter leave out no event that gets through, and let through no other", () => {
  const random = seeded(SEED + 1);
  const queries = [
    'process.executable:"/usr/bin/curl"',
    "host.os.type:(linux or windows)",
    "p >= 80 and message:*",
    "b:true",
  ];
  let through = 0;
  let hidden = 0;
  for (let count = 0; count < 60; count++) {
    const rules = queries.map((query, index) => ({
      rule: someRule({ rule_id: String(index), query }),
      items: Array.from({ length: Math.floor(random() * 3) }, () => randomItem(random, AT)),
    }));
    const detectors = rules.map(({ rule, items }) =>
      detector(
        rule,
        { types: EXCEPTION_TYPES },
        items.map((item) => caseItem(item as unknown as JsonObject)),
      ),
    );
    const plain = rules.map(({ rule }) => detector(rule, { types: EXCEPTION_TYPES }));
    // Some rules alone have a prefilter, all together have none.
    const chosen = random() < 0.5 ? [0] : [0, 1, 2, 3];
    const { index, mayMatch } = ruleSet(chosen.flatMap((each) => detectors[each] ?? []));
    for (let number = 0; number < EVENTS; number++) {
      const record = { id: "r", arrival: AT, bytes: Buffer.from(JSON.stringify(randomExceptedEvent(random))) };
      const isRead = mayMatch?.(deliveryOf([record]))[0] ?? true;
      const [piece] = pieces(record, {
        documents: 10,
        combinations: 10,
        rejected: 10,
        bytes: 1e6,
        milliseconds: 1e6,
      } as never);
      if (piece?.kind !== "event") continue;
      const { event } = piece;
      const found = new Set(isRead ? index(event).detectors.map(({ rule }) => rule.rule_id) : []);
      for (const each of chosen) {
        const matches = plain[each]?.matches(event, AT) === true;
        const isHidden = naiveExcepts(rules[each]?.items ?? [], event, EXCEPTION_TYPES, AT);
        const own = detectors[each];
        const isSeen =
          found.has(String(each)) && own?.matches(event, AT) === true && own.exceptedBy(event, AT) === undefined;
        assert.equal(
          isSeen,
          matches && !isHidden,
          `SEED=${SEED}: rule ${each}, ${JSON.stringify(rules[each]?.items)}: ${record.bytes}`,
        );
        if (isSeen) through++;
        if (matches && isHidden) hidden++;
      }
    }
  }
  assert.ok(through > 500 && hidden > 200, `${through} got through, ${hidden} were hidden`);
});
