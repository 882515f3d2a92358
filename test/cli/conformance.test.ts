import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { type ExceptionCase, runExceptionCase } from "../../src/cli/conformance/exception-case.ts";
import { type FilterCase, runFilterCase } from "../../src/cli/conformance/filter-case.ts";
import { type MatchCase, type ParseCase, runMatchCase, runParseCase } from "../../src/cli/conformance/query-case.ts";
import { type RawCase, runRawCase } from "../../src/cli/conformance/raw-case.ts";
import { runScenarioCase, type ScenarioCase } from "../../src/cli/conformance/scenario-case.ts";
import { conformance } from "../../src/cli/conformance.ts";
import { parseExact } from "../../src/ecs/json.ts";
import { InputError } from "../../src/workbench/input/input-error.ts";
import { shippedDetector } from "../support/rules.ts";

function cases<T>(name: string): (T & { readonly id: string; readonly tags?: readonly string[] })[] {
  const lines = readFileSync(`test/cases/${name}.jsonl`, "utf8").trim().split("\n");
  return lines.map((line) => parseExact(line) as never);
}

describe("match.jsonl", () => {
  const seed = shippedDetector().rule.query;
  for (const test_ of cases<MatchCase>("match")) {
    test(test_.id, () => {
      assert.deepEqual(runMatchCase(test_.query === "@seed" ? { ...test_, query: seed } : test_), { passed: true });
    });
  }
});

describe("filters.jsonl", () => {
  for (const test_ of cases<FilterCase>("filters")) {
    test(test_.id, () => assert.deepEqual(runFilterCase(test_), { passed: true }));
  }
});

describe("exceptions.jsonl", () => {
  for (const test_ of cases<ExceptionCase>("exceptions")) {
    test(test_.id, () => assert.deepEqual(runExceptionCase(test_), { passed: true }));
  }
});

describe("parse.jsonl", () => {
  for (const test_ of cases<ParseCase>("parse")) {
    test(JSON.stringify(test_.query), () => assert.deepEqual(runParseCase(test_), { passed: true }));
  }
});

for (const file of ["cloudtrail", "kubernetes-audit"]) {
  describe(`${file}.jsonl`, () => {
    for (const test_ of cases<RawCase>(file)) {
      test(test_.id, () => assert.deepEqual(runRawCase(test_), { passed: true }));
    }
  });
}

test("of a raw event that comes out otherwise each wrong field is told", () => {
  const [first] = cases<RawCase>("cloudtrail");
  assert.ok(first);
  const expected = { "event.action": "Other", "event.id": null, "event.kind": "event" };
  assert.deepEqual(runRawCase({ raw: first.raw, expected }), {
    passed: false,
    expected: { "event.action": "Other", "event.id": null },
    actual: { "event.action": "ConsoleLogin", "event.id": "5f0c1de0-0000-4000-8000-000000000001" },
  });
});

for (const file of ["scenarios", "scenario-steps", "suppression"]) {
  describe(`${file}.jsonl`, () => {
    for (const test_ of cases<ScenarioCase>(file)) {
      test(test_.id, async () => assert.deepEqual(await runScenarioCase(test_), { passed: true }));
    }
  });
}

test("what of a scenario is not played is refused by name, and not passed over", async () => {
  const rule = { fields: ["host.id"], window: "7d", max_findings: 3 };
  assert.deepEqual(await runScenarioCase({ rule, steps: [{ at: "2026-03-02T10:00:00Z", events: [] }], expect: [] }), {
    passed: false,
    expected: "a run of the scenario",
    actual: "refused: the rule's max_findings is not supported",
  });
});

test("a failing case is printed with what was expected and what came, and the exit code is 1", async () => {
  const lines: string[] = [];
  assert.equal(await conformance(["test/cli/failing-case.jsonl"], (line) => lines.push(line)), 1);
  assert.deepEqual(lines, [
    "wrong: expected false, got true",
    'test/cli/failing-case.jsonl:2: expected "a case that can be run", got "Error: neither steps, nor ast, nor raw and expected, nor event and expect: not a case of a kind known here"',
    "1 passed, 2 failed",
  ]);
});

test("a missing file is input that cannot be read", async () => {
  await assert.rejects(
    conformance(["test/cases/none.jsonl"], () => undefined),
    (error) => error instanceof InputError && /^test\/cases\/none\.jsonl cannot be read: ENOENT/.test(error.message),
  );
});
