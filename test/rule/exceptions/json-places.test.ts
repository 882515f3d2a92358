import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { jsonPlaces } from "../../../src/rule/exceptions/json-places.ts";
import type { KeyPath } from "../../../src/rule/places.ts";

/** Each key and element within a value. */
function* pathsIn(value: unknown, path: KeyPath = []): Generator<readonly [KeyPath, string | undefined]> {
  if (path.length === 8 || typeof value !== "object" || value === null) return;
  const isList = Array.isArray(value);
  for (const [key, inner] of Object.entries(value)) {
    const own = [...path, isList ? Number(key) : key];
    yield [own, isList ? undefined : JSON.stringify(key)];
    yield* pathsIn(inner, own);
  }
}

test("the place of each key and element of any JSON is where it stands", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(0, 1), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      const offsetOf = jsonPlaces(text);
      for (const [path, key] of pathsIn(JSON.parse(text))) {
        const at = offsetOf(path);
        if (key !== undefined) assert.equal(text.slice(at, at + key.length), key);
        else assert.match(text.slice(0, at), /[[,]\s*$/);
      }
    }),
  );
});

test("a key that is not there has the place of what it would stand in", () => {
  const text = '{"a": {"b": [1, {"c": 2}]}}';
  assert.equal(jsonPlaces(text)(["a", "b", 1, "d"]), text.indexOf('{"c"'));
  assert.equal(jsonPlaces(text)(["x"]), 0);
});

test("depth costs nothing: what is nested without end is passed by", () => {
  const deep = 200_000;
  const text = `{"a":${"[".repeat(deep)}${"]".repeat(deep)},"b":1}`;
  assert.equal(jsonPlaces(text)(["b"]), text.indexOf('"b"'));
});
