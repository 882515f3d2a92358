import { startedRule } from "../../detect/rule-set.ts";
import { learningOf, type RuleLearning } from "../../history/starts.ts";
import { ageText, minuteText } from "../../operations/age.ts";
import type { Rule } from "../../rule/rule.ts";
import { InputError } from "../../workbench/input/input-error.ts";
import { ofStage } from "../stage.ts";
import type { Given } from "../verb.ts";

/** What a stage's history has of a rule as its file is now: an edit of what it matches begins another. */
export interface RuleHistory extends RuleLearning {
  /** How long it learns, where the stage has rules learn; ms. */
  readonly learnsMs: number | undefined;
  /** The stage writes down when a rule begins. */
  readonly isKept: boolean;
}

const LIMIT_MS = 10_000;

/**
 * The histories of rules in the table of the stage that `--stage` names, by the rules' files.
 * @throws UsageError; InputError where the stage or its table cannot be asked
 */
export function historiesOf(given: Given, rules: readonly Rule[]): Promise<ReadonlyMap<string, RuleHistory>> {
  return ofStage(given, async (stack, clients) => {
    const { answered, Unanswered } = await import("../../operations/answer.ts");
    const { historyAt } = await import("../../operations/history.ts");
    const { variablesOf } = await import("../../operations/stack.ts");
    try {
      const signal = AbortSignal.timeout(LIMIT_MS);
      const { HISTORY_TABLE, LEARN, COUNTERS } = await answered(
        "lambda:GetFunctionConfiguration",
        variablesOf(clients, stack, signal),
      );
      const table = historyAt(clients, HISTORY_TABLE ?? "", signal);
      const learning = await answered("dynamodb:BatchGetItem", learningOf(table, rules.map(startedRule), Date.now()));
      const isKept = LEARN === "window" || COUNTERS === "true";
      return new Map(
        learning.map((each, index) => {
          const { path, windowMs } = rules[index] as Rule;
          return [path, { ...each, isKept, learnsMs: LEARN === "window" ? windowMs : undefined }];
        }),
      );
    } catch (error) {
      if (error instanceof Unanswered) throw new InputError(error.message, { cause: error });
      throw error;
    }
  });
}

/** In a line. */
export function historyText({ state, since, until, learnsMs, isKept }: RuleHistory): string {
  const learns =
    learnsMs === undefined ? "" : `: it learns for ${ageText(learnsMs)} of the stream, and finds nothing meanwhile`;
  if (state === "unreadable") return `its start is no time${learnsMs === undefined ? "" : ": it learns for ever"}`;
  if (since !== undefined && until !== undefined) {
    const isLearning = state === "learning" && learnsMs !== undefined;
    return `since ${minuteOf(since)}${isLearning ? `, learns until ${minuteOf(until)}` : ""}`;
  }
  return isKept
    ? `none as the rule is now; it begins once it is deployed${learns}`
    : "the stage keeps none of when rules began";
}

function minuteOf(ms: number): string {
  return minuteText(new Date(ms));
}
