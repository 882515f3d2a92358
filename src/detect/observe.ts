import { createHash } from "node:crypto";
import type { EcsEvent } from "../ecs/json.ts";
import { isLeaf, leafText } from "../ecs/leaf.ts";
import { fieldPath } from "../ecs/path.ts";
import type { FindingType } from "../finding/document.ts";
import { findingSealer, type Seal } from "../finding/seal.ts";
import { combinationKey, overflowKey } from "../history/key.ts";
import type { Observation } from "../history/sighting.ts";
import type { Combination, Detector } from "../rule/detector.ts";
import type { RuleIndex } from "../rule/rule-index.ts";
import type { Ledger } from "./ledger.ts";

/** An event on its way through the rules. */
export interface Arrived {
  readonly event: EcsEvent;
  /** Index of the record that carried it. */
  readonly record: number;
  /** Epoch ms. */
  readonly arrival: number;
  /** What the event is known by at every redelivery. */
  readonly triggerId: string;
}

/** Where an observation comes from, and what its finding is made of. */
export interface Source {
  readonly type: FindingType;
  readonly record: number;
  readonly detector: Detector;
  readonly event: EcsEvent;
  readonly terms: Combination;
  readonly arrival: number;
  readonly overflow?: { readonly combinations: number; readonly evaluated: number };
  /** Seals the findings of an event with several, whose work they share. */
  readonly seal: Seal | undefined;
}

/** A rule that threw over an event. The other rules have looked at it all the same. */
interface RuleFailure {
  readonly ruleId: string;
  readonly error: unknown;
}

export interface Observed {
  readonly observations: readonly Observation<Source>[];
  readonly failures: readonly RuleFailure[];
}

const MAX_TRIGGER_LENGTH = 256;

const EVENT_ID = fieldPath("event.id");

/** An event's own id, if it has one of a length that can be stored, or else its place in the stream. */
export function triggerIdOf(event: EcsEvent, place: string): string {
  const own = EVENT_ID.values(event).find((value) => value !== null && isLeaf(value) && leafText(value) !== "");
  const id = own !== undefined && own !== null && isLeaf(own) ? leafText(own) : place;
  return id.length <= MAX_TRIGGER_LENGTH ? id : `sha256:${createHash("sha256").update(id).digest("hex")}`;
}

/** Every rule's look at one event. */
export function observe(arrived: Arrived, index: RuleIndex, ledger: Ledger): Observed {
  const { isScoped, detectors, inScope } = index(arrived.event);
  if (!isScoped) ledger.unscoped++;
  ledger.ruleEvaluations += inScope;
  ledger.unmatched += inScope - detectors.length;
  const observations: Observation<Source>[] = [];
  const failures: RuleFailure[] = [];
  for (const detector of detectors) {
    try {
      observations.push(...look(arrived, detector, ledger));
    } catch (error) {
      ledger.ruleFailures++;
      failures.push({ ruleId: detector.rule.rule_id, error });
    }
  }
  return { observations, failures };
}

/** One rule's look at one event. Counts only when nothing can throw any more. */
function look(arrived: Arrived, detector: Detector, ledger: Ledger): Observation<Source>[] {
  const { event, record, arrival, triggerId } = arrived;
  const { rule_id, windowMs, new_terms } = detector.rule;
  const at = detector.timeOf(event, arrival);
  if (!detector.matches(event, at)) {
    ledger.unmatched++;
    return [];
  }
  const { list, total } = detector.combinations(event);
  const count = total > list.length ? list.length + 1 : list.length;
  const facts = { rule: detector.rule, event, triggerId, arrival };
  const seal = count > 1 ? findingSealer(facts, count) : undefined;
  const found = list.map((terms): Observation<Source> => {
    const source: Source = { type: "finding", record, detector, event, terms, arrival, seal };
    return { key: combinationKey(rule_id, new_terms.value, terms), at, triggerId, windowMs, source };
  });
  ledger.matched++;
  ledger[list.length === 0 ? "withoutTerms" : "withCombinations"]++;
  if (total > list.length) {
    ledger.overflows++;
    const overflow = { combinations: total, evaluated: list.length };
    const source: Source = { type: "overflow", record, detector, event, terms: [], arrival, overflow, seal };
    found.push({ key: overflowKey(rule_id, triggerId), at, triggerId, windowMs, source });
  }
  return found;
}
