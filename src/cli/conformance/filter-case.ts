import { compileFilters } from "../../rule/filters.ts";
import type { Rule } from "../../rule/rule.ts";
import { RuleFieldError } from "../../rule/rule.ts";
import { caseTypes, failed, type Outcome, PASSED } from "./case.ts";
import { type MatchCase, runMatchCase } from "./query-case.ts";

/** A case of filters.jsonl: a query and the rule's filters in Elasticsearch's query DSL. */
export interface FilterCase extends MatchCase {
  readonly filters: Rule["filters"];
}

export function runFilterCase(test: FilterCase): Outcome {
  try {
    const passes = compileFilters(test.filters, caseTypes(test.types), Date.now)(test.event);
    // The query decides where the filters let the event pass; where they do not, nothing may be expected.
    if (passes) return runMatchCase(test);
    return test.expect === false ? PASSED : failed(test.expect, false);
  } catch (error) {
    if (!(error instanceof RuleFieldError)) throw error;
    return failed(test.expect, `refused: ${error.message}`);
  }
}
