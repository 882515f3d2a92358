import assert from "node:assert/strict";
import { test } from "node:test";
import { caseItem } from "../../src/cli/conformance/exception-case.ts";
import { imbalances, type Ledger } from "../../src/detect/ledger.ts";
import type { JsonObject } from "../../src/ecs/json.ts";
import { type Detector, detector } from "../../src/rule/detector.ts";
import { someRule } from "../support/rules.ts";
import { invoke, newWorld, START, type World } from "../support/world.ts";

// An excepted event is no candidate and no history.

const event = (user: string) => ({
  host: { id: "h1" },
  process: { executable: "/usr/bin/curl" },
  user: { name: user },
});
const svc = (more: JsonObject = {}): JsonObject => ({
  entries: [{ field: "user.name", operator: "included", type: "match", value: "svc" }],
  ...more,
});

function ruleWith(...items: readonly JsonObject[]): Detector {
  return detector(someRule(), {}, items.map(caseItem));
}

async function deliver(world: World, rule: Detector, sent: JsonObject, at: number): Promise<Ledger> {
  world.now = at;
  const record = { id: `r${at}`, arrival: at, bytes: Buffer.from(JSON.stringify(sent)) };
  const { detection } = await invoke(world, [record], [rule]);
  assert.ok(detection !== "killed");
  assert.deepEqual(imbalances(detection.ledger), []);
  assert.deepEqual(detection.undecided, []);
  const { matched, excepted } = detection.ledger;
  assert.deepEqual(
    detection.counts.most().map((count) => [count.matched, count.excepted]),
    [[matched, excepted]],
    "by rule, too",
  );
  return detection.ledger;
}

test("it makes no finding and leaves no history, and is counted as matched and excepted", async () => {
  const world = newWorld();
  const ledger = await deliver(world, ruleWith(svc()), event("svc"), START);
  const { ruleEvaluations, matched, excepted, unmatched, withCombinations, combinations } = ledger;
  assert.deepEqual(
    { ruleEvaluations, matched, excepted, unmatched, withCombinations, combinations },
    { ruleEvaluations: 1, matched: 1, excepted: 1, unmatched: 0, withCombinations: 0, combinations: 0 },
  );
  assert.equal(world.published.length, 0);
  assert.equal(world.history.items.size, 0);
  // The same combination by another user is new: nothing was learned of it.
  const next = await deliver(world, ruleWith(svc()), event("bob"), START + 1000);
  assert.deepEqual([next.excepted, next.new, world.published.length], [0, 1, 1]);
});

test("it does not refresh what is known", async () => {
  const world = newWorld();
  const rule = ruleWith(svc());
  const day = 86_400_000;
  await deliver(world, rule, event("bob"), START);
  await deliver(world, rule, event("svc"), START + 6 * day);
  assert.equal((await deliver(world, rule, event("bob"), START + 7 * day + 1)).new, 1);
});

test("expiry is asked of each event, at the event's time, by one process that lives on", async () => {
  const world = newWorld();
  const rule = ruleWith(svc({ expire_time: new Date(START + 1000).toISOString() }));
  const counts: number[] = [];
  for (const at of [START, START + 1000, START + 1001])
    counts.push((await deliver(world, rule, event("svc"), at)).excepted);
  assert.deepEqual(counts, [1, 1, 0]);
  assert.equal(world.published.length, 1);
});

test("an exception over a date means the event's time by now", async () => {
  const rule = ruleWith({
    entries: [{ field: "event.created", operator: "included", type: "match", value: "now/d" }],
  });
  const excepted = (created: string, at: number) => rule.exceptedBy({ event: { created } }, at) !== undefined;
  assert.equal(excepted("2026-05-25T01:00:00Z", START), true);
  assert.equal(excepted("2026-05-25T01:00:00Z", START + 86_400_000), false);
});

test("of several exceptions the first that holds is named", () => {
  const rule = ruleWith(
    svc({ name: "expired", expire_time: "2020-01-01T00:00:00Z" }),
    svc({ name: "first" }),
    svc({ name: "second" }),
  );
  assert.equal(rule.exceptedBy(event("svc"), START)?.item.name, "first");
  assert.equal(rule.exceptedBy(event("bob"), START), undefined);
});
