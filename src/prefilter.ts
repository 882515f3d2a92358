import type { Detector } from "./rule/detector.ts";

/** True of bytes that hold no event any rule could match: they need not be parsed. */
export type Prefilter = (bytes: Buffer) => boolean;

/** More rules than this ask for so much that looking costs as much as parsing. */
const MAX_LITERALS = 16;

/**
 * The prefilter of a set of rules, or undefined where some rule has no string that must occur, or there are too many.
 *
 * Only records that begin and end as an object does are passed over: gzip, aggregates, arrays and whatever is broken at
 * its ends take the long way. So does every text with a `\u` in it, which can spell anything.
 */
export function prefilterOf(detectors: readonly Detector[]): Prefilter | undefined {
  const needs = detectors.map(({ necessary }) => necessary);
  const known = needs.flatMap((need) => need ?? []);
  const literals = [...new Set(known.flatMap((need) => need.literals))];
  if (known.length < needs.length || literals.length === 0 || literals.length > MAX_LITERALS) return undefined;
  const orMapped = known.some((need) => need.orMapped);
  return (bytes) => {
    if (bytes[0] !== OPEN || lastOf(bytes) !== CLOSE) return false;
    // Broken UTF-8 swallows no ASCII, which is all that is looked for.
    const text = bytes.toString();
    for (const literal of literals) if (text.includes(literal)) return false;
    return !text.includes("\\u") && !(orMapped && mayHoldMapped(text));
  };
}

const OPEN = 0x7b;
const CLOSE = 0x7d;
const NEWLINE = 0x0a;

function lastOf(bytes: Buffer): number | undefined {
  const last = bytes[bytes.length - 1];
  return last === NEWLINE ? bytes[bytes.length - 2] : last;
}

/** An IPv4-mapped address has a group `ffff`, in any case. */
function mayHoldMapped(text: string): boolean {
  return text.includes("ffff") || (text.includes("F") && text.toLowerCase().includes("ffff"));
}
