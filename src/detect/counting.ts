import type { ValueFacts } from "../finding/why.ts";
import { type Counted, countersOf } from "../history/counters.ts";
import { counterKey } from "../history/key.ts";
import type { Parked } from "../history/parked.ts";
import type { Counting } from "../history/settle.ts";
import type { Sighting } from "../history/sighting.ts";
import { type HistoryTable, MOST_COUNTED } from "../history/table.ts";
import { isCanary } from "../rule/canary.ts";
import type { Source } from "./observe.ts";

/** Counts the values of new combinations, and tells how common they are. */
export interface ValueCounting<From> extends Counting<From> {
  /**
   * How common each value of a new combination is among the others; undefined where that is not known.
   * @param isCounted true where the combination was counted before, as one that was forgotten
   */
  valuesOf(sighting: Sighting<From>, isCounted: boolean): readonly ValueFacts[] | undefined;
}

/** What is counted of a source; nothing of one that is not. */
type CountedOf<From> = (source: From) => Pick<Counted, "keys" | "ruleId"> | undefined;

/** For one delivery. */
export function valueCounting<From>(
  table: Pick<HistoryTable, "counts" | "count">,
  onError: (error: unknown) => void,
  countedOf: CountedOf<From>,
): ValueCounting<From> {
  const counters = countersOf(table, onError);
  const countedIn = ({ observations: [{ source }], first: at, windowMs }: Sighting<From>): Counted[] => {
    const counted = countedOf(source);
    return counted === undefined ? [] : [{ ...counted, at, windowMs }];
  };
  return {
    look: (sightings) => counters.look(sightings.flatMap(countedIn)),
    count: (sightings) => counters.count(sightings.flatMap(countedIn)),
    valuesOf(sighting, isCounted) {
      const [counted] = countedIn(sighting);
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

/** True of what a finding says why it is new of: no event with too many combinations, nor the canary's. */
export function isTold({ type, detector }: Source): boolean {
  return type === "finding" && !isCanary(detector.rule);
}

/** Nothing of a rule of one field, whose value is the combination itself. */
export function countedOf(source: Source): ReturnType<CountedOf<Source>> {
  const { rule } = source.detector;
  const { value: fields } = rule.new_terms;
  if (fields.length < 2 || !isTold(source)) return undefined;
  const keys = source.terms.map(({ text }, index) => counterKey(rule.rule_id, fields[index] ?? "", text));
  return { keys, ruleId: rule.rule_id };
}

/** The same of what was parked. */
export function countedOfParked({ terms = [], ruleId }: Parked): ReturnType<CountedOf<Parked>> {
  return terms.length < 2 ? undefined : { keys: terms.map(({ counter }) => counter), ruleId };
}
