/** Longer texts than this are no names. */
const MAX_LENGTH = 100;

/**
 * How many letters must be put in, left out, changed or swapped with their neighbour to make `b` of `a`; `limit + 1`
 * where it is more than `limit`.
 */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit || Math.max(a.length, b.length) > MAX_LENGTH) return limit + 1;
  let older: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const next = [row];
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1];
      const isSwapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      next.push(
        Math.min(
          (last[column] ?? 0) + 1,
          (next[column - 1] ?? 0) + 1,
          (last[column - 1] ?? 0) + (isSame ? 0 : 1),
          isSwapped && row > 1 && column > 1 ? (older[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    if (Math.min(...next) > limit) return limit + 1;
    older = last;
    last = next;
  }
  return Math.min(last[b.length] ?? 0, limit + 1);
}

/** The known name that a misspelt one was probably meant to be: one mistake in a short name, two in a longer one. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const limit = name.length < 8 ? 1 : 2;
  const lower = name.toLowerCase();
  let best: string | undefined;
  let least = limit + 1;
  for (const candidate of known) {
    if (candidate === name) continue;
    const distance = editDistance(lower, candidate.toLowerCase(), Math.min(limit, least));
    if (distance >= least) continue;
    best = candidate;
    least = distance;
  }
  return best;
}
