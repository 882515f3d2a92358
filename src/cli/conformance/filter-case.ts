import { failed, type Outcome } from "./case.ts";
import type { MatchCase } from "./query-case.ts";

/** A case of filters.jsonl: a query and the rule's filters in Elasticsearch's query DSL. */
export interface FilterCase extends MatchCase {
  readonly filters: readonly unknown[];
}

export function runFilterCase({ expect }: FilterCase): Outcome {
  return failed(expect, "refused: rule filters are not supported");
}
