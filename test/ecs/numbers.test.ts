import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseDecimal } from "../../src/ecs/decimal.ts";
import { integer } from "../../src/ecs/integer.ts";
import { parseDate } from "../../src/ecs/iso-date.ts";
import { parseExact } from "../../src/ecs/json.ts";
import type { Leaf } from "../../src/ecs/leaf.ts";

const long = integer("long");
const leaf = (json: string) => parseExact(json) as Leaf;

test("a long is exact to 64 bits, in values and literals", () => {
  const is = long.terms(["9223372036854775807"]);
  assert.equal(is(leaf("9223372036854775807")), true);
  assert.equal(is(leaf("9223372036854775806")), false);
  assert.equal(is(leaf("9223372036854775808")), false, "out of range: malformed");
});

test("a fraction is cut off a value, and makes a literal match nothing", () => {
  assert.equal(long.terms(["80"])(leaf("80.9")), true);
  assert.equal(long.terms(["-80"])(leaf("-80.9")), true);
  assert.equal(long.terms(["80.5"])(leaf("80.5")), false);
});

test("fractional bounds round inward", () => {
  const holds = (operator: "gt" | "gte" | "lt" | "lte", bound: string, value: number) =>
    long.range(operator, bound)(value);
  assert.deepEqual([holds("gt", "79.5", 79), holds("gt", "79.5", 80)], [false, true]);
  assert.deepEqual([holds("gte", "79.5", 79), holds("gte", "79.5", 80)], [false, true]);
  assert.deepEqual([holds("lt", "80.5", 80), holds("lt", "80.5", 81)], [true, false]);
  assert.deepEqual([holds("lte", "-0.5", 0), holds("lte", "-0.5", -1)], [false, true]);
  assert.deepEqual([holds("gt", "-0.5", 0), holds("gt", "-0.5", -1)], [true, false]);
});

test("ranges agree with arithmetic on decimals", () => {
  const bound = fc.integer({ min: -500, max: 500 }).map((tenths) => tenths / 10);
  fc.assert(
    fc.property(bound, fc.integer({ min: -60, max: 60 }), (limit, value) => {
      assert.equal(long.range("gt", String(limit))(value), value > limit);
      assert.equal(long.range("gte", String(limit))(value), value >= limit);
      assert.equal(long.range("lt", String(limit))(value), value < limit);
      assert.equal(long.range("lte", String(limit))(value), value <= limit);
    }),
  );
});

test("text is a number only where all of it is", () => {
  for (const text of ["", " 80", "80 ", "0x50", "1e", "e1", ".", "+", "1_000", "NaN", "Infinity", "8".repeat(401)]) {
    assert.equal(parseDecimal(text), undefined, text);
  }
  for (const text of ["80", "+80", "080", "8e1", "80.0", "800e-1", ".08e3"]) {
    assert.deepEqual(parseDecimal(text), { negative: false, integer: "80", fractional: false }, text);
  }
  assert.equal(parseDecimal("1e999999999999"), "too_large");
});

test("numbers whose text a double would change keep it", () => {
  assert.equal(
    JSON.stringify(parseExact('{"a":1.0,"b":[12345678901234567890],"c":1e2,"d":-0,"e":1.5}')),
    '{"a":1.0,"b":[12345678901234567890],"c":1e2,"d":-0,"e":1.5}',
  );
});

test("dates are Elasticsearch's, not JavaScript's", () => {
  for (const [text, expected] of [
    ["2026-05-25", "2026-05-25T00:00:00.000Z"],
    ["2026", "2026-01-01T00:00:00.000Z"],
    ["2026-05-25T10:00:00.123456789Z", "2026-05-25T10:00:00.123Z"],
    ["2026-05-25T10:00:00-02:00", "2026-05-25T12:00:00.000Z"],
    ["2026-05-25T10:00:00.5+0530", "2026-05-25T04:30:00.500Z"],
    ["1779703200000", "2026-05-25T10:00:00.000Z"],
  ] as const) {
    assert.equal(new Date(parseDate(text) ?? 0).toISOString(), expected, text);
  }
  for (const text of [
    "",
    "yesterday",
    "2026-13-01",
    "2026-02-30",
    "2026-05-25 10:00:00",
    "25/05/2026",
    "2026-5-25",
    "2026-05-25T25:00Z",
    "12345678901234567890",
  ]) {
    assert.equal(parseDate(text), undefined, text);
  }
});
