import assert from "node:assert/strict";
import { test } from "node:test";
import { unhurried } from "../../src/detect/deadline.ts";
import { detect } from "../../src/detect/detect.ts";
import { ruleSet } from "../../src/detect/rule-set.ts";
import { publishWith } from "../../src/finding/publisher.ts";
import { findingSchema } from "../../src/finding/schema.ts";
import { openFinding } from "../../src/finding/seal.ts";
import { memoryTable } from "../../src/history/memory-table.ts";
import { remembering } from "../../src/history/remembering.ts";
import { sweep } from "../../src/history/sweep.ts";
import type { HistoryTable } from "../../src/history/table.ts";
import { deliveryOf } from "../../src/stream/delivery.ts";
import { someDetector } from "../support/rules.ts";
import { collect, invoke, keep, LIFE_MS, newWorld, recordOf, START, sweepOnce, type World } from "../support/world.ts";

// A finding is stored without what all findings of its rule have the same. Whoever publishes it puts that back.

const NOTE = "## Triage\n\nLook closely.";
const rule = someDetector({ note: NOTE });
/** The same rule, as it is deployed after. */
const edited = someDetector({ note: "Look elsewhere.", version: "2026/02/02" });
const record = recordOf("e1", "h1", "/bin/x");

/** The body as a process that lives publishes it. */
async function wholeBody(): Promise<string> {
  const world = newWorld();
  await invoke(world, [record], [rule]);
  return world.published[0]?.body ?? assert.fail("nothing published");
}

/** A world in which somebody claimed and died. */
async function abandoned(): Promise<World> {
  const world = newWorld();
  // A read, the fragment, and the claim.
  const { detection } = await invoke(world, [record], [rule], { kill: { call: 2, heard: true } });
  assert.equal(detection, "killed");
  const [item] = world.history.items.values();
  assert.ok(item?.state === "P" && !openFinding(item.outbox).includes(NOTE.slice(0, 5)), "stored without it");
  return world;
}

test("the sweeper, which knows no rule, publishes the whole body", async () => {
  const world = await abandoned();
  world.now += LIFE_MS + 10_000;
  await sweepOnce(world);
  assert.deepEqual(
    world.published.map(({ body }) => body),
    [await wholeBody()],
  );
});

test("a take-over by an environment with another version of the rule publishes what was stored", async () => {
  const world = await abandoned();
  await invoke(world, [record], [edited]);
  assert.deepEqual(
    world.published.map(({ body }) => body),
    [await wholeBody()],
  );
});

test("a finding whose fragment is lost is published all the same, and says what it lacks", async () => {
  const world = await abandoned();
  world.history.fragments.clear();
  world.now += LIFE_MS + 10_000;
  await sweepOnce(world);
  const [{ body = "" } = {}] = world.published;
  const finding = findingSchema.parse(JSON.parse(body));
  assert.equal(finding["kibana.alert.rule.rule_id"], "some-rule");
  assert.equal(finding["new_terms_stream.truncated"]?.length, 1);
  assert.equal([...world.history.items.values()][0]?.state, "D");
});

test("a finding whose fragment cannot be asked for stays in the outbox until it can", async () => {
  const world = await abandoned();
  world.now += LIFE_MS + 10_000;
  const errors: unknown[] = [];
  const table: HistoryTable = { ...world.history, fragment: () => Promise.reject(new Error("timeout")) };
  const options = {
    table,
    now: () => world.now,
    mayStart: () => true,
    onError: (error: unknown) => errors.push(error),
  };
  const { report } = await sweep({ ...options, publish: publishWith(collect(world), table) });
  assert.deepEqual([report.published, report.pending, errors.length], [0, 1, 1]);
  world.now += 3_600_000;
  await sweepOnce(world);
  assert.equal(world.published[0]?.body, await wholeBody());
});

/** One invocation over a table that is asked by way of others' hands. */
async function deliver(world: World, over: Partial<HistoryTable>, records = [record]) {
  const errors: unknown[] = [];
  const ports = {
    history: remembering({ ...world.history, ...over }, () => world.now),
    known: new Map<string, number>(),
    publisher: collect(world),
    quarantine: keep(world),
    now: () => world.now,
    onError: (error: unknown) => errors.push(error),
  };
  const { ledger } = await detect(deliveryOf(records), ruleSet([rule]), ports, unhurried(world.now + LIFE_MS));
  return { errors, ledger };
}

test("no claim is made before the fragment is stored that its finding names", async () => {
  const world = newWorld();
  const claim: HistoryTable["claim"] = (key, given) => {
    assert.equal(world.history.fragments.size, 1);
    return world.history.claim(key, given);
  };
  const keepFragment: HistoryTable["keepFragment"] = async (...given) => {
    await new Promise((resolve) => setImmediate(resolve));
    return world.history.keepFragment(...given);
  };
  const records = Array.from({ length: 50 }, (_, index) => recordOf(`e${index}`, `h${index}`, "/bin/x"));
  const { ledger, errors } = await deliver(world, { claim, keepFragment }, records);
  assert.deepEqual([ledger.published, errors], [50, []]);
});

test("where the fragment cannot be stored findings are stored whole, after one try, and are the same", async () => {
  const world = newWorld();
  let tries = 0;
  const keepFragment = async () => {
    tries++;
    throw new Error("throttled");
  };
  const records = [record, ...Array.from({ length: 50 }, (_, index) => recordOf(`f${index}`, `g${index}`, "/bin/x"))];
  const { ledger, errors } = await deliver(world, { keepFragment }, records);
  assert.deepEqual([ledger.published, tries, errors.length], [51, 1, 1]);
  assert.equal(world.published[0]?.body, await wholeBody());
  assert.equal(world.history.fragments.size, 0);
});

test("environments that store the same fragment at once store one", async () => {
  const history = memoryTable();
  const worlds = [newWorld(history), newWorld(history)];
  const records = [record, recordOf("e2", "h2", "/bin/x", START)];
  await Promise.all(worlds.map((world, index) => invoke(world, records.slice(index, index + 1), [rule])));
  assert.equal(history.fragments.size, 1);
  assert.ok(worlds.every(({ published }) => published[0]?.body.includes("Look closely.")));
});
