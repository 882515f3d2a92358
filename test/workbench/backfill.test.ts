import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { startedRule } from "../../src/detect/rule-set.ts";
import { combinationKey, counterKey } from "../../src/history/key.ts";
import { type MemoryTable, memoryTable } from "../../src/history/memory-table.ts";
import type { HistoryTable } from "../../src/history/table.ts";
import { seeded } from "../../src/local/sample-events.ts";
import { loadRuleFiles } from "../../src/rule/load.ts";
import { type BackfillOptions, backfill } from "../../src/workbench/backfill.ts";
import type { Block } from "../../src/workbench/input/blocks.ts";
import { replay } from "../../src/workbench/replay.ts";
import { ANY_RULE_ID, anyRule } from "../support/built-function.ts";
import { tableThrough } from "../support/world.ts";

const folder = mkdtempSync(join(tmpdir(), "firstsight-backfill-"));
after(() => rmSync(folder, { recursive: true }));
const RULE = join(folder, "any.toml");
writeFileSync(RULE, anyRule());
const [detector] = loadRuleFiles([RULE]).detectors;
const START_KEY = startedRule((detector ?? assert.fail()).rule).key;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.parse("2026-10-15T00:00:00Z");
const FIELDS = ["host.id", "process.executable"];

const term = (text: string) => ({ text, tag: "keyword", value: text }) as const;
const keyOf = (host: string, executable: string) => combinationKey(ANY_RULE_ID, FIELDS, [term(host), term(executable)]);

function lineOf(at: number, host: string, executable = "/bin/x"): string {
  const time = new Date(at).toISOString();
  return JSON.stringify({ "@timestamp": time, host: { id: host }, process: { executable } });
}

/** Two thousand sightings of sixty combinations over ten days, in no order. */
function month(): string[] {
  const random = seeded(7);
  return Array.from({ length: 2000 }, () =>
    lineOf(NOW - Math.ceil(random() * 10 * DAY), `h${Math.floor(random() * 12)}`, `/bin/${Math.floor(random() * 5)}`),
  );
}

async function* blocksOf(lines: readonly string[]): AsyncGenerator<Block> {
  for (let from = 0; from < lines.length; from += 50) {
    yield { source: "events", first: from + 1, bytes: Buffer.from(`${lines.slice(from, from + 50).join("\n")}\n`) };
  }
}

function filled(lines: readonly string[], table: HistoryTable, more: Partial<BackfillOptions> = {}) {
  const settings = { ruleFiles: [RULE], now: NOW };
  return backfill(blocksOf(lines), { settings, table, workers: 0, counters: true, ...more });
}

const contentOf = ({ items, counters, began }: MemoryTable) =>
  structuredClone({ items: new Map([...items].sort()), counters: new Map([...counters].sort()), began });

test("the table equals what a replay learns, whatever the order, and is the same when it is done again", async () => {
  const lines = month();
  const table = memoryTable();
  const told = await filled(lines, table);
  const settings = { ruleFiles: [RULE], now: NOW };
  const { history } = await replay(blocksOf(lines), { settings, workers: 0, learnMs: Number.POSITIVE_INFINITY });
  assert.deepEqual(contentOf(table).items, contentOf(history).items);
  assert.equal(table.items.size, 60);
  assert.deepEqual([told.sightings, told.learned + told.known, told.counted], [2000, 2000, 17]);
  const before = contentOf(table);
  const again = await filled(lines.toReversed(), table);
  assert.deepEqual(contentOf(table), before);
  assert.deepEqual([again.learned, again.counted], [0, 0]);
});

test("killed at any call and run again, it leaves the table that one run leaves", async () => {
  const lines = month().slice(0, 700);
  const begun = async () => {
    const table = memoryTable();
    await table.start(START_KEY, { at: NOW - 1, ruleId: ANY_RULE_ID, windowMs: 7 * DAY });
    return table;
  };
  const whole = await begun();
  let calls = 0;
  await filled(
    lines,
    tableThrough(whole, (act) => {
      calls++;
      return act();
    }),
  );
  assert.ok(calls > 100, `${calls}`);
  for (let kill = 0; kill < calls; kill += 7) {
    for (const heard of [true, false]) {
      const table = await begun();
      let call = 0;
      const mortal = async <T>(act: () => Promise<T>): Promise<T> => {
        if (call++ < kill) return act();
        if (heard && call === kill + 1) await act();
        throw new Error("killed");
      };
      await assert.rejects(filled(lines, tableThrough(table, mortal)));
      await filled(lines, table);
      assert.deepEqual(contentOf(table), contentOf(whole), `killed at ${kill}`);
    }
  }
});

test("each combination is written once in a refresh step", async () => {
  const lines = Array.from({ length: 1000 }, (_, index) => lineOf(NOW - DAY + index * 60_000, "h1"));
  const memory = memoryTable();
  let writes = 0;
  const count = <Args extends unknown[], T>(verb: (...args: Args) => Promise<T>) => {
    return (...args: Args) => {
      writes++;
      return verb(...args);
    };
  };
  const table = { ...memory, learn: count(memory.learn), refresh: count(memory.refresh) };
  await filled(lines, table, { counters: false });
  assert.ok(writes <= 1000 / 60 + 2, `${writes}`);
});

