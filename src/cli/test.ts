import { writeFileSync } from "node:fs";
import { InputError } from "../workbench/input/input-error.ts";
import { type CoverageCount, coverageOf, percentOf } from "../workbench/scenario/coverage.ts";
import { junitXml } from "../workbench/scenario/junit.ts";
import { readSuite } from "../workbench/scenario/read-suite.ts";
import { runSuite, type SuiteResult } from "../workbench/scenario/run.ts";
import { updated } from "../workbench/scenario/update.ts";
import { annotations, humanLines, isPassed, jsonDocument, type Report, refusalLines } from "./test/report.ts";
import { type Loaded, loadSuite, type Refused, testFiles } from "./test/suites.ts";
import { EXIT, type Given, type Out, textOf, UsageError, type Verb } from "./verb.ts";

const DEFAULT_FOLDER = "rules";
const DEFAULT_SEED = 1;

export const testVerb: Verb = {
  name: "test",
  summary: "play the tests beside rules: timelines of events, and what must come of each",
  takes: "[FILES|FOLDERS]",
  options: {
    rules: { type: "string", value: "FOLDER", help: "where the rules are; default beside their tests" },
    coverage: { type: "boolean", help: "say which clauses of a rule no test has seen both true and false" },
    min: { type: "string", value: "N", help: "fail where fewer than N percent of a rule's clauses are covered" },
    update: { type: "boolean", help: "write what happened into the test files, where it is not what they expect" },
    seed: { type: "string", value: "N", help: `which orders shuffled tests are played in; default ${DEFAULT_SEED}` },
    json: { type: "boolean", help: "one JSON document" },
    junit: { type: "string", value: "FILE", help: "write JUnit XML, too" },
  },
  examples: [
    ["test", "play every rules/*.test.yaml"],
    ["test rules --coverage --min 100", "and fail where a clause of a rule goes untested"],
    ["test my-rule.test.yaml --update", "let the file expect what happens"],
  ],
  run: runTests,
};

async function runTests(given: Given, out: Out): Promise<number> {
  const { options } = given;
  const min = numberOf(given, "min", 100);
  const seed = numberOf(given, "seed", 2 ** 32 - 1) ?? DEFAULT_SEED;
  const paths = given.paths.length === 0 ? [DEFAULT_FOLDER] : given.paths;
  const rules = textOf(given, "rules");
  const files = testFiles(paths);
  if (files.length === 0) throw new UsageError(`no test files (*.test.yaml) in ${paths.join(", ")}`);

  const isCovered = options["coverage"] === true || min !== undefined;
  const suites: SuiteResult[] = [];
  const refused: Refused[] = [];
  const counts = new Map<string, CoverageCount>();
  for (const path of files) {
    const loaded = loadSuite(path, rules);
    if (!("suite" in loaded)) {
      refused.push(loaded);
      continue;
    }
    const { detector, ruleText } = loaded;
    const { rule } = loaded.suite;
    if (isCovered && !counts.has(rule)) counts.set(rule, coverageOf(detector.rule, ruleText));
    const coverage = counts.get(rule);
    const run = (each: Loaded) => runSuite(each.suite, { detector, ruleText, seed, ...(coverage && { coverage }) });
    const result = await run(loaded);
    suites.push(options["update"] === true ? await update(loaded, rules, result, run, out) : result);
  }

  const coverage = [...counts.values()].map((count) => count.result());
  const report: Report = { suites, refused, coverage, seed };
  for (const refusal of refused) for (const text of refusalLines(refusal)) out.warn(text);
  if (options["json"] === true) out.print(jsonDocument(report));
  else for (const line of humanLines(report)) out.print(line);
  // On standard error: a document on standard output stays one.
  if (process.env["GITHUB_ACTIONS"] === "true") for (const line of annotations(report)) out.warn(line);
  const junit = textOf(given, "junit");
  if (junit !== undefined) write(junit, junitXml(suites));

  const low = min === undefined ? [] : coverage.filter((each) => percentOf(each) < min);
  for (const each of low)
    out.warn(`${each.rule}: ${percentOf(each)}% of its clauses are covered, and ${min}% should be`);
  if (refused.length > 0) return EXIT.usage;
  return low.length > 0 || suites.some(({ tests }) => !tests.every(isPassed)) ? EXIT.against : EXIT.fine;
}

/** Writes what happened, and plays the file anew. */
async function update(
  loaded: Loaded,
  rules: string | undefined,
  result: SuiteResult,
  run: (loaded: Loaded) => Promise<SuiteResult>,
  out: Out,
): Promise<SuiteResult> {
  const { path } = loaded.suite;
  const { text, count } = updated(loaded.suite, result);
  if (count === 0) return result;
  // Read before it is written: a file that cannot be read again is left as it was.
  const suite = readSuite(path, text, rules);
  write(path, text);
  out.warn(`${path}: ${count} ${count === 1 ? "expectation" : "expectations"} written`);
  return run({ ...loaded, suite });
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new InputError(`${path} cannot be written: ${error instanceof Error ? error.message : error}`);
  }
}

function numberOf(given: Given, name: string, most: number): number | undefined {
  const text = textOf(given, name);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d{1,10}$/.test(text) && number <= most) return number;
  throw new UsageError(`--${name} is "${text}", and should be a whole number up to ${most}`);
}
