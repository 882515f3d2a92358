import { ruleSet } from "../../detect/rule-set.ts";
import type { Detector } from "../../rule/detector.ts";
import { queryPlace } from "./clause.ts";
import type { CoverageCount } from "./coverage.ts";
import { culpritFinder } from "./culprit.ts";
import { type Failure, judge } from "./judge.ts";
import { missingFinder } from "./missing-terms.ts";
import type { Outcome, Played } from "./outcome.ts";
import type { Place } from "./place.ts";
import { play } from "./play.ts";
import type { Scenario, Step, Suite } from "./scenario.ts";
import type { Sent } from "./sent.ts";
import { ORDERS, playShuffled } from "./shuffle.ts";

/** What the tests of a file came to. */
export interface SuiteResult {
  readonly path: string;
  /** The rule file. */
  readonly rule: string;
  readonly tests: readonly TestResult[];
}

export interface TestResult {
  readonly name: string;
  readonly place: Place;
  /** None where it passed. */
  readonly failures: readonly FailureResult[];
  /** What came of each step, each time it was sent. */
  readonly steps: readonly StepResult[];
}

export interface StepResult {
  readonly step: Step;
  readonly came: readonly (readonly [Sent, Outcome])[];
  readonly isMet: boolean;
}

interface FailureResult extends Omit<Failure, "offset"> {
  /** Of the clause in the way. */
  readonly rule?: Place & { readonly path: string };
}

export interface RunOptions {
  readonly detector: Detector;
  readonly ruleText: string;
  readonly seed: number;
  readonly coverage?: CoverageCount;
}

/** Plays the tests of a file, one after another, each over a history of its own. */
export async function runSuite({ path, rule, tests }: Suite, options: RunOptions): Promise<SuiteResult> {
  const { detector } = options;
  const played: Played = {
    detector,
    rules: ruleSet([detector]),
    findCulprit: culpritFinder(detector),
    findMissing: missingFinder(detector.rule),
  };
  const results: TestResult[] = [];
  for (const test of tests) results.push(await runTest(test, played, options));
  return { path, rule, tests: results };
}

async function runTest(test: Scenario, played: Played, options: RunOptions): Promise<TestResult> {
  const { coverage, seed } = options;
  const came = await play(test, played, (event, at) => coverage?.add(event, at));
  const times = test.repeat?.times ?? 1;
  const failures: FailureResult[] = [];
  const steps = test.steps.map((step, index): StepResult => {
    const own = came.slice(index * times, (index + 1) * times);
    const failure = judge(step, own, test.repeat);
    if (failure !== undefined) failures.push(placed(failure, options));
    return { step, came: own, isMet: failure === undefined };
  });
  const difference = test.shuffle ? await playShuffled(test, played, seed) : undefined;
  if (difference !== undefined) {
    const { order, expected, actual } = difference;
    const why = `order ${order} of ${ORDERS}, from seed ${seed}: the file's own order gives something else`;
    failures.push({ place: test.place, expected: `in any order and batch split ${expected}`, actual, why });
  }
  return { name: test.name, place: test.place, failures, steps };
}

function placed({ offset, ...failure }: Failure, { detector, ruleText }: RunOptions): FailureResult {
  const { rule } = detector;
  const place = offset === undefined ? undefined : queryPlace(ruleText, rule, offset);
  return place === undefined ? failure : { ...failure, rule: { path: rule.path, ...place } };
}
