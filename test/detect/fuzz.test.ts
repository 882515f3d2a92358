import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { imbalances } from "../../src/detect/ledger.ts";
import { kplAggregate } from "../../src/local/kpl-encode.ts";
import { cloudWatchLogs } from "../../src/local/sample-stream.ts";
import { base64Delivery } from "../../src/stream/delivery.ts";
import type { StreamRecord } from "../../src/stream/record.ts";
import { someDetector } from "../support/rules.ts";
import { invoke, newWorld, START } from "../support/world.ts";

// Whatever bytes come: no crash, a ledger that balances, and every record read, put away or said to be undecided.

const detectors = [someDetector(), someDetector({ rule_id: "second", query: "message:(a or b*) and not host.id:x" })];

const name = fc.constantFrom(
  "host",
  "id",
  "process",
  "executable",
  "host.id",
  "process.executable",
  "event",
  "message",
  "__proto__",
  "constructor",
  "toString",
  "data_stream",
  "0",
  "",
);
const scalar = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.double(),
  fc.constantFrom<unknown>(
    "h1",
    "/bin/x",
    JSON.rawJSON("1e400"),
    -0,
    9007199254740993n,
    null,
    true,
    "2026-05-25T10:00:00Z",
    "\u0000",
    "\ud800",
  ),
);
const { document } = fc.letrec((tie) => ({
  document: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar,
    fc.array(tie("document"), { maxLength: 4 }),
    fc.dictionary(name, tie("document"), { maxKeys: 5 }),
  ),
}));
const json = document.map(
  (value) =>
    JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? JSON.rawJSON(String(inner)) : inner)) ??
    "null",
);
const text = fc.oneof(
  json,
  fc.array(json, { maxLength: 4 }).map((lines) => lines.join("\n")),
  fc.array(json, { maxLength: 4 }).map((parts) => parts.join("")),
  fc.array(json, { maxLength: 4 }).map((parts) => cloudWatchLogs(parts, "f")),
  fc.string({ maxLength: 40 }),
  fc.integer({ min: 1, max: 3000 }).map((depth) => `{"a":${"[".repeat(depth)}`),
);
const whole = text.map((content) => Buffer.from(content));
const packed = fc.oneof(
  whole,
  whole.map((bytes) => gzipSync(bytes)),
  fc.array(whole, { maxLength: 4 }).map((parts) => kplAggregate("k", parts)),
  fc.array(whole, { maxLength: 3 }).map((parts) =>
    kplAggregate(
      "k",
      parts.map((part) => gzipSync(part)),
    ),
  ),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
);
const damaged = fc
  .tuple(packed, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.boolean())
  .map(([bytes, at, byte, cut]) => {
    const copy = Buffer.from(bytes);
    if (copy.length > 0) copy[at % copy.length] = byte;
    return cut ? copy.subarray(0, at % (copy.length + 1)) : copy;
  });
const record = fc.oneof({ weight: 3, arbitrary: packed }, { weight: 2, arbitrary: damaged });

test("any batch of any bytes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(record, { maxLength: 6 }), fc.string({ maxLength: 12 }), async (contents, broken) => {
      const world = newWorld();
      const records = [
        ...contents.map((bytes, index): StreamRecord => ({ id: `r${index}`, arrival: START, bytes })),
        base64Delivery([broken], () => ({ id: "broken", arrival: START })).record(0),
      ];
      const { detection } = await invoke(world, records, detectors);
      assert.ok(detection !== "killed");
      const { ledger, undecided } = detection;
      assert.deepEqual(imbalances(ledger), []);
      assert.deepEqual(undecided, []);
      const whole = world.quarantined.filter(({ position }) => position === undefined);
      assert.equal(whole.length, ledger.cut, "a record over its budget is put away once, as it came");
      if (ledger.cut === 0) assert.equal(ledger.quarantined + ledger.ruleFailures, world.quarantined.length);
      for (const { recordId, bytes } of whole) {
        assert.deepEqual(bytes, records.find(({ id }) => id === recordId)?.bytes);
        assert.equal(world.quarantined.filter((other) => other.recordId === recordId).length, 1);
      }
      assert.equal(ledger.ruleFailures, 0, "no rule throws, whatever the event");
      assert.equal(new Set(world.published.map(({ findingId }) => findingId)).size, ledger.new);
      // The same batch again is known, all of it.
      const again = await invoke(world, records, detectors);
      assert.ok(again.detection !== "killed" && again.detection.ledger.new === 0);
      assert.equal(new Set(world.published.map(({ findingId }) => findingId)).size, ledger.new);
      assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
    }),
    { numRuns: 400 },
  );
});
