import assert from "node:assert/strict";
import { test } from "node:test";
import { imbalances } from "../../src/detect/ledger.ts";
import { someDetector } from "../support/rules.ts";
import { invoke, newWorld, recordOf } from "../support/world.ts";

test("a rule that throws costs only itself, is counted, and its event is in quarantine whole", async () => {
  const world = newWorld();
  const broken = someDetector({ rule_id: "broken" });
  const detectors = [
    someDetector({ rule_id: "first" }),
    {
      ...broken,
      matches: () => {
        throw new Error("a bug");
      },
    },
    someDetector({ rule_id: "last", query: "host.id:h1" }),
  ];
  const record = recordOf("e1", "h1", "/bin/x");
  const { detection } = await invoke(world, [record, recordOf("e2", "h2", "/bin/x")], detectors);
  assert.ok(detection !== "killed");
  assert.deepEqual(detection.undecided, []);
  assert.deepEqual(imbalances(detection.ledger), []);
  const { ruleEvaluations, ruleFailures, matched, unmatched } = detection.ledger;
  assert.deepEqual(
    { ruleEvaluations, ruleFailures, matched, unmatched },
    { ruleEvaluations: 6, ruleFailures: 2, matched: 3, unmatched: 1 },
  );
  const rules = world.published.map(
    ({ body }) => (JSON.parse(body) as Record<string, unknown>)["kibana.alert.rule.rule_id"],
  );
  assert.deepEqual(rules.sort(), ["first", "first", "last"]);
  assert.deepEqual(
    world.quarantined.map(({ reason, ruleId }) => [reason, ruleId]),
    [
      ["rule_failed", "broken"],
      ["rule_failed", "broken"],
    ],
  );
  assert.deepEqual(JSON.parse(String(world.quarantined[0]?.bytes)), JSON.parse(String(record.bytes)));
});

test("each rule has a history of its own", async () => {
  const world = newWorld();
  const records = [recordOf("e1", "h1", "/bin/x")];
  await invoke(world, records, [someDetector({ rule_id: "a" })]);
  await invoke(world, records, [someDetector({ rule_id: "a" }), someDetector({ rule_id: "b" })]);
  assert.equal(world.published.length, 2);
});

test("an event with more combinations than are looked at is announced, once", async () => {
  const world = newWorld();
  const detectors = [someDetector({}, { maxCombinations: 10 })];
  const event = { event: { id: "e1" }, host: { id: ["a", "b", "c", "d"] }, process: { executable: ["1", "2", "3"] } };
  const record = { id: "r", arrival: world.now, bytes: Buffer.from(JSON.stringify(event)) };
  await invoke(world, [record], detectors);
  await invoke(world, [record], detectors);
  const types = world.published.map(
    ({ body }) => (JSON.parse(body) as Record<string, unknown>)["new_terms_stream.type"],
  );
  assert.deepEqual(types.filter((type) => type === "overflow").length, 1);
  assert.equal(types.length, 11);
});
