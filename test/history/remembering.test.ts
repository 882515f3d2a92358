import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryTable } from "../../src/history/memory-table.ts";
import { remembering } from "../../src/history/remembering.ts";
import type { HistoryTable } from "../../src/history/table.ts";

const BYTES = new Uint8Array([1, 2]);

function environment(over: Partial<HistoryTable> = {}) {
  const memory = memoryTable();
  const calls: string[] = [];
  const clock = { now: 0 };
  const told =
    <T extends unknown[], R>(name: string, verb: (...args: T) => R) =>
    (...args: T): R => {
      calls.push(name);
      return verb(...args);
    };
  const asked = { ...memory, ...over };
  const table = {
    ...asked,
    keepFragment: told("keep", asked.keepFragment),
    fragment: told("find", asked.fragment),
  };
  return { table: remembering(table, () => clock.now), memory, calls, clock };
}

test("a fragment is written once by an environment, also where many findings wait for it", async () => {
  const { table, memory, calls } = environment();
  assert.equal(table.hasFragment("d"), false);
  assert.deepEqual(await Promise.all([1, 2, 3].map(() => table.keepFragment("d", BYTES))), [true, true, true]);
  assert.equal(await table.keepFragment("d", BYTES), true);
  assert.deepEqual([calls, table.hasFragment("d")], [["keep"], true]);
  memory.fragments.clear();
  assert.deepEqual(await table.fragment("d"), BYTES, "whoever stored it has it");
});

test("what another environment stored is read once, and then known to be stored", async () => {
  const { table, memory, calls } = environment();
  assert.equal(await table.fragment("d"), undefined);
  memory.fragments.set("d", BYTES);
  assert.deepEqual([await table.fragment("d"), await table.fragment("d")], [BYTES, BYTES]);
  assert.deepEqual([calls, table.hasFragment("d")], [["find", "find"], true]);
});

test("a failed write is told to one, and for a minute none is tried", async () => {
  let isDown = true;
  const { table, calls, clock } = environment({
    keepFragment: async () => {
      if (isDown) throw new Error("throttled");
      return true;
    },
  });
  const outcomes = await Promise.allSettled([table.keepFragment("d", BYTES), table.keepFragment("d", BYTES)]);
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : "told")),
    ["told", false],
  );
  isDown = false;
  assert.deepEqual([await table.keepFragment("d", BYTES), await table.keepFragment("e", BYTES)], [false, false]);
  clock.now += 60_000;
  assert.equal(await table.keepFragment("d", BYTES), true);
  assert.deepEqual(calls, ["keep", "keep"]);
});

test("an environment remembers so many, and no more", async () => {
  const { table } = environment();
  for (let index = 0; index < 600; index++) await table.keepFragment(`d${index}`, BYTES);
  assert.deepEqual([table.hasFragment("d0"), table.hasFragment("d599")], [false, true]);
});

test("after an hour an environment sees to it that a fragment is still there", async () => {
  const { table, memory, calls, clock } = environment();
  await table.keepFragment("d", BYTES);
  memory.fragments.clear();
  clock.now += 3_599_999;
  assert.deepEqual([await table.keepFragment("d", BYTES), memory.fragments.size], [true, 0]);
  clock.now += 1;
  assert.equal(table.hasFragment("d"), false);
  assert.deepEqual([await table.keepFragment("d", BYTES), memory.fragments.size], [true, 1]);
  assert.deepEqual([calls, table.hasFragment("d")], [["keep", "keep"], true]);
});
