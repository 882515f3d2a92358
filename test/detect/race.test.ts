import assert from "node:assert/strict";
import { test } from "node:test";
import { someDetector } from "../support/rules.ts";
import { invoke, newWorld, recordOf, START, sweepOnce, termsById } from "../support/world.ts";

const detectors = [someDetector()];

test("two deliveries of one new combination at once give one finding id", async () => {
  const world = newWorld();
  const shardA = [recordOf("a", "h1", "/bin/x")];
  const shardB = [recordOf("b", "h1", "/bin/x", START + 5)];
  const runs = await Promise.all([invoke(world, shardA, detectors), invoke(world, shardB, detectors)]);
  assert.equal(termsById(world).size, 1);
  const ledgers = runs.map(({ detection }) => (detection === "killed" ? assert.fail() : detection.ledger));
  assert.equal(
    ledgers.reduce((sum, ledger) => sum + ledger.new, 0),
    1,
  );
  assert.equal(
    ledgers.reduce((sum, ledger) => sum + ledger.known, 0),
    1,
  );
});

test("the same batch delivered twice at once gives one finding id and one body", async () => {
  const world = newWorld();
  const batch = [recordOf("a", "h1", "/bin/x"), recordOf("b", "h2", "/bin/x")];
  await Promise.all([invoke(world, batch, detectors), invoke(world, batch, detectors), sweepOnce(world)]);
  assert.equal(termsById(world).size, 2);
  assert.equal(new Set(world.published.map(({ body }) => body)).size, 2);
});
