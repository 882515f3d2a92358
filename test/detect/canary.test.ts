import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { unhurried } from "../../src/detect/deadline.ts";
import { type DetectOptions, detect, type Ports } from "../../src/detect/detect.ts";
import type { Ledger } from "../../src/detect/ledger.ts";
import { prefilterOf } from "../../src/detect/prefilter.ts";
import { ruleSet, startedRule } from "../../src/detect/rule-set.ts";
import type { JsonObject } from "../../src/ecs/json.ts";
import { remembering } from "../../src/history/remembering.ts";
import { canaryEvent } from "../../src/local/canary-event.ts";
import { loadRule } from "../../src/rule/load.ts";
import { deliveryOf } from "../../src/stream/delivery.ts";
import type { StreamRecord } from "../../src/stream/record.ts";
import { suspiciousEvent } from "../support/cloud.ts";
import { shippedDetector, someDetector } from "../support/rules.ts";
import { invoke, keep, LIFE_MS, newWorld, START, type World } from "../support/world.ts";

const FILE = "canary/canary.toml";
const CANARY = loadRule(FILE, readFileSync(FILE, "utf8"));
const SHIPPED = shippedDetector();

const record = (body: string, id = "r-1", arrival = START): StreamRecord => ({
  id,
  arrival,
  bytes: Buffer.from(body),
});

async function ledgerOf(
  world: World,
  records: readonly StreamRecord[],
  detectors = [SHIPPED, CANARY],
  options: DetectOptions = {},
): Promise<Ledger> {
  const { detection } = await invoke(world, records, detectors, { options });
  assert.ok(detection !== "killed");
  assert.deepEqual(detection.undecided, []);
  return detection.ledger;
}

const published = (world: World) =>
  world.published.map(({ body }) => {
    const finding = JSON.parse(body) as JsonObject;
    return [finding["kibana.alert.rule.rule_id"], finding["new_terms_stream.type"]];
  });

/** The canary's event with something else in it, as whoever may write to the stream could. */
function forged(change: (event: Record<string, JsonObject>) => JsonObject, scheduledAt = START): string {
  const event = JSON.parse(canaryEvent(scheduledAt, "guessed")) as Record<string, JsonObject>;
  return JSON.stringify({ ...event, ...change(event) });
}

test("the canary's rule runs, alone in its stream, and is found by a string that no other event has", () => {
  assert.equal(CANARY.rule.building_block_type, "default");
  assert.equal(CANARY.inScope("logs-endpoint.events.network-default"), "out");
  assert.ok(prefilterOf([SHIPPED, CANARY]) !== undefined);
});

test("it is counted with its delay, of the slowest, and others are not", async () => {
  const world = newWorld();
  world.now = START + 7000;
  const ledger = await ledgerOf(world, [
    record(canaryEvent(START - 4000, "a1"), "r-1"),
    record(canaryEvent(START - 2000, "a2"), "r-2"),
    record(suspiciousEvent("h1"), "r-3"),
  ]);
  assert.deepEqual([ledger.published, ledger.canary, ledger.canaryDelay], [3, 2, 11]);
});

test("what is not out is not counted, nor what is known", async () => {
  const world = newWorld();
  const ports: Ports = {
    history: remembering(world.history, () => world.now),
    known: new Map(),
    publisher: { publish: async () => new Set() },
    quarantine: keep(world),
    now: () => world.now,
    onError: () => {},
  };
  const records = [record(canaryEvent(START, "a1"))];
  const { ledger } = await detect(deliveryOf(records), ruleSet([CANARY]), ports, unhurried(START + LIFE_MS));
  assert.deepEqual([ledger.pending, ledger.canary, ledger.canaryDelay], [1, 0, 0]);
  const other = newWorld();
  await ledgerOf(other, records);
  const again = await ledgerOf(other, records);
  assert.deepEqual([again.known, again.canary, again.canaryDelay], [1, 0, 0]);
});

