import assert from "node:assert/strict";
import { test } from "node:test";
import { brokenPromises, simulate } from "../support/simulation.ts";

// Workers, duplicates and sweepers at once, with faults at any step. A run is its seed: SEED=17 RUNS=1 plays one again.

const SEED = Number(process.env["SEED"] ?? 1);
const RUNS = Number(process.env["RUNS"] ?? 300);

test(`whatever fails, each new combination has one finding, one id and one body: ${RUNS} runs`, async () => {
  const total: Record<string, number> = {};
  for (let seed = SEED; seed < SEED + RUNS; seed++) {
    const report = await simulate({ seed });
    assert.deepEqual(brokenPromises(report), [], `SEED=${seed} RUNS=1: ${JSON.stringify(report)}`);
    for (const [fault, count] of Object.entries(report.faults)) total[fault] = (total[fault] ?? 0) + count;
  }
  for (const [fault, count] of Object.entries(total)) assert.ok(RUNS < 50 || count > 0, `${fault} was never injected`);
});

test(`with alert suppression each is in one finding or in one closing message: ${RUNS} runs`, async () => {
  let [closings, suppressed, findings] = [0, 0, 0];
  for (let seed = SEED; seed < SEED + RUNS; seed++) {
    const report = await simulate({ seed, suppresses: true });
    assert.deepEqual(brokenPromises(report), [], `SEED=${seed} RUNS=1: ${JSON.stringify(report)}`);
    closings += report.closings;
    suppressed += report.suppressed;
    findings += report.findings;
  }
  if (RUNS < 50) return;
  assert.ok(closings > RUNS, `only ${closings} windows were closed`);
  assert.ok(suppressed > findings / 2, `only ${suppressed} were suppressed beside ${findings} findings`);
});
