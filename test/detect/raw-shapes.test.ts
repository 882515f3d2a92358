import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyLedger } from "../../src/detect/ledger.ts";
import { readRecords } from "../../src/detect/read.ts";
import { ruleSet } from "../../src/detect/rule-set.ts";
import type { RawShape } from "../../src/normalize/raw-shape.ts";
import { RECORD_BUDGET } from "../../src/stream/budget.ts";
import { deliveryOf } from "../../src/stream/delivery.ts";
import { shippedDetector } from "../support/rules.ts";

const WINDOWS = '{"EventID":4624,"Channel":"Security","Computer":"dc-1"}';
const CALL =
  '{"eventVersion":"1.11","eventTime":"2026-02-03T10:11:12Z","eventSource":"sts.amazonaws.com","eventName":"GetCallerIdentity","eventID":"e"}';
const ECS = '{"@timestamp":"2026-02-03T10:11:12Z","event":{"category":["process"]}}';

/** What the shipped rule's reading counts of these records, and the shapes that it was told of. */
function read(texts: readonly string[]) {
  const ledger = emptyLedger();
  const shapes = new Map<RawShape, number>();
  const unbounded = Number.POSITIVE_INFINITY;
  const options = {
    rules: ruleSet([shippedDetector()]),
    ports: { now: () => 0, onError: () => assert.fail() },
    until: unbounded,
    budget: RECORD_BUDGET,
    maxWaiting: unbounded,
    ledger,
    onRawShape: (shape: RawShape) => shapes.set(shape, (shapes.get(shape) ?? 0) + 1),
  };
  const records = texts.map((text, index) => ({ id: String(index), arrival: 0, bytes: Buffer.from(text) }));
  for (const _ of readRecords(deliveryOf(records), options));
  const { skipped, events, normalised, unnormalised } = ledger;
  return { skipped, events, normalised, unnormalised, shapes: Object.fromEntries(shapes) };
}

test("of what is passed over the first is looked at, and one in a thousand", () => {
  const texts = Array.from({ length: 2500 }, () => WINDOWS);
  assert.deepEqual(read(texts), {
    ...{ skipped: 2500, events: 0, normalised: 0, unnormalised: 3 },
    shapes: { windows: 3 },
  });
});

test("what no rule asks for, and is ECS or can be made so, is nothing to tell of", () => {
  for (const text of [ECS, CALL, '{"a":1}']) {
    assert.deepEqual(read([text]), { skipped: 1, events: 0, normalised: 0, unnormalised: 0, shapes: {} });
  }
});

test("what is read is counted, each event", () => {
  assert.deepEqual(read([`[${WINDOWS},${CALL},${ECS},${CALL},${WINDOWS},${WINDOWS}]`]), {
    ...{ skipped: 0, events: 6, normalised: 2, unnormalised: 3 },
    shapes: { windows: 3, cloudtrail: 2 },
  });
});

test("what is large or broken is not looked at where it is passed over", () => {
  const large = `{"EventID":1,"Channel":"c","Computer":"${"x".repeat(70_000)}"}`;
  assert.equal(read([large]).unnormalised, 0);
  assert.equal(read([`{"EventID":1,"Channel":"c","Computer":}`]).unnormalised, 0);
});