test("it sings while the other rules learn", async () => {
  const world = newWorld();
  const options = { learnUntil: START + 3_600_000 };
  const records = [record(canaryEvent(START, "a1"), "r-1"), record(suspiciousEvent("h1"), "r-2")];
  const ledger = await ledgerOf(world, records, [SHIPPED, CANARY], options);
  assert.deepEqual([ledger.learned, ledger.new, ledger.canary], [1, 1, 1]);
});

test("it sings while each rule learns a window, begins and counts nothing, and says of no values how common they are", async () => {
  const world = newWorld();
  const options = { learn: "window", counters: true } as const;
  const records = [record(canaryEvent(START, "a1"), "r-1"), record(suspiciousEvent("h1"), "r-2")];
  const ledger = await ledgerOf(world, records, [SHIPPED, CANARY], options);
  assert.deepEqual([ledger.learned, ledger.new, ledger.canary, ledger.learning], [1, 1, 1, 1]);
  assert.deepEqual([...world.history.began.keys()], [startedRule(SHIPPED.rule).key]);
  const [finding] = world.published.map(({ body }) => JSON.parse(body) as JsonObject);
  assert.deepEqual([finding?.["new_terms_stream.type"], finding?.["new_terms_stream.values"]], ["canary", undefined]);
  assert.equal(finding?.["new_terms_stream.why"], undefined);
});

test("an event that is the canary's too hides no other rule's finding, and none is marked but the canary's", async () => {
  const world = newWorld();
  const real = JSON.parse(suspiciousEvent("h1")) as Record<string, JsonObject>;
  const everyRule = someDetector();
  const body = forged(() => ({
    ...real,
    "new_terms_stream.type": "canary",
    new_terms_stream: { type: "canary" },
    // Both at once: a field may have many values.
    host: { ...real["host"], id: ["firstsight-canary", "h1"] },
    process: { ...real["process"], executable: ["/firstsight/canary/x", "/usr/bin/curl"], entity_id: "guessed" },
    event: { ...real["event"], dataset: ["firstsight.canary", "endpoint.events.network"] },
    // Without one, every rule looks at it.
    data_stream: {},
  }));
  await ledgerOf(world, [record(body)], [CANARY, SHIPPED, everyRule]);
  const byRule = Map.groupBy(published(world), ([id]) => id);
  const typesOf = (id: string) => new Set(byRule.get(id)?.map(([, type]) => type));
  assert.deepEqual(typesOf(SHIPPED.rule.rule_id), new Set(["finding"]));
  assert.equal(byRule.get(SHIPPED.rule.rule_id)?.length, 4, "each combination of the shipped rule's");
  assert.deepEqual(typesOf(everyRule.rule.rule_id), new Set(["finding"]));
});

test("who floods the canary's rule gets marked findings, its overflow too", async () => {
  const world = newWorld();
  const many = Array.from({ length: 1200 }, (_, index) => `/firstsight/canary/${index}`);
  await ledgerOf(world, [record(forged(({ process }) => ({ process: { ...process, executable: many } })))]);
  assert.equal(world.published.length, 1001);
  assert.deepEqual(new Set(published(world).map(([, type]) => type)), new Set(["canary"]));
});

test("who knows when the schedule fires cannot make its next event known beforehand", async () => {
  const world = newWorld();
  const next = START + 300_000;
  await ledgerOf(world, [record(forged(() => ({}), next))]);
  world.now = next;
  const ledger = await ledgerOf(world, [record(canaryEvent(next, "d32c5kddcf5bb8c3"), "r-2", next)]);
  assert.deepEqual([ledger.new, ledger.canary], [1, 1]);
});

test("an event says at most that it is five minutes late, and never that it is early or nothing that can be read", async () => {
  const delays: readonly (readonly [string, number])[] = [
    ["1970-01-01T00:00:00Z", 300],
    ["9999-12-31T23:59:59Z", 0],
    ["never", 0],
    ["", 0],
    [new Date(START - 60_000).toISOString(), 60],
  ];
  for (const [time, seconds] of delays) {
    const body = forged(({ process }) => ({ process: { ...process, executable: `/firstsight/canary/${time}` } }));
    assert.equal((await ledgerOf(newWorld(), [record(body)])).canaryDelay, seconds, time);
  }
});
