import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { kplAggregate } from "../../src/local/kpl-encode.ts";
import { userRecords } from "../../src/stream/kpl.ts";
import { oracleAggregate, oracleRecords } from "../support/kpl-oracle.ts";

const userRecord = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

test("aggregates by AWS's own library are read", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(userRecord, { minLength: 1, maxLength: 8 }), async (records) => {
      for (const aggregate of await oracleAggregate(records)) assert.deepEqual(userRecords(aggregate), records);
    }),
    { numRuns: 60 },
  );
});

test("AWS's own library reads ours", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(userRecord, { minLength: 1, maxLength: 8 }), async (records) => {
      assert.deepEqual(await oracleRecords(kplAggregate("key", records)), records);
    }),
    { numRuns: 60 },
  );
});

test("a flipped bit anywhere makes it no aggregate", () => {
  const aggregate = kplAggregate("key", [Buffer.from("one"), Buffer.from("two")]);
  for (let bit = 0; bit < aggregate.length * 8; bit++) {
    const flipped = Buffer.from(aggregate);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.equal(userRecords(flipped), undefined, `bit ${bit}`);
  }
});
