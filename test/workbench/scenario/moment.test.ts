import assert from "node:assert/strict";
import { test } from "node:test";
import { durationOf, durationText, momentOf, momentText, ZERO } from "../../../src/workbench/scenario/moment.ts";

test("durations are read and written, largest unit first, each once", () => {
  const DAY = 86_400_000;
  for (const [text, ms] of [
    ["0s", 0],
    ["1d", DAY],
    ["1d12h", 1.5 * DAY],
    ["90m", 5_400_000],
    ["2w", 14 * DAY],
    ["5ms", 5],
    ["1m5ms", 60_005],
  ] as const) {
    assert.equal(durationOf(text), ms, text);
    assert.equal(durationOf(durationText(ms)), ms, text);
  }
  for (const text of ["", "1", "d", "-1d", "1y", "1h1d", "1d1d", "1 d", "1.5d", "99999999d", "1d".repeat(1000)]) {
    assert.equal(durationOf(text), undefined, text);
  }
});

test("moments are offsets from 2026, or ISO times with a zone", () => {
  assert.equal(momentOf("0s"), Date.parse("2026-01-01T00:00:00Z"));
  assert.equal(momentOf("2026-01-02T01:00+01:00"), ZERO + 86_400_000);
  assert.equal(momentText(ZERO + 86_400_000), "1d");
  assert.equal(momentText(Date.parse("2025-12-31T23:00:00Z")), "2025-12-31T23:00:00.000Z");
  for (const text of [
    "2026-01-01",
    "2026-01-01T00:00:00",
    "2026-13-01T00:00Z",
    "now",
    "2026-01-01T00:00:00.1234Z",
    "2026-01-01T00:00+99:00",
  ]) {
    assert.equal(momentOf(text), undefined, text);
  }
});
