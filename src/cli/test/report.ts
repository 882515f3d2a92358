import { inert } from "../../finding/inert.ts";
import { type Coverage, percentOf } from "../../workbench/scenario/coverage.ts";
import type { SuiteResult, TestResult } from "../../workbench/scenario/run.ts";
import type { Refused } from "./suites.ts";

/** All that a run has to tell. */
export interface Report {
  readonly suites: readonly SuiteResult[];
  readonly refused: readonly Refused[];
  /** Of each rule, where it was asked for. */
  readonly coverage: readonly Coverage[];
  /** Of shuffled tests. */
  readonly seed: number;
}

export function isPassed({ failures }: TestResult): boolean {
  return failures.length === 0;
}

/** What a person reads, a line each. */
export function humanLines({ suites, coverage, seed }: Report): string[] {
  const tests = suites.flatMap((suite) => suite.tests);
  const failed = tests.filter((test) => !isPassed(test)).length;
  const differs = tests.some(({ failures }) => failures.some(({ why }) => why.includes(`seed ${seed}`)));
  return [
    ...suites.flatMap(suiteLines),
    ...coverage.flatMap(coverageLines),
    ...(differs ? [`--seed ${seed} gives the same orders again`] : []),
    `${tests.length - failed} passed, ${failed} failed`,
  ];
}

function suiteLines({ path, tests }: SuiteResult): string[] {
  return [path, ...tests.flatMap((test) => failureLines(path, test))];
}

/** A file that is wrong: the place and the reason, which may show lines of the file. */
export function refusalLines({ path, line, column, message }: Refused): string[] {
  return `${path}:${line}:${column}: ${message}`.split("\n").map((each) => inert(each));
}

/** A test's line, and what of it failed. */
export function failureLines(path: string, test: TestResult): string[] {
  return [
    `  ${isPassed(test) ? "✔" : "✖"} ${inert(test.name)}`,
    ...test.failures.flatMap(({ place: { line, column }, expected, actual, why, rule }) => [
      `      ${path}:${line}:${column}`,
      `        expected  ${inert(expected)}`,
      `        got       ${inert(actual)}`,
      ...(why === "" ? [] : [`        why       ${inert(why)}`]),
      ...(rule === undefined ? [] : [`        rule      ${rule.path}:${rule.line}:${rule.column}`]),
    ]),
  ];
}

function coverageLines(coverage: Coverage): string[] {
  const { rule, clauses, bothWays, missing } = coverage;
  return [
    `${rule}: clauses ${bothWays}/${clauses} both ways (${percentOf(coverage)}%)`,
    ...missing.map(({ text, place, never }) => {
      const where = place === undefined ? rule : `${rule}:${place.line}:${place.column}`;
      return `  ${where}  ${inert(text)} was never ${never}`;
    }),
  ];
}

/** One document for machines. Its keys stay. */
export function jsonDocument({ suites, refused, coverage, seed }: Report): string {
  const tests = suites.flatMap((suite) => suite.tests);
  const passed = tests.filter(isPassed).length;
  const document = {
    version: 1,
    passed,
    failed: tests.length - passed,
    seed,
    files: suites.map(({ path, rule, tests: own }) => ({
      path,
      rule,
      tests: own.map((test) => ({
        name: test.name,
        ...test.place,
        passed: isPassed(test),
        failures: test.failures.map(({ place, ...failure }) => ({ ...place, ...failure })),
      })),
    })),
    errors: refused,
    coverage: coverage.map(({ missing, ...counts }) => ({
      ...counts,
      percent: percentOf(counts),
      missing: missing.map(({ place, ...clause }) => ({ ...place, ...clause })),
    })),
  };
  return JSON.stringify(document, undefined, 2);
}

/** GitHub's workflow commands: each failure beside its line. */
export function annotations({ suites, refused }: Report): string[] {
  const failures = suites.flatMap(({ path, tests }) =>
    tests.flatMap(({ name, failures: own }) =>
      own.map(({ place, expected, actual, why }) => ({
        ...{ path, ...place },
        message: `${name}: expected ${expected}, got ${actual}\n${why}`,
      })),
    ),
  );
  return [...failures, ...refused].map(
    ({ path, line, column, message }) =>
      `::error file=${property(path)},line=${line},col=${column}::${data(message.trimEnd())}`,
  );
}

/** @see https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
