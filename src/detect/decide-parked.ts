import { withWhy } from "../finding/seal.ts";
import { observationsOf, type Parked } from "../history/parked.ts";
import { isLearned, type StartedRule } from "../history/starts.ts";
import { countedOfParked, valueCounting } from "./counting.ts";
import type { Deadline } from "./deadline.ts";
import { type DecisionPorts, decide } from "./decide.ts";
import type { DetectOptions } from "./detect.ts";
import type { Ledger } from "./ledger.ts";
import type { RuleCounts } from "./rule-counts.ts";

/**
 * Decides sightings that were put on the retry queue. They keep the times and the identity they came with.
 * A rule begins with one, where the function that parked it could not begin it; not where `findsStale` says that they are of
 * the past.
 * @returns those that still cannot be decided
 */
export async function decideParked(
  parked: readonly Parked[],
  ports: DecisionPorts,
  deadline: Pick<Deadline, "endsAt" | "mayStart">,
  { ledger, counts }: { readonly ledger: Ledger; readonly counts: RuleCounts },
  {
    learnUntil = Number.NEGATIVE_INFINITY,
    learn = "none",
    starts,
    counters = false,
    findsStale = false,
  }: Pick<DetectOptions, "learnUntil" | "learn" | "starts" | "counters" | "findsStale"> = {},
): Promise<ReadonlySet<Parked>> {
  // Of all rules at once: sightings are decided side by side, and would ask for one after another. Who needs one waits.
  const earliest = parked.reduce((least, { first }) => Math.min(least, first), Number.POSITIVE_INFINITY);
  starts?.of(startedRulesOf(parked), earliest, false).catch(() => {});
  const counting = counters ? valueCounting(ports.history, ports.onError, countedOfParked) : undefined;
  /** Since when the rule's history is kept, epoch ms; undefined where it has not begun, or nobody asks. */
  const startOf = async ({ startKey: key, ruleId, windowMs }: Parked, first: number): Promise<number | undefined> =>
    key === undefined ? undefined : (await starts?.of([{ key, ruleId, windowMs }], first, !findsStale))?.get(key);
  const isLearning = async (source: Parked, first: number): Promise<boolean> => {
    if (learn !== "window" || starts === undefined || source.startKey === undefined) return false;
    const at = await startOf(source, first);
    return at === undefined || !isLearned({ at, windowMs: source.windowMs }, first);
  };
  const undecided = await decide(
    parked.flatMap(observationsOf),
    ports,
    deadline,
    {
      // The finding was made when the event was there; whatever its age, it is not dropped for it. Why it is new is known
      // now, and becomes part of it before it is claimed: whoever publishes it again publishes the same.
      async seal(sighting, previousSeen) {
        const { first: firstSeen, windowMs } = sighting;
        const [{ source }] = sighting.observations;
        const { terms } = source;
        if (terms === undefined) return source;
        const historySince = await startOf(source, firstSeen).catch(() => undefined);
        const values = counting?.valuesOf(sighting, previousSeen !== undefined);
        const fields = terms.map(({ field }) => field);
        const facts = { fields, terms, windowMs, firstSeen, previousSeen, historySince, values };
        return { ...source, outbox: withWhy(source.outbox, facts) };
      },
      learns: async ({ first, observations: [{ source }] }) =>
        first < learnUntil || (await isLearning(source, first)) ? source : undefined,
      counting,
      ruleOf: ({ observations: [{ source }] }) => source.ruleId,
    },
    ledger,
    counts,
  );
  return new Set(undecided.flatMap(({ observations }) => observations.map(({ source }) => source)));
}

function startedRulesOf(parked: readonly Parked[]): StartedRule[] {
  const rules = parked.flatMap(({ startKey: key, ruleId, windowMs }) =>
    key === undefined ? [] : [{ key, ruleId, windowMs }],
  );
  return [...new Map(rules.map((rule) => [rule.key, rule])).values()];
}
