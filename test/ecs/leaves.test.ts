import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ecsTypes, ecsTypesWith } from "../../src/ecs/catalogue.ts";
import type { JsonObject } from "../../src/ecs/json.ts";
import { leavesLike } from "../../src/ecs/leaves.ts";
import type { Mapping } from "../../src/ecs/mapping.ts";
import { namePattern } from "../../src/ecs/name-pattern.ts";
import { wildcardPattern } from "../../src/ecs/pattern.ts";

test("a name read piece by piece fits a pattern as it does whole", () => {
  const piece = fc.stringMatching(/^[ab.]{0,3}$/);
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 2, maxLength: 5 }),
      fc.array(piece, { maxLength: 6 }),
      (segments, name) => {
        const { start, advance, fits } = namePattern(segments);
        const reached = name.reduce<typeof start | undefined>((at, text) => at && advance(at, text), start);
        assert.equal(reached !== undefined && fits(reached), wildcardPattern(segments)(name.join("")));
      },
    ),
    { numRuns: 5000 },
  );
});

test("each scalar is told how its field is mapped, as its full name says", () => {
  const types = ecsTypesWith(
    new Map<string, Mapping>([
      ["n", { type: "nested" }],
      ["n.k", { type: "long" }],
      ["f", { type: "flattened" }],
      ["u.v", { type: "unmapped" }],
      ["d.e", { type: "keyword" }],
    ]),
  );
  const part = fc.constantFrom("n", "k", "f", "u", "v", "d", "e", "process", "name", "text", "azure", "0", "x.y", "");
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      const event = parts.reduceRight<JsonObject | string>((inner, key) => ({ [key]: inner }), "leaf") as JsonObject;
      const found: Mapping[] = [];
      leavesLike(["", ""], types)(event, (mapping) => found.push(mapping) < 0);
      assert.deepEqual(found, [types(parts.join("."))]);
    }),
    { numRuns: 3000 },
  );
});

test("work grows with the event, not with what its names make of it", () => {
  // Each of these took minutes where every name was put together, or every beginning of it looked up.
  const long = "a".repeat(400_000);
  const dots = "a.".repeat(200_000);
  const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, 1]));
  for (const root of ["my", "process", "process.name"]) {
    for (const key of [long, dots]) {
      const event: JsonObject = { [root]: { [key]: many } };
      let count = 0;
      leavesLike([`${root}.`, "b", "c", ""], ecsTypes)(event, () => true);
      leavesLike([`${root}.`, ""], ecsTypes)(event, () => ++count < 0);
      assert.equal(count, 100_000);
    }
  }
});
