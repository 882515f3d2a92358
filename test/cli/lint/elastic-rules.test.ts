import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { lint } from "../../../src/cli/lint.ts";

const CORPUS = "../shared/rules";
const skip = existsSync(CORPUS) ? false : `NOT RUN: Elastic's rules are not in ${CORPUS}`;

test("of Elastic's own rules none is refused, no key is unknown, and few have a warning", { skip }, async () => {
  const printed: string[] = [];
  const code = await lint.run(
    { paths: [CORPUS], options: { json: true } },
    { print: (line) => printed.push(line), warn: assert.fail },
  );
  const { rules, totals } = JSON.parse(printed.join("\n"));
  assert.equal(code, 0);
  assert.equal(totals.refused, 0);
  const codes = new Map<string, number>();
  for (const { problems } of rules) {
    for (const { code: each } of problems) codes.set(each, (codes.get(each) ?? 0) + 1);
  }
  // Each was looked at, and is true of its rule.
  const known = {
    "unknown-field": 7,
    "literal-wildcard": 4,
    "range-by-spelling": 1,
    "kibana-alerts": 2,
    "never-true": 1,
    deprecated: 1,
    "boolean-as-text": 2,
  };
  for (const [each, count] of codes)
    assert.ok(count <= (Object.entries(known).find(([key]) => key === each)?.[1] ?? 0), each);
});
