import type { JsonObject, JsonValue } from "../../src/ecs/json.ts";

/** What no sender of good will writes where a text belongs. */
export const HOSTILE_VALUES: readonly JsonValue[] = [
  null,
  "",
  "-",
  "none",
  0,
  false,
  JSON.rawJSON("1.0"),
  JSON.rawJSON("9223372036854775808"),
  [],
  {},
  [[]],
  [JSON.rawJSON("2.0"), null, "x"],
  { a: null },
  JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}') as JsonObject,
  nested(60),
  "x".repeat(100_000),
  "\ud800",
  "arn:aws:sts::1:assumed-role/a/",
  "@",
  "999.1.1.1",
  "0001-13-45T99:99:99Z",
];

function nested(depth: number): JsonValue {
  return depth === 0 ? "deep" : { inner: [nested(depth - 1)] };
}
