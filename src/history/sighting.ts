/** One event's carrying of one combination. */
export interface Observation<Source> {
  /** The combination's table key. */
  readonly key: string;
  /** Evaluation time of the event, epoch ms. */
  readonly at: number;
  /** Identity of the event, the same at every redelivery. */
  readonly triggerId: string;
  readonly windowMs: number;
  /** How often the record carried it; the first of these is kept. */
  readonly count: number;
  /** How many combinations of its record came before; 0 where nobody counted. */
  readonly rank?: number;
  readonly source: Source;
}

/** Observations of one combination, none more than the window after the one before: one finding at most. */
export interface Sighting<Source> {
  readonly key: string;
  readonly windowMs: number;
  /** In order of time, then of delivery. The first is the trigger of a finding. */
  readonly observations: readonly [Observation<Source>, ...Observation<Source>[]];
  readonly first: number;
  readonly last: number;
}

/**
 * Groups a batch by combination, each a chain of sightings to be decided in order: a gap longer than the window, as in
 * a backlog, makes the combination new again. Each record's first combinations stand before any record's further ones:
 * who sends a thousand at once waits longest.
 */
export function chainSightings<Source>(observations: readonly Observation<Source>[]): Sighting<Source>[][] {
  const byKey = new Map<string, Observation<Source>[]>();
  for (const observation of observations) {
    const list = byKey.get(observation.key);
    if (list === undefined) byKey.set(observation.key, [observation]);
    else list.push(observation);
  }
  const lists = [...byKey.values()].map((list) => ({ list, rank: leastRank(list) }));
  lists.sort((a, b) => a.rank - b.rank);
  return lists.map(({ list }) => split(list.sort((a, b) => a.at - b.at)));
}

function leastRank(list: readonly Pick<Observation<unknown>, "rank">[]): number {
  return list.reduce((least, { rank = 0 }) => Math.min(least, rank), Number.POSITIVE_INFINITY);
}

function split<Source>(sorted: readonly Observation<Source>[]): Sighting<Source>[] {
  const runs: [Observation<Source>, ...Observation<Source>[]][] = [];
  for (const observation of sorted) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    if (run === undefined || before === undefined || observation.at - before.at > observation.windowMs) {
      runs.push([observation]);
    } else run.push(observation);
  }
  return runs.map((run) => ({
    key: run[0].key,
    windowMs: run[0].windowMs,
    observations: run,
    first: run[0].at,
    last: (run.at(-1) ?? run[0]).at,
  }));
}
