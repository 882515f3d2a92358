import { type Publisher, publishWith } from "../finding/publisher.ts";
import { type KnownCache, type SettleOptions, settle } from "../history/settle.ts";
import { chainSightings, type Observation, type Sighting } from "../history/sighting.ts";
import { type HistoryTable, LAG_MS } from "../history/table.ts";
import type { Deadline } from "./deadline.ts";
import type { Ledger } from "./ledger.ts";
import type { RuleCounts } from "./rule-counts.ts";

/** What deciding novelty stands on. */
export interface DecisionPorts {
  readonly history: HistoryTable;
  readonly known: KnownCache;
  readonly publisher: Publisher;
  /** Wall clock, epoch ms. It times leases and stamps findings; no event is placed by it. */
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

/** A lease outlives the invocation by this much, for clocks that differ. */
const LEASE_SLACK_MS = 2000;

export interface DecideOptions<Source> extends Pick<SettleOptions<Source>, "seal" | "learns" | "counting"> {
  /** The id of the rule that observed it. */
  readonly ruleOf: (sighting: Sighting<Source>) => string;
  /** Told of each sighting whose own finding is out. */
  readonly onPublished?: (sighting: Sighting<Source>) => void;
}

/** True for a sighting of records older than history reaches: its combination may have been forgotten. */
export function isStale({ first }: Pick<Sighting<unknown>, "first">, now: number): boolean {
  return now - first > LAG_MS;
}

/** Decides what was observed, publishes what is new, and counts both. @returns what could not be decided */
export async function decide<Source>(
  observations: readonly Observation<Source>[],
  { history: table, known, publisher, now, onError }: DecisionPorts,
  { endsAt, mayStart }: Pick<Deadline, "endsAt" | "mayStart">,
  { seal, learns, counting, ruleOf, onPublished }: DecideOptions<Source>,
  ledger: Ledger,
  rules: RuleCounts,
): Promise<readonly Sighting<Source>[]> {
  ledger.combinations += countOf(observations);
  const { decisions, cacheHits, republished } = await settle(chainSightings(observations), {
    table,
    known,
    publish: publishWith(publisher, table),
    now,
    leaseUntil: () => endsAt + LEASE_SLACK_MS,
    mayStart,
    learns,
    seal,
    counting,
    onError,
  });
  ledger.cacheHits += cacheHits;
  ledger.republished += republished;
  const undecided: Sighting<Source>[] = [];
  for (const { sighting, verdict, published, suppressed } of decisions) {
    const count = countOf(sighting.observations);
    // Of a new sighting the first event is new, and by the time of the others it is known.
    ledger[verdict] += verdict === "new" ? 1 : count;
    if (verdict === "known") rules.of(ruleOf(sighting)).known += count;
    if (verdict === "new") {
      ledger.known += count - 1;
      rules.of(ruleOf(sighting)).new++;
      rules.of(ruleOf(sighting)).known += count - 1;
      ledger[published ? "published" : suppressed ? "suppressed" : "pending"]++;
      if (published) onPublished?.(sighting);
    }
    if (verdict === "undecided") undecided.push(sighting);
  }
  return undecided;
}

function countOf(observations: readonly Pick<Observation<unknown>, "count">[]): number {
  return observations.reduce((sum, { count }) => sum + count, 0);
}
