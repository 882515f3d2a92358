import { observationsOf, type Parked } from "../history/parked.ts";
import type { Deadline } from "./deadline.ts";
import { type DecisionPorts, decide } from "./decide.ts";
import type { Ledger } from "./ledger.ts";
import type { RuleCounts } from "./rule-counts.ts";

/**
 * Decides sightings that were put on the retry queue. They keep the times and the identity they came with.
 * @param learnUntil epoch ms: those before it teach the history
 * @returns those that still cannot be decided
 */
export async function decideParked(
  parked: readonly Parked[],
  ports: DecisionPorts,
  deadline: Pick<Deadline, "endsAt" | "mayStart">,
  { ledger, counts }: { readonly ledger: Ledger; readonly counts: RuleCounts },
  learnUntil = Number.NEGATIVE_INFINITY,
): Promise<ReadonlySet<Parked>> {
  const undecided = await decide(
    parked.flatMap(observationsOf),
    ports,
    deadline,
    {
      // The finding was made when the event was there; whatever its age, it is not dropped for it.
      seal: ({ observations: [{ source }] }) => source,
      learns: ({ first, observations: [{ source }] }) => (first < learnUntil ? source : undefined),
      ruleOf: ({ observations: [{ source }] }) => source.ruleId,
    },
    ledger,
    counts,
  );
  return new Set(undecided.flatMap(({ observations }) => observations.map(({ source }) => source)));
}
