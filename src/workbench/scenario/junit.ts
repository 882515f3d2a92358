import { inert } from "../../finding/inert.ts";
import type { SuiteResult, TestResult } from "./run.ts";

/** Results as JUnit's XML, the way CI systems read it: a suite for each file, a case for each test. */
export function junitXml(suites: readonly SuiteResult[]): string {
  const count = (tests: readonly TestResult[]) =>
    `tests="${tests.length}" failures="${tests.filter(({ failures }) => failures.length > 0).length}"`;
  const lines = suites.flatMap(({ path, tests }) => [
    `  <testsuite name="${escaped(path)}" ${count(tests)}>`,
    ...tests.flatMap((test) => caseOf(path, test)),
    "  </testsuite>",
  ]);
  const all = suites.flatMap(({ tests }) => tests);
  return ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites ${count(all)}>`, ...lines, "</testsuites>", ""].join(
    "\n",
  );
}

function caseOf(path: string, { name, place, failures }: TestResult): string[] {
  const opening = `    <testcase name="${escaped(name)}" classname="${escaped(path)}" file="${escaped(path)}" line="${place.line}"`;
  if (failures.length === 0) return [`${opening}/>`];
  return [
    `${opening}>`,
    ...failures.map(({ place: { line, column }, expected, actual, why }) => {
      const message = `expected ${expected}, got ${actual}`;
      return `      <failure message="${escaped(message)}">${escaped(`${path}:${line}:${column}\n${message}\n${why}`)}</failure>`;
    }),
    "    </testcase>",
  ];
}

/** XML 1.0 has no way to write most control characters, so they are shown as escapes. */
function escaped(text: string): string {
  const lines = text.split("\n").map((line) => inert(line));
  return lines
    .join("\n")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;");
}
