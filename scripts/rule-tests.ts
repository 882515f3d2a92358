import { failureLines, isPassed, refusalLines } from "../src/cli/test/report.ts";
import { loadSuite, testFiles } from "../src/cli/test/suites.ts";
import { InputError } from "../src/workbench/input/input-error.ts";
import { runSuite } from "../src/workbench/scenario/run.ts";

/** What the tests beside the rules of a folder come to. */
export interface RuleTests {
  readonly passed: number;
  /** What stands in a package's way, a line each. */
  readonly problems: readonly string[];
}

export async function ruleTests(folder: string): Promise<RuleTests> {
  let passed = 0;
  const problems: string[] = [];
  try {
    for (const path of testFiles([folder])) {
      const loaded = loadSuite(path, undefined);
      if (!("suite" in loaded)) {
        problems.push(...refusalLines(loaded));
        continue;
      }
      const { tests } = await runSuite(loaded.suite, { ...loaded, seed: 1 });
      passed += tests.filter(isPassed).length;
      for (const test of tests) if (!isPassed(test)) problems.push(...failureLines(path, test));
    }
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    problems.push(error.message);
  }
  return { passed, problems };
}
