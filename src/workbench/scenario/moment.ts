import { parseDate } from "../../ecs/iso-date.ts";

/** The zero of each timeline, epoch ms. */
export const ZERO = Date.UTC(2026, 0, 1);

const UNITS: readonly (readonly [string, number])[] = [
  ["w", 604_800_000],
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
];

/** A duration such as `7d` or `1d12h`, in ms; undefined where the text is none. Largest unit first, each once. */
export function durationOf(text: string): number | undefined {
  if (text.length > 40 || !/^(?:\d{1,7}(?:ms|[wdhms]))+$/.test(text)) return undefined;
  let total = 0;
  let before = Number.POSITIVE_INFINITY;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[wdhms])/g)) {
    const size = UNITS.find(([name]) => name === unit)?.[1] ?? 0;
    if (size >= before) return undefined;
    before = size;
    total += Number(count) * size;
  }
  return total;
}

/** An offset from the timeline's zero, or an ISO time with its zone, as epoch ms. */
export function momentOf(text: string): number | undefined {
  const offset = durationOf(text);
  if (offset !== undefined) return ZERO + offset;
  const isIso = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/.test(text);
  return isIso ? parseDate(text) : undefined;
}

/** A moment as the files write it: an offset from the zero, or an ISO time before it. */
export function momentText(at: number): string {
  return at < ZERO ? new Date(at).toISOString() : durationText(at - ZERO);
}

export function durationText(ms: number): string {
  let left = ms;
  let text = "";
  // Weeks are read and not written: days are what windows are told in.
  for (const [unit, size] of UNITS.slice(1)) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === "" ? "0s" : text;
}
