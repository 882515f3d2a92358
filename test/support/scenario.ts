import type { Rule } from "../../src/rule/rule.ts";
import { coverageOf } from "../../src/workbench/scenario/coverage.ts";
import { readSuite } from "../../src/workbench/scenario/read-suite.ts";
import { runSuite, type SuiteResult } from "../../src/workbench/scenario/run.ts";
import { someDetector } from "./rules.ts";

/** A rule over two fields, whose query has something to fail at. */
export const QUERY = "event.category:network and not user.name:root and process.name:(curl or wget)";

/** A test file of one test, whose timeline is given. `*curl` matches, and has terms. */
export function testFile(timeline: string, more = ""): string {
  return `given: &curl { event.category: network, process.name: curl, host.id: h1, process.executable: /bin/curl }
tests:
  - name: one
${more === "" ? "" : `    ${more}\n`}    at:
${timeline.trimEnd().replaceAll(/^(?=.)/gm, "      ")}
`;
}

export async function run(text: string, facts: Partial<Rule> = {}, seed = 1): Promise<SuiteResult> {
  const detector = someDetector({ query: QUERY, ...facts });
  return runSuite(readSuite("x.test.yaml", text), { detector, ruleText: `\n${detector.rule.query}`, seed });
}

/** What fails of a test, as `LINE:COLUMN expected E, got G`. */
export async function failuresOf(text: string, facts: Partial<Rule> = {}, seed = 1): Promise<string[]> {
  const { tests } = await run(text, facts, seed);
  return tests.flatMap(({ failures }) =>
    failures.map(({ place, expected, actual }) => `${place.line}:${place.column} expected ${expected}, got ${actual}`),
  );
}

export async function coverageBy(text: string, facts: Partial<Rule> = {}) {
  const detector = someDetector({ query: QUERY, ...facts });
  const ruleText = `\n${detector.rule.query}`;
  const coverage = coverageOf(detector.rule, ruleText);
  await runSuite(readSuite("x.test.yaml", text), { detector, ruleText, seed: 1, coverage });
  return coverage.result();
}
