import assert from "node:assert/strict";
import { test } from "node:test";
import { imbalances } from "../../src/detect/ledger.ts";
import type { StreamRecord } from "../../src/stream/record.ts";
import { someDetector } from "../support/rules.ts";
import { invoke, LIFE_MS, newWorld, recordOf, START, sweepOnce, termsById, type World } from "../support/world.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const detectors = [someDetector()];

const poison: StreamRecord = { id: "shard-0:poison", arrival: START, bytes: Buffer.from("{broken") };

/** New combinations, one of them twice; a known one that is due for a refresh; one out of its window; and poison. */
const batch: readonly StreamRecord[] = [
  recordOf("e1", "h1", "/bin/new"),
  recordOf("e2", "h2", "/bin/new"),
  recordOf("e3", "h1", "/bin/new", START + 1000),
  recordOf("e4", "h1", "/bin/known"),
  recordOf("e5", "h1", "/bin/old"),
  recordOf("e6", "h1", "/bin/abandoned"),
  poison,
];

const EXPECTED = ['["h1","/bin/abandoned"]', '["h1","/bin/new"]', '["h1","/bin/old"]', '["h2","/bin/new"]'];

/** A past with something known, something forgotten, and something claimed by an invocation that died. */
async function pastWorld(): Promise<World> {
  const world = newWorld();
  world.now = START - 30 * DAY_MS;
  await invoke(world, [recordOf("p1", "h1", "/bin/old", world.now)], detectors);
  world.now = START - DAY_MS;
  await invoke(world, [recordOf("p2", "h1", "/bin/known", world.now)], detectors);
  const dying = [recordOf("p3", "h1", "/bin/abandoned", world.now)];
  // Its calls are a read, the fragment, and the claim.
  await invoke(world, dying, detectors, { kill: { call: 2, heard: true } });
  world.now = START;
  world.published.length = 0;
  return world;
}

const { calls } = await invoke(await pastWorld(), batch, detectors);

test("the batch talks to the world often enough for the kills to mean something", () => {
  assert.ok(calls >= 12, `only ${calls} calls`);
});

for (let call = 0; call < calls; call++) {
  for (const heard of [false, true]) {
    const name = `killed ${heard ? "after" : "before"} call ${call + 1} of ${calls}`;

    test(`${name}, then delivered again`, async () => {
      const world = await pastWorld();
      assert.equal((await invoke(world, batch, detectors, { kill: { call, heard } })).detection, "killed");
      world.now += 5000;
      await expectAll(world, (await invoke(world, batch, detectors)).detection);
    });

    test(`${name}, swept once the lease is over, then delivered again`, async () => {
      const world = await pastWorld();
      await invoke(world, batch, detectors, { kill: { call, heard } });
      world.now += LIFE_MS + 10_000;
      await sweepOnce(world);
      await expectAll(world, (await invoke(world, batch, detectors)).detection);
    });

    test(`${name}, and killed again there, then delivered a third time and swept`, async () => {
      const world = await pastWorld();
      await invoke(world, batch, detectors, { kill: { call, heard } });
      await invoke(world, batch, detectors, { kill: { call, heard: !heard } });
      await expectAll(world, (await invoke(world, batch, detectors)).detection);
    });
  }
}

/** Each new combination is out, under one id and one body; nothing is pending after a sweep, nothing undecided. */
async function expectAll(world: World, detection: Awaited<ReturnType<typeof invoke>>["detection"]): Promise<void> {
  assert.notEqual(detection, "killed");
  if (detection === "killed") return;
  assert.deepEqual(detection.undecided, []);
  assert.deepEqual(imbalances(detection.ledger), []);
  world.now += LIFE_MS + HOUR_MS;
  await sweepOnce(world);

  assert.deepEqual([...termsById(world).values()].sort(), EXPECTED, "each combination under exactly one id");
  const bodies = new Map<string, string>();
  for (const { findingId, body } of world.published) {
    assert.equal(bodies.get(findingId) ?? body, body, "every publication of an id has the same body");
    bodies.set(findingId, body);
  }
  for (const [key, item] of world.history.items) {
    assert.notEqual(item.state, "P", `${key} is still pending`);
    assert.ok(item.expires !== undefined, `${key} does not age`);
  }
  assert.ok(world.quarantined.length >= 1, "the poison is in quarantine");
}
