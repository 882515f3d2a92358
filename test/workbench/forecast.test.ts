import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { seeded } from "../../src/local/sample-events.ts";
import { loadRuleFiles } from "../../src/rule/load.ts";
import { forecaster } from "../../src/workbench/forecast.ts";
import type { Block } from "../../src/workbench/input/blocks.ts";
import type { Seen } from "../../src/workbench/observer.ts";
import { replay } from "../../src/workbench/replay.ts";
import { windows } from "../../src/workbench/windows.ts";
import { anyRule } from "../support/built-function.ts";
import { someDetector } from "../support/rules.ts";

const DAY = 86_400_000;
const WINDOW = 7 * DAY;

function perDayOf(days: readonly number[]) {
  const counts = forecaster([someDetector()], [WINDOW]);
  for (const [index, day] of days.entries()) {
    const seen = { rule: 0, key: "k", triggerId: "t", count: 1, source: "s", line: 1, text: "" };
    counts.see({ ...seen, at: day * DAY, terms: [`h-${index}`, "/x"] } satisfies Seen);
  }
  return counts.forecasts().find(({ isOwn }) => isOwn)?.perDay;
}

test("days without findings count, and the days of the first window do not", () => {
  // Twenty whole days behind the first window: one of five findings, one of two, one of one.
  assert.deepEqual(perDayOf([0, 3, 8, 8, 8, 8, 8, 10, 10, 27]), { days: 20, mean: 8 / 20, p95: 2, most: 5 });
  assert.deepEqual(perDayOf([0, 27]), { days: 20, mean: 1 / 20, p95: 0, most: 1 });
});

test("an event that says it is of a million years ahead costs nothing", () => {
  const days = 90_000_000;
  assert.deepEqual(perDayOf([0, days]), { days: days - 7, mean: 1 / (days - 7), p95: 0, most: 1 });
});

const folder = mkdtempSync(join(tmpdir(), "firstsight-forecast-"));
after(() => rmSync(folder, { recursive: true }));
const HOUR = 3_600_000;
const START = Date.parse("2026-10-01T00:00:00Z");

function ruleFile(id: string, more: string): string {
  const path = join(folder, `${id}.toml`);
  writeFileSync(path, anyRule(id, more));
  return path;
}
const BY_USER = ruleFile(
  "by-user",
  'alert_suppression = { group_by = ["user.name"], duration = { value = 1, unit = "h" }, missing_fields_strategy = "doNotSuppress" }',
);
const PLAIN = ruleFile("plain", "");

async function* blockOf(lines: readonly string[]): AsyncGenerator<Block> {
  yield { source: "events", first: 1, bytes: Buffer.from(lines.join("\n")) };
}

/** What replay finds, and what is forecast of the same. */
async function both(lines: readonly string[], ruleFiles: readonly string[]) {
  const { detectors } = loadRuleFiles(ruleFiles);
  const counts = forecaster(detectors, [DAY, 7 * DAY]);
  const settings = { ruleFiles, now: START };
  const { result } = await replay(blockOf(lines), { settings, workers: 0, onDecision: ({ seen }) => counts.see(seen) });
  return { result, forecasts: counts.forecasts() };
}

test("of a rule that suppresses, messages and combinations are those that a replay finds, also of a flood", async () => {
  let floods = 0;
  let quiet = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const random = seeded(seed);
    const count = 50 + Math.floor(random() * 1500);
    const users = 1 + Math.floor(random() * 4);
    let at = START;
    const lines = Array.from({ length: count }, (_, index) => {
      at += [1, 1000, HOUR / 300, HOUR / 2, HOUR, HOUR + 1][Math.floor(random() * (seed % 2 === 0 ? 2 : 6))] ?? 0;
      const name = Math.floor(random() * (users + 1));
      return JSON.stringify({
        "@timestamp": new Date(at).toISOString(),
        event: { id: `${index}` },
        host: { id: `h${Math.floor(random() * count)}` },
        process: { executable: "/bin/x" },
        ...(name === users ? {} : { user: { name: `u${name}` } }),
      });
    });
    const { result, forecasts } = await both(lines, seed % 3 === 0 ? [PLAIN, BY_USER] : [BY_USER]);
    const rule = result.rules.find(({ ruleId }) => ruleId === "by-user") ?? assert.fail();
    const own = forecasts.find(({ ruleId, isOwn }) => isOwn && ruleId === "by-user") ?? assert.fail();
    const { suppressed = 0, closings = 0 } = rule.suppression ?? {};
    assert.deepEqual(
      { findings: own.findings, published: own.messages?.published, closings: own.messages?.closings },
      { findings: rule.findings + suppressed, published: rule.findings, closings },
      `seed ${seed}`,
    );
    if (suppressed > 400 && closings < 40) floods++;
    if (rule.findings > 10 && closings > 10) quiet++;
    // Fewer fields, or a shorter window, have messages of their own; a rule that does not suppress has none.
    for (const each of forecasts) assert.equal(each.messages !== undefined, each.ruleId === "by-user");
  }
  assert.ok(floods > 1 && quiet > 1, `${floods} floods, ${quiet} others`);
});

test("messages a day are of the same days as combinations, a closing message of the day its window ends", async () => {
  const line = (host: string, at: number) =>
    JSON.stringify({
      "@timestamp": new Date(at).toISOString(),
      host: { id: host },
      process: { executable: "/bin/x" },
      user: { name: "ada" },
    });
  const late = START + 2 * DAY + 23.5 * HOUR;
  const lines = [
    line("h1", START),
    line("h2", late),
    line("h3", late + 1),
    line("h4", late + 2),
    line("h1", START + 5 * DAY),
  ];
  const { forecasts } = await both(lines, [BY_USER]);
  const one = forecasts.find(({ windowMs, fields }) => windowMs === DAY && fields.length === 2) ?? assert.fail();
  // Whole days behind the first: the third has three combinations and one finding, the fourth the closing message.
  assert.deepEqual(one.perDay, { days: 4, mean: 1, p95: 3, most: 3 });
  assert.deepEqual(one.messages, {
    published: 3,
    closings: 1,
    perDay: { days: 4, mean: 0.75, p95: 1, most: 1 },
  });
});

test("windows that are over are let go, and those that are open are kept, however many groups there are", () => {
  const { enter } = windows();
  enter("open", 0, 10 * DAY, 0);
  for (let index = 0; index < 100_000; index++) enter(`g${index}`, index, 5, index);
  assert.deepEqual(enter("open", 100_000, 10 * DAY, 1), { isPublished: false, closesAt: 10 * DAY });
  assert.deepEqual(enter("g99999", 100_000, 5, 2), { isPublished: false, closesAt: 100_004 });
});
