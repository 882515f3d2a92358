import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ecsTypes, endpointTypes } from "../../src/ecs/catalogue.ts";
import type { JsonObject } from "../../src/ecs/json.ts";
import { compareCodePoints, lowerCase } from "../../src/ecs/keyword.ts";
import { fieldPath } from "../../src/ecs/path.ts";
import { wildcardPattern } from "../../src/ecs/pattern.ts";

test("a path reads nested objects, dotted keys and mixes of the two, through arrays", () => {
  const event = JSON.parse(`{"a":{"b.c":1,"b":[{"c":2},{"c":[3,[4]]}]},"a.b":{"c":5},"a.b.c":6}`) as JsonObject;
  // As a set: nothing may depend on the order in which the spellings are visited.
  assert.deepEqual(fieldPath("a.b.c").values(event).toSorted(), [1, 2, 3, 4, 5, 6]);
});

test("a path reads own properties only", () => {
  for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty", "constructor.name", "length"]) {
    assert.deepEqual(fieldPath(name).values({}), [], name);
    assert.deepEqual(fieldPath(name).values({ a: [] }), [], name);
  }
  const own = JSON.parse('{"__proto__":{"x":"mine"},"constructor":"too"}') as JsonObject;
  assert.deepEqual(fieldPath("__proto__.x").values(own), ["mine"]);
  assert.deepEqual(fieldPath("constructor").values(own), ["too"]);
});

test("array positions are no names, object keys are", () => {
  assert.deepEqual(fieldPath("tags.0").values({ tags: ["a"] }), []);
  assert.deepEqual(fieldPath("tags.0").values({ tags: { "0": "a" } }), ["a"]);
});

test("a pattern matches as a naive matcher does", () => {
  const segment = fc.stringMatching(/^[ab]{0,2}$/);
  const naive = (parts: readonly string[], text: string): boolean => {
    const [first = "", ...rest] = parts;
    if (!text.startsWith(first)) return false;
    const tail = text.slice(first.length);
    if (rest.length === 0) return tail === "";
    return Array.from({ length: tail.length + 1 }, (_, at) => tail.slice(at)).some((suffix) => naive(rest, suffix));
  };
  fc.assert(
    fc.property(fc.array(segment, { minLength: 2, maxLength: 5 }), fc.stringMatching(/^[ab]{0,8}$/), (parts, text) =>
      assert.equal(wildcardPattern(parts)(text), naive(parts, text)),
    ),
    { numRuns: 5000 },
  );
});

test("order is that of code points, also past U+FFFF", () => {
  const text = fc.string({ unit: "binary", maxLength: 4 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.equal(Math.sign(compareCodePoints(a, b)), Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
    }),
  );
  assert.ok("\uff61" > "\u{1f600}" && compareCodePoints("\uff61", "\u{1f600}") < 0);
});

test("lower case is each code point's own", () => {
  assert.equal(lowerCase("ΟΔΟΣ"), "οδοσ", "no final sigma");
  assert.equal(lowerCase("İX"), "ix", "no dot left over");
});

test("field types: ECS, what follows from it, and the caseless twins of the endpoint", () => {
  assert.equal(ecsTypes("destination.ip").type, "ip");
  assert.equal(ecsTypes("process.code_signature.trusted").type, "boolean");
  assert.equal(ecsTypes("process").type, "object");
  assert.equal(ecsTypes("process.name").ignoreAbove, 1024);
  assert.deepEqual(ecsTypes("process.name.text"), { type: "match_only_text", source: "process.name" });
  assert.equal(ecsTypes("process.name.nothing").type, "unmapped");
  assert.equal(ecsTypes("custom.field").dynamic, true);
  assert.equal(ecsTypes("email.attachments.file.name").nestedIn, "email.attachments");
  assert.equal(ecsTypes("azure.platformlogs.properties.accountName").type, "flattened");
  assert.equal(ecsTypes("process.name.caseless").type, "unmapped");
  assert.equal(endpointTypes("process.name.caseless").source, "process.name");
});