test("last seen only grows, what is pending stays pending, and nothing is made younger", async () => {
  const table = memoryTable();
  const claim = { windowMs: 7 * DAY, leaseUntil: NOW + 1, ruleId: "r", preview: [], outbox: new Uint8Array([1]) };
  const at = { firstSeen: NOW - HOUR, lastSeen: NOW - HOUR };
  for (const [host, findingId] of [
    ["pending", "f1"],
    ["done", "f2"],
  ] as const) {
    await table.claim(keyOf(host, "/bin/x"), { ...claim, ...at, findingId, triggerId: findingId });
  }
  await table.complete(keyOf("done", "/bin/x"), { findingId: "f2", now: NOW, windowMs: 7 * DAY, lastSeen: NOW - HOUR });
  const before = structuredClone(table.items);
  await filled([lineOf(NOW - DAY, "pending"), lineOf(NOW - DAY, "done")], table);
  assert.deepEqual(table.items, before);
  await filled([lineOf(NOW - 60_000, "pending")], table);
  const item = await table.get(keyOf("pending", "/bin/x"));
  assert.deepEqual([item?.state, item?.state === "P" && item.findingId], ["P", "f1"]);
});

test("what history has forgotten, the future, and what the functions see themselves are left out, and counted", async () => {
  const table = memoryTable();
  const lines = [
    lineOf(NOW - 16 * DAY, "old"),
    lineOf(NOW + 1, "future"),
    lineOf(NOW - 2 * HOUR, "here"),
    lineOf(NOW - HOUR, "live"),
    JSON.stringify({ host: { id: "untimed" }, process: { executable: "/bin/x" } }),
  ];
  await table.start(START_KEY, { at: NOW - 1.5 * HOUR, ruleId: ANY_RULE_ID, windowMs: 7 * DAY });
  const told = await filled(lines, table);
  assert.deepEqual([...table.items.keys()], [keyOf("here", "/bin/x")]);
  assert.deepEqual([told.tooOld, told.tooLate, told.learned], [1, 3, 1]);
  await filled(lines, table, { to: NOW - 30 * 60_000 });
  assert.equal(table.items.size, 2, "where it is said how far, that far");
});

test("events that reach up to a rule's start move it back, others do not, and a rule that has not begun is not begun", async () => {
  const started = async (lines: readonly string[], start?: number) => {
    const table = memoryTable();
    const facts = { ruleId: ANY_RULE_ID, windowMs: 7 * DAY };
    if (start !== undefined) await table.start(START_KEY, { ...facts, at: start });
    const { rules } = await filled(lines, table);
    return [table.began.get(START_KEY)?.since, rules[0]?.isMoved];
  };
  const week = [lineOf(NOW - 8 * DAY, "h"), lineOf(NOW - DAY, "h")];
  assert.deepEqual(await started(week, NOW - DAY + 60_000), [NOW - 8 * DAY, true]);
  assert.deepEqual(await started(week, NOW - HOUR), [NOW - HOUR, false]);
  assert.deepEqual(await started(week), [undefined, false]);
  const year = [lineOf(NOW - 300 * DAY, "h"), lineOf(NOW - DAY, "h")];
  assert.deepEqual(await started(year, NOW - DAY), [NOW - 15 * DAY, true]);
});

test("what one backfill left out another brings, though the start was moved", async () => {
  const table = memoryTable();
  await table.start(START_KEY, { ruleId: ANY_RULE_ID, windowMs: 7 * DAY, at: NOW - HOUR });
  await filled([lineOf(NOW - 8 * DAY, "h1"), lineOf(NOW - HOUR, "h1")], table);
  assert.equal(table.began.get(START_KEY)?.since, NOW - 8 * DAY);
  const { learned, tooLate } = await filled([lineOf(NOW - 2 * DAY, "h2"), lineOf(NOW - 60_000, "h3")], table);
  assert.deepEqual([learned, tooLate], [1, 1]);
});

test("the counters are of the archive's combinations, and never lower than the functions have counted", async () => {
  const table = memoryTable();
  const key = counterKey(ANY_RULE_ID, "process.executable", "/bin/x");
  const hosts = Array.from({ length: 5 }, (_, host) => lineOf(NOW - DAY + host, `h${host}`));
  await filled([...hosts, ...hosts], table);
  const { expires: _, ...count } = table.counters.get(key) ?? assert.fail();
  assert.deepEqual(count, { combinations: 5, firstSeen: NOW - DAY, lastSeen: NOW - DAY + 4 });
  await table.count(key, { by: 3, at: NOW, windowMs: 7 * DAY, ruleId: ANY_RULE_ID });
  await filled(hosts, table);
  assert.equal(table.counters.get(key)?.combinations, 8);
});
