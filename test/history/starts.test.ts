import assert from "node:assert/strict";
import { test } from "node:test";
import { startKey } from "../../src/history/key.ts";
import { memoryTable } from "../../src/history/memory-table.ts";
import { learningOf, ruleStarts, type StartedRule } from "../../src/history/starts.ts";
import type { HistoryTable } from "../../src/history/table.ts";

const HOUR = 3_600_000;
const WINDOW = 24 * HOUR;
const T0 = Date.parse("2026-05-25T10:00:00Z");
const rule = (id: string): StartedRule => ({ key: `start#${id}`, ruleId: id, windowMs: WINDOW });

/** An environment with a clock and a count of its requests. */
function environment(over: Partial<HistoryTable> = {}) {
  const memory = memoryTable();
  const asked = { ...memory, ...over };
  const calls: string[] = [];
  const clock = { now: T0 };
  const table = {
    starts: (keys: readonly string[]) => {
      calls.push(`read ${keys.length}`);
      return asked.starts(keys);
    },
    start: (...args: Parameters<HistoryTable["start"]>) => {
      calls.push(`begin ${args[0]}`);
      return asked.start(...args);
    },
  };
  return { memory, calls, clock, starts: ruleStarts(table, () => clock.now) };
}

test("rules begin with what they are first shown, in one read and a write for each, and are then known", async () => {
  const { starts, memory, calls, clock } = environment();
  const rules = [rule("a"), rule("b")];
  const began = new Map([
    ["start#a", T0],
    ["start#b", T0],
  ]);
  assert.deepEqual(await starts.of(rules, T0), began);
  assert.deepEqual(calls.splice(0), ["read 2", "begin start#a", "begin start#b"]);
  assert.deepEqual(await starts.of(rules, T0 + 5), began);
  assert.deepEqual(
    [...memory.began.values()],
    Array.from(rules, () => ({ since: T0, shown: T0 })),
  );
  assert.deepEqual(calls, []);
  clock.now += HOUR;
  await starts.of(rules, T0 + HOUR);
  assert.deepEqual(calls.splice(0), ["read 2"], "while they learn, once an hour: a backfill may have come");
  clock.now += 100 * HOUR;
  await starts.of(rules, T0 + WINDOW);
  assert.deepEqual(calls, [], "what has learned is known for good");
});

test("a rule that comes along begins by itself, and the others go on", async () => {
  const { starts, calls } = environment();
  await starts.of([rule("a")], T0);
  calls.length = 0;
  const both = await starts.of([rule("a"), rule("b")], T0 + HOUR);
  assert.deepEqual(calls, ["read 1", "begin start#b"]);
  assert.deepEqual([...both.values()], [T0, T0 + HOUR]);
});

test("many who ask at once ask the table once", async () => {
  const { starts, calls } = environment();
  await Promise.all(Array.from({ length: 50 }, () => starts.of([rule("a")], T0)));
  assert.deepEqual(calls, ["read 1", "begin start#a"]);
});

test("what another environment began is taken from it, whatever one is shown oneself", async () => {
  const { starts, memory } = environment();
  await memory.start("start#a", { at: T0 - HOUR, ruleId: "a", windowMs: WINDOW });
  assert.deepEqual(await starts.of([rule("a")], T0 - 9 * HOUR), new Map([["start#a", T0 - HOUR]]));
});

test("records of the past begin no rule", async () => {
  const { starts, memory } = environment();
  assert.deepEqual(await starts.of([rule("a")], T0, false), new Map());
  assert.equal(memory.began.size, 0);
});

test("a table that is down is an error for all who wait, is left alone for a moment, and is asked again", async () => {
  let down = true;
  const memory = memoryTable();
  const { starts, calls, clock } = environment({
    starts: async (keys) => (down ? Promise.reject(new Error("down")) : memory.starts(keys)),
    start: memory.start,
  });
  const answers = await Promise.allSettled([starts.of([rule("a")], T0), starts.of([rule("a")], T0)]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    ["rejected", "rejected"],
  );
  await assert.rejects(starts.of([rule("a")], T0), /down/);
  assert.equal(calls.length, 1);
  down = false;
  clock.now += 5000;
  assert.equal((await starts.of([rule("a")], T0)).size, 1);
});

test("245 rules are three reads, and 245 beginnings once", async () => {
  const { starts, calls } = environment();
  const rules = Array.from({ length: 245 }, (_, index) => rule(String(index)));
  await starts.of(rules, T0);
  assert.equal(calls.filter((call) => call.startsWith("read")).length, 3);
  assert.equal(calls.length, 248);
});

test("status tells rules that were never shown the stream, that learn, and that have learned", async () => {
  const table = memoryTable();
  await table.start("start#a", { at: T0, ruleId: "a", windowMs: WINDOW });
  await table.start("start#b", { at: T0 - WINDOW, ruleId: "b", windowMs: WINDOW });
  assert.deepEqual(await learningOf(table, [rule("a"), rule("b"), rule("c")], T0), [
    { ruleId: "a", state: "learning", since: T0, until: T0 + WINDOW },
    { ruleId: "b", state: "learned", since: T0 - WINDOW, until: T0 },
    { ruleId: "c", state: "unseen" },
  ]);
});

test("another query, field or rule has a key of its own", () => {
  const keys = [
    startKey("r", ["a", "b"], ["q"]),
    startKey("r", ["a", "b"], ["q2"]),
    startKey("r", ["a"], ["b", "q"]),
    startKey("r", ["b", "a"], ["q"]),
    startKey("r", ["a", "b"], ["q", "[]"]),
    startKey("s", ["a", "b"], ["q"]),
  ];
  assert.equal(new Set(keys).size, keys.length);
});
