import { xmlText } from "../xml.ts";
import type { SuiteResult, TestResult } from "./run.ts";

/** Results as JUnit's XML, the way CI systems read it: a suite for each file, a case for each test. */
export function junitXml(suites: readonly SuiteResult[]): string {
  const count = (tests: readonly TestResult[]) =>
    `tests="${tests.length}" failures="${tests.filter(({ failures }) => failures.length > 0).length}"`;
  const lines = suites.flatMap(({ path, tests }) => [
    `  <testsuite name="${xmlText(path)}" ${count(tests)}>`,
    ...tests.flatMap((test) => caseOf(path, test)),
    "  </testsuite>",
  ]);
  const all = suites.flatMap(({ tests }) => tests);
  return ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites ${count(all)}>`, ...lines, "</testsuites>", ""].join(
    "\n",
  );
}

function caseOf(path: string, { name, place, failures }: TestResult): string[] {
  const opening = `    <testcase name="${xmlText(name)}" classname="${xmlText(path)}" file="${xmlText(path)}" line="${place.line}"`;
  if (failures.length === 0) return [`${opening}/>`];
  return [
    `${opening}>`,
    ...failures.map(({ place: { line, column }, expected, actual, why }) => {
      const message = `expected ${expected}, got ${actual}`;
      return `      <failure message="${xmlText(message)}">${xmlText(`${path}:${line}:${column}\n${message}\n${why}`)}</failure>`;
    }),
    "    </testcase>",
  ];
}
