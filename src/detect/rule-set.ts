import type { Detector } from "../rule/detector.ts";
import { type RuleIndex, ruleIndex } from "../rule/rule-index.ts";
import { type Prefilter, prefilterOf } from "./prefilter.ts";

/** All loaded rules, as a batch of events meets them. */
export interface RuleSet {
  readonly index: RuleIndex;
  /** Absent where some rule could match an event without any string that can be looked for. */
  readonly mayMatch: Prefilter | undefined;
}

export function ruleSet(detectors: readonly Detector[]): RuleSet {
  return { index: ruleIndex(detectors), mayMatch: prefilterOf(detectors) };
}
