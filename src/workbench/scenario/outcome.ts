import type { Ledger } from "../../detect/ledger.ts";
import type { RuleSet } from "../../detect/rule-set.ts";
import type { EcsEvent } from "../../ecs/json.ts";
import { combinationKey } from "../../history/key.ts";
import type { MemoryTable } from "../../history/memory-table.ts";
import type { Combination, Detector } from "../../rule/detector.ts";
import type { Culprit, FindCulprit } from "./culprit.ts";
import type { FindMissing } from "./missing-terms.ts";
import { durationText, momentText } from "./moment.ts";
import type { Delivered, Found } from "./stream.ts";

/** A rule, as tests play it. */
export interface Played {
  readonly detector: Detector;
  readonly rules: RuleSet;
  readonly findCulprit: FindCulprit;
  readonly findMissing: FindMissing;
}

/** What came of one event, and why. */
export interface Outcome {
  readonly kind:
    | "new"
    | "suppressed"
    | "known"
    | "unmatched"
    | "without-terms"
    | "excepted"
    | "learned"
    | "quarantined"
    | "failed"
    | "several";
  readonly findings: readonly Found[];
  /**
   * Of unmatched: the fields of the clause in the way. Of without-terms: the new_terms fields without a value. Of
   * excepted: the exceptions' names and ids.
   */
  readonly fields: readonly string[];
  readonly why: string;
  /** Of unmatched: where in the query the clause is. */
  readonly offset?: number;
}

/** What the history has of an event's combination, before it is delivered. */
export interface Seen {
  readonly terms: Combination;
  readonly lastSeen: number | undefined;
}

/** Combinations that a reason tells of at most. */
const TOLD = 3;

export function historyOf(
  event: EcsEvent,
  arrival: number,
  { rule, timeOf, matches, exceptedBy, combinations }: Detector,
  { items }: MemoryTable,
): Seen[] {
  const at = timeOf(event, arrival);
  if (!matches(event, at) || exceptedBy(event, at) !== undefined) return [];
  return combinations(event)
    .list.slice(0, TOLD)
    .map((terms) => ({
      terms,
      lastSeen: items.get(combinationKey(rule.rule_id, rule.new_terms.value, terms))?.lastSeen,
    }));
}

const PASSED_OVER = "passed over unread: it holds nothing that the rule could match";

export interface Circumstances {
  readonly events: readonly EcsEvent[];
  readonly before: readonly Seen[];
  readonly at: number;
  readonly played: Played;
  readonly learnMs: number | undefined;
}

export function outcomeOf({ ledger, findings, rejections, errors }: Delivered, around: Circumstances): Outcome {
  const kind = kindOf(ledger, errors);
  const plain = (why: string, fields: readonly string[] = []): Outcome => ({ kind, findings, fields, why });
  const { events, before, at, played, learnMs } = around;
  switch (kind) {
    case "new":
    case "known":
      return plain(before.map((seen) => seenText(seen, at, played.detector.rule.windowMs)).join("; "));
    case "suppressed":
      return plain("new, and listed in the closing message of the window that its alert_suppression has open");
    case "learned":
      return plain(`until ${durationText(learnMs ?? 0)} sightings only teach the history`);
    case "quarantined":
      return plain(`put away: ${[...new Set(rejections)].join(", ")}`);
    case "failed":
      return plain(errors.map((error) => (error instanceof Error ? error.message : String(error))).join("; "));
    case "several":
      return plain("one text held several events, which came to different things");
    case "without-terms": {
      const fields = [...new Set(events.flatMap(played.findMissing))];
      return plain(`it has no value in ${fields.join(", ")}`, fields);
    }
    case "excepted": {
      const items = events.flatMap((event) => played.detector.exceptedBy(event, at)?.item ?? []);
      const told = items.map(({ name, path, placeOf }) => `${name} (${path}:${placeOf([]).line})`);
      const names = items.flatMap(({ name, itemId }) => (itemId === undefined ? [name] : [name, itemId]));
      return plain(`the exception ${[...new Set(told)].join(", ")} holds`, [...new Set(names)]);
    }
    case "unmatched": {
      const culprits = events.flatMap((event): readonly Culprit[] => {
        const culprit = played.findCulprit(event, at);
        return culprit === undefined ? [] : [culprit];
      });
      const [first] = culprits;
      if (first === undefined)
        return plain(ledger.skipped + ledger.passedOver > 0 ? PASSED_OVER : "there is no event in it");
      const { text, offset } = first;
      const outcome = plain(`in the way: ${text}`, [...new Set(culprits.flatMap(({ fields }) => fields))]);
      return offset === undefined ? outcome : { ...outcome, offset };
    }
  }
}

function kindOf(ledger: Ledger, errors: readonly unknown[]): Outcome["kind"] {
  if (errors.length > 0 || ledger.undecided > 0 || ledger.pending > 0) return "failed";
  const { quarantined, learned, withoutTerms, excepted } = ledger;
  // An event with one combination that is new, or learned, and others that are known is what the one is.
  const seen: readonly (readonly [Outcome["kind"], number])[] = [
    ["quarantined", quarantined],
    ["learned", learned],
    ["without-terms", withoutTerms],
    ["excepted", excepted],
    ["new", ledger.new === ledger.suppressed ? 0 : ledger.new],
    ["suppressed", ledger.new === ledger.suppressed ? ledger.suppressed : 0],
    ["known", ledger.new + learned > 0 ? 0 : ledger.known],
    ["unmatched", ledger.unmatched + (ledger.events > 0 && ledger.ruleEvaluations === 0 ? 1 : 0)],
  ];
  const [first = ["unmatched", 1] as const, ...others] = seen.filter(([, count]) => count > 0);
  return others.length > 0 ? "several" : first[0];
}

function seenText({ terms, lastSeen }: Seen, at: number, windowMs: number): string {
  const name = `[${terms.map(({ text }) => text).join(", ")}]`;
  if (lastSeen === undefined) return `${name} is not in the history`;
  const age = at - lastSeen;
  const window = `the window of ${durationText(windowMs)}`;
  return `${name} was last seen at ${momentText(lastSeen)}, ${age > windowMs ? "longer ago than" : "within"} ${window}`;
}
