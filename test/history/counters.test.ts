import assert from "node:assert/strict";
import { test } from "node:test";
import { countersOf } from "../../src/history/counters.ts";
import { memoryTable } from "../../src/history/memory-table.ts";
import { type HistoryTable, MOST_COUNTED } from "../../src/history/table.ts";

const T0 = Date.parse("2026-05-25T10:00:00Z");
const WINDOW = 7 * 86_400_000;
const counted = (keys: readonly string[], at = T0) => ({ keys, ruleId: "r", at, windowMs: WINDOW });

function opened(over: Partial<HistoryTable> = {}) {
  const memory = memoryTable();
  const errors: unknown[] = [];
  const calls = { counts: 0, keys: 0, count: 0 };
  const asked = { ...memory, ...over };
  const table: Pick<HistoryTable, "counts" | "count"> = {
    counts(keys) {
      calls.counts++;
      calls.keys += keys.length;
      assert.ok(keys.length <= 100 && new Set(keys).size === keys.length);
      return asked.counts(keys);
    },
    count(key, more) {
      calls.count++;
      return asked.count(key, more);
    },
  };
  return { memory, errors, calls, counters: countersOf(table, (error) => errors.push(error)) };
}

test("what many findings share is read once and written once", async () => {
  const { counters, memory, calls } = opened();
  const many = Array.from({ length: 90 }, (_, host) => counted([`host ${host}`, "curl"], T0 + host));
  await counters.look(many);
  assert.deepEqual(calls, { counts: 1, keys: 91, count: 0 });
  assert.deepEqual(counters.get("curl"), { combinations: 0 });
  await counters.count(many);
  assert.equal(calls.count, 91);
  const { expires: _, ...curl } = memory.counters.get("curl") ?? assert.fail();
  assert.deepEqual(curl, { combinations: 90, firstSeen: T0 + 89, lastSeen: T0 + 89 });
  assert.equal(counters.get("curl")?.combinations, 90, "what comes later is told");
  assert.equal(counters.get("never looked at"), undefined);
});

test("a value above a thousand is written no more", async () => {
  const { counters, memory, calls } = opened();
  await memory.count("curl", { by: MOST_COUNTED + 1, at: T0, windowMs: WINDOW, ruleId: "r" });
  await counters.look([counted(["h", "curl"])]);
  await counters.count([counted(["h", "curl"])]);
  assert.equal(calls.count, 1);
});

test("of a storm the beginning is counted, and what is most shared first", async () => {
  const { counters, memory, calls } = opened();
  const many = Array.from({ length: 5000 }, (_, host) => counted([`host ${host}`, "curl"]));
  await counters.look(many);
  await counters.look(many.map(({ keys: [host = ""] }) => counted([`other ${host}`])));
  assert.equal(calls.keys, 2000);
  await counters.count(many);
  await counters.count(many);
  assert.equal(calls.count, 500);
  assert.equal(memory.counters.get("curl")?.combinations, 5000);
});

test("a table that hangs is not waited for", async () => {
  const { counters, errors } = opened({ counts: () => new Promise(() => {}), count: () => new Promise(() => {}) });
  const started = performance.now();
  await counters.look([counted(["h", "curl"])]);
  await counters.count(Array.from({ length: 100 }, (_, host) => counted([`host ${host}`])));
  assert.ok(performance.now() - started < 2000);
  assert.equal(counters.get("h"), undefined);
  assert.deepEqual(errors, []);
});

test("a table that hangs is waited for once, however often a combination is new again", async () => {
  const { counters } = opened({ counts: () => new Promise(() => {}) });
  const started = performance.now();
  for (let time = 0; time < 20; time++) await counters.look([counted(["h", `curl ${time}`])]);
  assert.ok(performance.now() - started < 2000);
});

test("a table that fails is told of once, and asked no more", async () => {
  const { counters, errors, calls } = opened({
    counts: async () => Promise.reject(new Error("throttled")),
    count: async () => Promise.reject(new Error("throttled")),
  });
  await counters.look([counted(["h", "curl"])]);
  await counters.look([counted(["h", "curl"])]);
  await counters.count([counted(["h", "curl"])]);
  assert.equal(errors.length, 1);
  assert.deepEqual(calls, { counts: 1, keys: 2, count: 0 });
});
