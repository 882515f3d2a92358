import { observationsOf, type Parked } from "../history/parked.ts";
import { isLearned } from "../history/starts.ts";
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
    findsStale = false,
  }: Pick<DetectOptions, "learnUntil" | "learn" | "starts" | "findsStale"> = {},
): Promise<ReadonlySet<Parked>> {
  const isLearning = async ({ startKey: key, ruleId, windowMs }: Parked, first: number): Promise<boolean> => {
    if (learn !== "window" || starts === undefined || key === undefined) return false;
    const at = (await starts.of([{ key, ruleId, windowMs }], first, !findsStale)).get(key);
    return at === undefined || !isLearned({ at, windowMs }, first);
  };
  const undecided = await decide(
    parked.flatMap(observationsOf),
    ports,
    deadline,
    {
      // The finding was made when the event was there; whatever its age, it is not dropped for it.
      seal: ({ observations: [{ source }] }) => source,
      learns: async ({ first, observations: [{ source }] }) =>
        first < learnUntil || (await isLearning(source, first)) ? source : undefined,
      ruleOf: ({ observations: [{ source }] }) => source.ruleId,
    },
    ledger,
    counts,
  );
  return new Set(undecided.flatMap(({ observations }) => observations.map(({ source }) => source)));
}
