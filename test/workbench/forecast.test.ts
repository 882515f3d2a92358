import assert from "node:assert/strict";
import { test } from "node:test";
import { forecaster } from "../../src/workbench/forecast.ts";
import type { Seen } from "../../src/workbench/observer.ts";
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
