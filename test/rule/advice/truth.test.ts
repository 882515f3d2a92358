import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ecsTypes } from "../../../src/ecs/catalogue.ts";
import { compile } from "../../../src/kql/compile.ts";
import { parse } from "../../../src/kql/parse.ts";
import { truthWarnings } from "../../../src/rule/advice/truth.ts";
import { someRule } from "../../support/rules.ts";

const FIELDS = ["process.name", "host.os.type", "user.name", "destination.port"];
const VALUES = ["1", "12", "13"];

const clause = fc
  .tuple(fc.constantFrom(...FIELDS, "*"), fc.constantFrom(...VALUES, '"12"', "*", "1*", "*2"))
  .map(
    ([field, value]) =>
      `${field}:${field === "*" || (field.endsWith("port") && value.length > 1 && value.includes("*")) ? "*" : value}`,
  );

const { query } = fc.letrec<{ query: string }>((tie) => ({
  query: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    clause,
    tie("query").map((inner) => `not (${inner})`),
    fc
      .array(tie("query"), { minLength: 2, maxLength: 3 })
      .map((parts) => parts.map((part) => `(${part})`).join(" and ")),
    fc
      .array(tie("query"), { minLength: 2, maxLength: 3 })
      .map((parts) => parts.map((part) => `(${part})`).join(" or ")),
  ),
}));

/** Every event with no value or one in the fields of one value, and up to two in the others. */
function events(): object[] {
  const single = [undefined, ...VALUES];
  const several = [undefined, ["1"], ["12"], ["13"], ["1", "13"], ["12", "13"], ["1", "12"]];
  return single.flatMap((name) =>
    single.flatMap((type) =>
      several.flatMap((user) =>
        several.map((port) => ({
          "process.name": name,
          "host.os.type": type,
          "user.name": user,
          "destination.port": port?.map(Number),
        })),
      ),
    ),
  );
}

test("what is said to hold always or never does so for every event", () => {
  const all = events().map((event) => JSON.parse(JSON.stringify(event)));
  let never = 0;
  let always = 0;
  fc.assert(
    fc.property(query, (text) => {
      const parsed = parse(text);
      const said = truthWarnings(someRule({ query: text }), parsed, ecsTypes).map(({ message }) => message);
      const isNever = said.some((message) => message.startsWith("no event matches"));
      const isAlways = said.some((message) => message.startsWith("every event matches"));
      if (!isNever && !isAlways) return;
      const matches = compile(parsed, ecsTypes);
      if (isNever) never++;
      else always++;
      assert.ok(
        all.every((event) => matches(event) === isAlways),
        text,
      );
    }),
    { numRuns: 4000 },
  );
  assert.ok(never > 50 && always > 50, `${never} never, ${always} always`);
});

test("of a query too large to be looked at nothing is said", () => {
  const list = (count: number) => Array.from({ length: count }, (_, index) => `v${index}`).join(" or ");
  const warned = (count: number) => {
    const text = `process.name:(${list(count)}) and not process.name:(${list(count)})`;
    return truthWarnings(someRule({ query: text }), parse(text), ecsTypes).length > 0;
  };
  assert.equal(warned(200), true);
  assert.equal(warned(20_000), false);
});
