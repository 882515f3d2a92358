import type { ValueFacts } from "../finding/why.ts";
import { type Counted, countersOf } from "../history/counters.ts";
import { counterKey } from "../history/key.ts";
import type { Counting } from "../history/settle.ts";
import type { Sighting } from "../history/sighting.ts";
import { type HistoryTable, MOST_COUNTED } from "../history/table.ts";
import { isCanary } from "../rule/canary.ts";
import type { Source } from "./observe.ts";

/** Counts the values of new combinations, and tells how common they are. */
export interface ValueCounting extends Counting<Source> {
  /**
   * How common each value of a new combination is among the others; undefined where that is not known.
   * @param isCounted true where the combination was counted before, as one that was forgotten
   */
  valuesOf(sighting: Sighting<Source>, isCounted: boolean): readonly ValueFacts[] | undefined;
}

/** For one delivery. */
export function valueCounting(
  table: Pick<HistoryTable, "counts" | "count">,
  onError: (error: unknown) => void,
): ValueCounting {
  const counters = countersOf(table, onError);
  return {
    look: (sightings) => counters.look(sightings.flatMap(countedOf)),
    count: (sightings) => counters.count(sightings.flatMap(countedOf)),
    valuesOf(sighting, isCounted) {
      const [counted] = countedOf(sighting);
      if (counted === undefined) return undefined;
      const values: ValueFacts[] = [];
      for (const key of counted.keys) {
        const count = counters.get(key);
        if (count === undefined) return undefined;
        const combinations = Math.max(0, count.combinations - (isCounted ? 1 : 0));
        const seen =
          "firstSeen" in count && combinations > 0 ? { firstSeen: count.firstSeen, lastSeen: count.lastSeen } : {};
        values.push({
          combinations: Math.min(combinations, MOST_COUNTED),
          isOver: combinations > MOST_COUNTED,
          ...seen,
        });
      }
      return values;
    },
  };
}

/** None of a rule of one field, whose value is the combination itself, of an event with too many, and of the canary. */
function countedOf({ observations: [{ source }], first, windowMs }: Sighting<Source>): Counted[] {
  const { rule } = source.detector;
  const { value: fields } = rule.new_terms;
  if (fields.length < 2 || source.type !== "finding" || isCanary(rule)) return [];
  const keys = source.terms.map(({ text }, index) => counterKey(rule.rule_id, fields[index] ?? "", text));
  return [{ keys, ruleId: rule.rule_id, at: first, windowMs }];
}
