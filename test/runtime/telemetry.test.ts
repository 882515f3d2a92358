import assert from "node:assert/strict";
import { test } from "node:test";
import type { Context } from "aws-lambda";
import { emptyLedger } from "../../src/detect/ledger.ts";
import { ruleCounts } from "../../src/detect/rule-counts.ts";
import { METRICS } from "../../src/runtime/metrics.ts";
import { writeMetrics } from "../../src/runtime/telemetry.ts";
import { captured } from "../support/cloud.ts";

const context = { functionName: "f", awsRequestId: "r" } as Context;

async function linesOf(...runs: Parameters<typeof writeMetrics>[]): Promise<Record<string, unknown>[]> {
  const { printed } = await captured(async () => {
    for (const run of runs) writeMetrics(...run);
  });
  return printed
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function metricsIn(line: Record<string, unknown> = {}) {
  const { CloudWatchMetrics } = line["_aws"] as {
    readonly CloudWatchMetrics: readonly {
      readonly Dimensions: unknown;
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
  assert.equal(CloudWatchMetrics.length, 1);
  return CloudWatchMetrics[0];
}

// Before any test: what the test runner prints must not be captured.
const busy = ruleCounts();
for (let index = 0; index < 100; index++) {
  const count = busy.of(`${index}-${"r".repeat(5000)}`);
  count.matched = index;
  count.new = index === 7 ? 3 : 0;
}
const ledger = { ...emptyLedger(), records: 3, skipped: 2, new: 1 };
const [first, second, sweep] = await linesOf(
  ["kinesis", ledger, context, busy],
  ["kinesis", ledger, context, ruleCounts()],
  ["sweep", { due: 4, published: 2, pending: 1, overdueSeconds: 9 }, context],
);

test("a line has the metrics of its function, by the function alone, and all else beside", () => {
  const block = metricsIn(first);
  assert.deepEqual(block?.Dimensions, [["service", "function"]]);
  assert.deepEqual(block?.Metrics.map(({ Name }) => Name).sort(), [...METRICS.kinesis].sort());
  assert.partialDeepStrictEqual(first, { function: "f", requestId: "r", records: 3, skipped: 2, new: 1 });
  for (const name of Object.keys(ledger)) assert.ok(name in (first ?? {}), `${name} is in the line`);
  assert.deepEqual(metricsIn(sweep)?.Metrics, [
    { Name: "published", Unit: "Count" },
    { Name: "pending", Unit: "Count" },
    { Name: "overdueSeconds", Unit: "Seconds" },
  ]);
  assert.partialDeepStrictEqual(sweep, { due: 4, published: 2, pending: 1, overdueSeconds: 9 });
});

test("of many rules a line tells of those that found most, and how many it leaves out; it is bounded", () => {
  const rules = first?.["rules"] as readonly { readonly id: string; readonly new: number; readonly matched: number }[];
  assert.equal(rules.length, 20);
  assert.deepEqual([rules[0]?.new, rules[1]?.matched, rules[19]?.matched], [3, 99, 81]);
  assert.equal(first?.["rulesUntold"], 80);
  assert.ok(JSON.stringify(first).length < 8000, `${JSON.stringify(first).length} characters`);
});

test("a line has nothing of the one before", () => {
  assert.ok(!("rules" in (second ?? {})) && !("rulesUntold" in (second ?? {})));
  assert.ok(!("records" in (sweep ?? {})));
});
