/** What one candidate took, in milliseconds a call: the least is what the work costs, the median what was seen. */
export interface Timing {
  readonly min: number;
  readonly median: number;
}

/** How many times as long one took as another. */
export function ratio(long: Timing, short: Timing): { readonly measured: number; readonly median: number } {
  return { measured: long.min / short.min, median: long.median / short.median };
}

const ROUNDS = 15;
/** A round goes on so long at least, so that the clock's grain does not count. */
const MIN_ROUND_MS = 8;

/**
 * Times candidates against each other, interleaved: each round runs every one of them, so that what slows the machine
 * down slows all of them down.
 */
export function compare<Name extends string>(
  candidates: Readonly<Record<Name, () => unknown>>,
  rounds = ROUNDS,
): Record<Name, Timing> {
  const names = Object.keys(candidates) as Name[];
  const calls = new Map(names.map((name) => [name, callsPerRound(candidates[name])]));
  const samples = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) samples.get(name)?.push(timed(candidates[name], calls.get(name) ?? 1));
  }
  return Object.fromEntries(names.map((name) => [name, timingOf(samples.get(name) ?? [])])) as Record<Name, Timing>;
}

/** Warms a candidate up, and finds how many calls of it fill a round. */
function callsPerRound(run: () => unknown): number {
  for (let calls = 1; ; calls *= 2) {
    const each = timed(run, calls);
    if (each * calls >= MIN_ROUND_MS) return calls;
  }
}

/** What is returned is kept, so that no compiler can leave the work out. */
let sink: unknown;

function timed(run: () => unknown, calls: number): number {
  const start = performance.now();
  for (let call = 0; call < calls; call++) sink = run();
  const took = performance.now() - start;
  if (sink === timed) throw new Error("unreachable");
  return took / calls;
}

export function timingOf(samples: readonly number[]): Timing {
  const sorted = samples.toSorted((a, b) => a - b);
  return { min: sorted[0] ?? Number.NaN, median: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN };
}
