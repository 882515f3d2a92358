import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { caseItem } from "../../../src/cli/conformance/exception-case.ts";
import { ecsTypesWith } from "../../../src/ecs/catalogue.ts";
import type { JsonObject, JsonValue } from "../../../src/ecs/json.ts";
import { compileExceptions } from "../../../src/rule/exceptions/compile.ts";
import { type Dsl, naiveDsl } from "../../support/naive-dsl.ts";

// The items of Elastic's own tests (build_exception_filter.test.ts), with the query DSL that Kibana makes of each: over any
// event both say the same.

interface Vector {
  readonly entries: readonly JsonObject[];
  readonly list_values?: readonly string[];
  readonly dsl?: Dsl;
  readonly unprocessable?: boolean;
}

const VECTORS = readFileSync("test/rule/exceptions/vectors.jsonl", "utf8").trim().split("\n");
const NESTED = "some.parentField";
const types = ecsTypesWith(
  new Map([
    [NESTED, { type: "nested" }],
    [`${NESTED}.nested.field`, { type: "keyword" }],
    ["some.not.nested.field", { type: "keyword" }],
  ]),
);

const value = fc.constantFrom<JsonValue>(
  ...["some value", "some host name", 'some "host" name', "some other host name", "127.0.0.1", "x", null],
  ["x", "some host name"],
  ["some value", "y"],
);
const inner = fc.record({ nested: fc.record({ field: value }) }, { requiredKeys: [] });
const events: fc.Arbitrary<JsonObject> = fc.record(
  {
    host: fc.record({ name: value }),
    some: fc.record({
      parentField: fc.oneof(inner, fc.array(inner)),
      not: fc.record({ nested: fc.record({ field: value }) }),
    }),
  },
  { requiredKeys: [] },
);

for (const [index, line] of VECTORS.entries()) {
  const { entries, list_values: values, dsl, unprocessable } = JSON.parse(line) as Vector;
  const item = {
    entries: entries.map((entry) =>
      values === undefined ? entry : { ...entry, list: { ...(entry["list"] as JsonObject), values } },
    ),
  };
  test(`vector ${index + 1} of Elastic's tests`, () => {
    if (unprocessable === true || dsl === undefined) {
      assert.throws(() => caseItem(item), /Kibana would leave the whole exception out/);
      return;
    }
    const [exception] = compileExceptions([caseItem(item)], types, Date.now);
    let held = 0;
    fc.assert(
      fc.property(events, (event) => {
        const actual = exception?.holds(event, 0);
        assert.equal(actual, naiveDsl(dsl, event, [NESTED]));
        if (actual === true) held++;
      }),
      { numRuns: 500, seed: 1 },
    );
    assert.ok(held > 5 && held < 495, `it held of ${held} of 500`);
  });
}
