import type { Observation } from "../history/sighting.ts";
import type { Delivery } from "../stream/delivery.ts";
import { pieces } from "../stream/payload.ts";
import type { Quarantined } from "../stream/quarantine.ts";
import type { DecisionPorts } from "./decide.ts";
import type { Ledger } from "./ledger.ts";
import { observe, type Source, triggerIdOf } from "./observe.ts";
import type { RuleSet } from "./rule-set.ts";

/** What cannot become an event, or not for some rule. */
export interface Rejected {
  readonly record: number;
  readonly entry: Quarantined;
}

interface Read {
  readonly observations: readonly Observation<Source>[];
  readonly rejected: readonly Rejected[];
  readonly unread: readonly number[];
}

/**
 * Records to observations; synchronous. What is left when the time is up stays unread.
 * @param readUntil epoch ms
 */
export function readRecords(
  delivery: Delivery,
  rules: RuleSet,
  { onError, now }: Pick<DecisionPorts, "onError" | "now">,
  readUntil: number,
  ledger: Ledger,
): Read {
  const mayMatch = rules.mayMatch?.(delivery);
  const unread: number[] = [];
  const rejected: Rejected[] = [];
  const observations: Observation<Source>[] = [];
  for (let index = 0; index < delivery.length; index++) {
    ledger.records++;
    if (mayMatch?.[index] === false) {
      ledger.skipped++;
      continue;
    }
    if (now() > readUntil) {
      ledger.unread++;
      unread.push(index);
      continue;
    }
    const record = delivery.record(index);
    const { id: recordId, arrival } = record;
    for (const piece of pieces(record)) {
      if (piece.kind === "control") ledger.controlMessages++;
      else if (piece.kind === "repaired") ledger.repaired++;
      else if (piece.kind === "rejected") {
        const { reason, bytes, position } = piece;
        ledger.documents++;
        ledger.quarantined++;
        rejected.push({ record: index, entry: { recordId, position, arrival, reason, bytes } });
      } else {
        const { event, position } = piece;
        ledger.documents++;
        ledger.events++;
        const triggerId = triggerIdOf(event, `${recordId}/${position}`);
        const observed = observe({ event, record: index, arrival, triggerId }, rules.index, ledger);
        observations.push(...observed.observations);
        for (const { ruleId, error } of observed.failures) {
          onError(error);
          const bytes = Buffer.from(JSON.stringify(event));
          const entry: Quarantined = { recordId, position, arrival, reason: "rule_failed", ruleId, bytes };
          rejected.push({ record: index, entry });
        }
      }
    }
  }
  return { observations, rejected, unread };
}
