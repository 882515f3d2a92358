import { startKey } from "../history/key.ts";
import type { StartedRule } from "../history/starts.ts";
import type { Detector } from "../rule/detector.ts";
import type { Rule } from "../rule/rule.ts";
import { type RuleIndex, ruleIndex } from "../rule/rule-index.ts";
import type { Prefilter } from "../stream/delivery.ts";
import { prefilterOf } from "./prefilter.ts";

/** All loaded rules, as a batch of events meets them. */
export interface RuleSet {
  readonly detectors: readonly Detector[];
  readonly index: RuleIndex;
  /** Absent where some rule could match an event without any string that can be looked for. */
  readonly mayMatch: Prefilter | undefined;
}

export function ruleSet(detectors: readonly Detector[]): RuleSet {
  return { detectors, index: ruleIndex(detectors), mayMatch: prefilterOf(detectors) };
}

const started = new WeakMap<Rule, StartedRule>();

/** A rule as its start in the history has it. */
export function startedRule(rule: Rule): StartedRule {
  let made = started.get(rule);
  if (made === undefined) {
    const { rule_id: ruleId, windowMs, new_terms, query, filters } = rule;
    const matches = filters.length === 0 ? [query] : [query, JSON.stringify(filters)];
    made = { key: startKey(ruleId, new_terms.value, matches), ruleId, windowMs };
    started.set(rule, made);
  }
  return made;
}
