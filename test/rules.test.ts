import assert from "node:assert/strict";
import { test } from "node:test";
import { testVerb } from "../src/cli/test.ts";
import { SHIPPED_RULE } from "./support/rules.ts";

test("the rules pass their tests, which see each clause of the shipped one both true and false", async () => {
  const lines: string[] = [];
  const out = { print: (line: string) => lines.push(line), warn: (line: string) => lines.push(line) };
  const code = await testVerb.run({ paths: ["rules"], options: { min: "100" } }, out);
  assert.equal(code, 0, lines.join("\n"));
  assert.ok(
    lines.some((line) => line.startsWith(`${SHIPPED_RULE}: clauses `)),
    lines.join("\n"),
  );
  assert.match(lines.at(-1) ?? "", /^[1-9]\d* passed, 0 failed$/);
});
