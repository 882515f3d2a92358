import { createHash } from "node:crypto";
import type { EcsEvent } from "../ecs/json.ts";
import { leafText } from "../ecs/leaf.ts";
import { fieldPath } from "../ecs/path.ts";
import type { FindingType } from "../finding/document.ts";
import { findingSealer, type Seal } from "../finding/seal.ts";
import { combinationKey, overflowKey, suppressionKey } from "../history/key.ts";
import type { Observation } from "../history/sighting.ts";
import type { Combination, Detector } from "../rule/detector.ts";
import type { Exception } from "../rule/exceptions/compile.ts";
import type { RuleIndex } from "../rule/rule-index.ts";
import type { SuppressionGroup } from "../rule/suppression.ts";
import type { Rejection } from "../stream/record.ts";
import type { Ledger } from "./ledger.ts";

/** An event on its way through the rules. */
export interface Arrived {
  readonly event: EcsEvent;
  /** Index of the record that carried it. */
  readonly record: number;
  /** Epoch ms. */
  readonly arrival: number;
  /** Where in the stream it stood, in no word of the sender's. */
  readonly place: string;
}

/** Where an observation comes from, and what its finding is made of. */
export interface Source {
  readonly type: FindingType;
  readonly record: number;
  readonly detector: Detector;
  readonly terms: Combination;
  readonly arrival: number;
  readonly overflow?: { readonly combinations: number; readonly evaluated: number };
  /** What the finding is counted together with, where the rule suppresses it. */
  readonly suppression?: SuppressedBy | undefined;
  /** Seals the findings that the rule makes of the event: what they share is made once. */
  readonly seal: Seal;
}

/** A group, and the key by which the history has it. */
export type SuppressedBy = Pick<SuppressionGroup, "terms" | "durationMs"> & { readonly key: string };

/** A rule that threw over an event. The other rules have looked at it all the same. */
interface RuleFailure {
  readonly ruleId: string;
  readonly error: unknown;
}

/** What the rules find in one record, and may. */
export interface Lookout {
  /** Takes an observation, or says that the record has had its share of combinations. */
  readonly take: (observation: Observation<Source>) => boolean;
  /** True once the record has had its share of time. */
  readonly isLate: () => boolean;
  /** Told of each match, for whoever counts by rule; `combinations` is 0 where a field has no value. */
  readonly onMatch?: OnMatch | undefined;
  /** Told of each match that an exception hides. */
  readonly onExcepted?: OnExcepted | undefined;
}

export type OnMatch = (detector: Detector, event: EcsEvent, combinations: number) => void;
export type OnExcepted = (detector: Detector, event: EcsEvent, exception: Exception) => void;

export interface Observed {
  readonly failures: readonly RuleFailure[];
  /** Why the rest of the record is not looked at, if it is not. */
  readonly cut: Rejection | undefined;
}

const MAX_TRIGGER_LENGTH = 256;

const EVENT_ID = fieldPath("event.id");

/** An event's own id, if it has one of a length that can be stored, or else its place in the stream. */
function triggerIdOf(event: EcsEvent, place: string): string {
  let own = "";
  EVENT_ID.some(event, (leaf) => {
    own = leafText(leaf);
    return own !== "";
  });
  const id = own === "" ? place : own;
  return id.length <= MAX_TRIGGER_LENGTH ? id : `sha256:${createHash("sha256").update(id).digest("hex")}`;
}

/** Every rule's look at one event, as long as the record has a share left. */
export function observe(arrived: Arrived, index: RuleIndex, lookout: Lookout, ledger: Ledger): Observed {
  const { isScoped, detectors, inScope } = index(arrived.event);
  if (!isScoped) ledger.unscoped++;
  ledger.ruleEvaluations += inScope - detectors.length;
  ledger.unmatched += inScope - detectors.length;
  const failures: RuleFailure[] = [];
  for (const detector of detectors) {
    if (lookout.isLate()) return { failures, cut: "too_slow" };
    ledger.ruleEvaluations++;
    try {
      if (!look(arrived, detector, lookout, ledger)) return { failures, cut: "too_many_combinations" };
    } catch (error) {
      ledger.ruleFailures++;
      failures.push({ ruleId: detector.rule.rule_id, error });
    }
  }
  return { failures, cut: undefined };
}

function suppressedBy({ rule, suppressionOf }: Detector, event: EcsEvent): SuppressedBy | undefined {
  const group = suppressionOf?.(event);
  if (group === undefined) return undefined;
  const { parts, terms, durationMs } = group;
  return { terms, durationMs, key: suppressionKey(rule.rule_id, parts) };
}

/** One rule's look at one event. Counts only when nothing can throw any more. @returns false where combinations were cut */
function look(arrived: Arrived, detector: Detector, lookout: Lookout, ledger: Ledger): boolean {
  const { event, record, arrival, place } = arrived;
  const { take, onMatch, onExcepted } = lookout;
  const { rule_id, windowMs, new_terms } = detector.rule;
  const at = detector.timeOf(event, arrival);
  if (!detector.matches(event, at)) {
    ledger.unmatched++;
    return true;
  }
  const exception = detector.exceptedBy(event, at);
  if (exception !== undefined) {
    ledger.matched++;
    ledger.excepted++;
    onExcepted?.(detector, event, exception);
    return true;
  }
  const { list, total } = detector.combinations(event);
  const triggerId = triggerIdOf(event, place);
  // As many as the event may make, whatever is taken of them: how large each may be depends on it.
  const findings = total > list.length ? list.length + 1 : list.length;
  const seal = findingSealer({ rule: detector.rule, event, triggerId, arrival }, findings);
  const suppression = list.length === 0 ? undefined : suppressedBy(detector, event);
  const found = list.map((terms): Observation<Source> => {
    const source: Source = { type: "finding", record, detector, terms, arrival, seal, suppression };
    return { key: combinationKey(rule_id, new_terms.value, terms), at, triggerId, windowMs, source, count: 1 };
  });
  ledger.matched++;
  ledger[list.length === 0 ? "withoutTerms" : "withCombinations"]++;
  onMatch?.(detector, event, total);
  const refused = found.findIndex((observation) => !take(observation));
  const evaluated = refused < 0 ? list.length : refused;
  if (evaluated < total) {
    ledger.overflows++;
    const overflow = { combinations: total, evaluated };
    const source: Source = { type: "overflow", record, detector, terms: [], arrival, overflow, seal };
    take({ key: overflowKey(rule_id, place), at, triggerId, windowMs, source, count: 1 });
  }
  return refused < 0;
}
