import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ruleTests } from "../scripts/rule-tests.ts";
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

test("a build is told of each test that fails, is wrong, or has no rule", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "firstsight-rules-"));
  t.after(() => rmSync(folder, { recursive: true }));
  assert.deepEqual(await ruleTests(folder), { passed: 0, problems: [] });
  copyFileSync(SHIPPED_RULE, join(folder, "a.toml"));
  const file = (expect: string) => `tests: [{ name: x, at: [{ 0s: { send: { a: 1 }, expect: ${expect} } }] }]`;
  writeFileSync(join(folder, "a.test.yaml"), file("unmatched"));
  assert.deepEqual(await ruleTests(folder), { passed: 1, problems: [] });
  writeFileSync(join(folder, "a.test.yaml"), file("known"));
  const failed = await ruleTests(folder);
  assert.equal(failed.passed, 0);
  assert.match(
    failed.problems.join("\n"),
    /✖ x\n.*a\.test\.yaml:1:\d+\n +expected {2}known\n +got {7}unmatched, by event\.category/,
  );
  writeFileSync(join(folder, "a.test.yaml"), file("novel"));
  assert.match((await ruleTests(folder)).problems.join("\n"), /a\.test\.yaml:1:\d+: "novel" is no expectation/);
  writeFileSync(join(folder, "b.test.yaml"), file("unmatched"));
  assert.match((await ruleTests(folder)).problems.join("\n"), /b\.toml cannot be read/);
});
