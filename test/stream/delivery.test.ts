import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { prefilterOf } from "../../src/detect/prefilter.ts";
import { base64Delivery, type Delivery, deliveryOf } from "../../src/stream/delivery.ts";
import { someDetector } from "../support/rules.ts";

const identityOf = (index: number) => ({ id: `r${index}`, arrival: index });
const recordsOf = (delivery: Delivery) => Array.from({ length: delivery.length }, (_, index) => delivery.record(index));

const bytes = fc.uint8Array({ maxLength: 40 }).map((content) => Buffer.from(content));
const whole = bytes.map((content) => ({ data: content.toString("base64"), bytes: content, broken: false }));
const broken = fc
  .constantFrom("e*A=", "e30", "e30==", "====", "e30=e30=", "\u00e9\u00e9\u00e9\u00e9", " e30= ")
  .map((data) => ({ data, bytes: Buffer.from(data), broken: true }));
const deliveries = fc.array(fc.oneof({ weight: 4, arbitrary: whole }, { weight: 1, arbitrary: broken }), {
  maxLength: 20,
});

test("each record has its own bytes, or its text's where its base64 is broken", () => {
  fc.assert(
    fc.property(deliveries, (expected) => {
      const delivery = base64Delivery(
        expected.map(({ data }) => data),
        identityOf,
      );
      assert.deepEqual(
        recordsOf(delivery),
        expected.map(({ bytes: content, broken: isBroken }, index) => ({
          ...identityOf(index),
          bytes: content,
          ...(isBroken ? { broken: true } : {}),
        })),
      );
      assert.equal(delivery.bytes.length, delivery.ends.at(-1) ?? 0);
    }),
  );
});

test("records laid end to end are the same records", () => {
  fc.assert(
    fc.property(fc.array(bytes), (contents) => {
      const records = contents.map((content, index) => ({ ...identityOf(index), bytes: content }));
      const delivery = deliveryOf(records);
      assert.deepEqual(recordsOf(delivery), records);
      let start = 0;
      for (const [index, end] of delivery.ends.entries()) {
        assert.deepEqual(delivery.bytes.subarray(start, end), contents[index]);
        start = end;
      }
    }),
  );
});

test("a record with broken base64 is read, so that it comes to quarantine, and its neighbours are judged as ever", () => {
  const mayMatch = prefilterOf([someDetector({ query: "process.name:needle" })]);
  const texts = ['{"a":"needle"}', '{"a":"x"}'].map((text) => Buffer.from(text).toString("base64"));
  const [hit = "", miss = ""] = texts;
  const delivery = base64Delivery([miss, "e*A=", miss, hit, "e*A=", miss], identityOf);
  assert.deepEqual(mayMatch?.(delivery), [false, true, false, true, true, false]);
});
