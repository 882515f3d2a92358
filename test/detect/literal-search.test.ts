import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { marker } from "../../src/detect/literal-search.ts";
import { deliveryOf } from "../../src/stream/delivery.ts";

const stretchOf = (texts: readonly string[]) =>
  deliveryOf(texts.map((text) => ({ id: "r", arrival: 0, bytes: Buffer.from(text) })));

test("records that hold a literal are marked, wherever in them it stands and whatever is much like it", () => {
  const text = fc.oneof(
    fc.string({ unit: fc.constantFrom("\\", "u", "0", "x"), maxLength: 12 }),
    fc.nat({ max: 140 }).map((length) => "x".repeat(length)),
  );
  const record = fc.array(text, { maxLength: 4 }).map((parts) => parts.join(""));
  const literal = fc.string({ unit: fc.constantFrom("\\", "u", "0"), minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(fc.array(record, { maxLength: 6 }), literal, (texts, sought) => {
      const marks = texts.map(() => false);
      const isMeant = (bytes: Buffer, start: number) => bytes[start + sought.length] === 0x30;
      marker(sought, isMeant)(stretchOf(texts), marks);
      const meant = `${sought}0`;
      for (const [index, each] of texts.entries()) if (each.includes(meant)) assert.equal(marks[index], true);
      if (!texts.join("").includes(meant)) assert.ok(!marks.includes(true));
    }),
    { numRuns: 3000 },
  );
});

test("what is much like a literal, over and over, is no call of indexOf each", () => {
  for (const [literal, like] of [
    ["\\u", "\\u"],
    ["169.254.169.254", "169.254.169.25 "],
  ] as const) {
    const { bytes, ends } = stretchOf([like.repeat(10_000)]);
    let calls = 0;
    bytes.indexOf = (...given) => {
      calls++;
      return Buffer.prototype.indexOf.apply(bytes, given);
    };
    const marks = [false];
    marker(literal, () => false)({ bytes, ends }, marks);
    assert.deepEqual([marks, calls <= 2], [[false], true], `${calls} calls`);
  }
});
