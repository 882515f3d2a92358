import type { Sighting } from "../history/sighting.ts";
import { isLearned, type RuleStarts } from "../history/starts.ts";
import type { Detector } from "../rule/detector.ts";
import type { Delivery } from "../stream/delivery.ts";
import type { Source } from "./observe.ts";
import { startedRule } from "./rule-set.ts";

/** What one delivery knows of its rules' learning. */
export interface Learning {
  /** Since when the history of a sighting's rule is kept, epoch ms, where that is known; waits, and does not reject. */
  since(sighting: Sighting<Source>): Promise<number | undefined>;
  /** True while the sighting's rule learns. @throws where that cannot be known: the sighting is undecided then */
  isLearning(sighting: Sighting<Source>): Promise<boolean>;
  /** How many rules learn at the delivery's time; waits for it as long as the signal lets it. */
  count(signal: AbortSignal): Promise<number>;
}

/**
 * Shows rules the stream: those that have not begun begin, whether anything matches or not, so that a rare rule has learned
 * by its first match. Asked once for all rules, beside the reading of the records.
 * @param begins false where records are of the past
 */
export function learningIn(
  delivery: Delivery,
  detectors: readonly Detector[],
  starts: RuleStarts,
  begins: boolean,
): Learning {
  const rules = detectors.map(({ rule }) => startedRule(rule));
  const at = delivery.length === 0 ? Number.NaN : delivery.record(0).arrival;
  const known = !Number.isFinite(at) ? Promise.resolve(new Map<string, number>()) : starts.of(rules, at, begins);
  // Whoever needs it is told of a failure.
  known.catch(() => {});
  const startOf = async ({ observations: [{ source }] }: Sighting<Source>) =>
    (await known).get(startedRule(source.detector.rule).key);

  return {
    since: (sighting) => startOf(sighting).catch(() => undefined),

    async isLearning(sighting) {
      const start = await startOf(sighting);
      return start === undefined || !isLearned({ at: start, windowMs: sighting.windowMs }, sighting.first);
    },

    async count(signal) {
      const over = new Promise<undefined>((resolve) => {
        if (signal.aborted) resolve(undefined);
        else signal.addEventListener("abort", () => resolve(undefined), { once: true });
      });
      const found = await Promise.race([known, over]);
      if (found === undefined) return 0;
      return rules.filter(({ key, windowMs }) => {
        const start = found.get(key);
        return start === undefined || !isLearned({ at: start, windowMs }, at);
      }).length;
    },
  };
}
