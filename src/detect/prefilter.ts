import type { Detector } from "../rule/detector.ts";
import type { Stretch } from "../stream/delivery.ts";

/** Says of each record whether it must be read: false of one that holds no event any rule could match. */
export type Prefilter = (records: Stretch) => readonly boolean[];

/** More than this ask for so much that looking costs as much as parsing. */
const MAX_LITERALS = 16;

/**
 * The prefilter of a set of rules, or undefined where some rule has no string that must occur, or there are too many.
 *
 * Only records that begin and end as an object does are passed over: gzip, aggregates, arrays and whatever is broken at
 * its ends take the long way. So does every text with a `\u` in it, which can spell anything.
 */
export function prefilterOf(detectors: readonly Detector[]): Prefilter | undefined {
  const needs = detectors.map(({ necessary }) => necessary);
  const literals = new Set(needs.flatMap((need) => need ?? []));
  if (needs.includes(undefined) || literals.size === 0 || literals.size > MAX_LITERALS) return undefined;
  const markers = [...literals, "\\u"].map(marker);
  return (records) => {
    const mayMatch = isNoObject(records);
    for (const mark of markers) mark(records, mayMatch);
    return mayMatch;
  };
}

const OPEN = 0x7b;
const CLOSE = 0x7d;
const NEWLINE = 0x0a;

function isNoObject({ bytes, ends }: Stretch): boolean[] {
  let start = 0;
  return ends.map((end) => {
    const close = bytes[end - 1] === NEWLINE ? end - 2 : end - 1;
    const isObject = close > start && bytes[start] === OPEN && bytes[close] === CLOSE;
    start = end;
    return !isObject;
  });
}

/**
 * The bytes of events, most frequent first: measured over events of Elastic Defend, Sysmon, auditd and AWS. What is not
 * among them is rarer still.
 */
const FREQUENT = '"et:asnoir,0dc.12lmpu-\\34f8_65g{}9vb7yw hASETkx/';

/** Up to so many bytes are sought by the first of them, many at a time; more are stepped through. */
const MAX_SOUGHT = 7;
const MIN_SOUGHT = 5;

type Mark = (records: Stretch, marks: boolean[]) => void;

/** Marks the records that hold a literal, once each: what an attacker repeats is not found again. */
function marker(literal: string): Mark {
  const from = rarestStart(literal);
  const sought = Buffer.from(literal.slice(from, from + MAX_SOUGHT));
  const whole = Buffer.from(literal);
  return ({ bytes, ends }, marks) => {
    let record = 0;
    for (let at = bytes.indexOf(sought); at >= 0; ) {
      while (at >= (ends[record] ?? bytes.length)) record++;
      marks[record] ||= holds(bytes, at - from, whole);
      at = bytes.indexOf(sought, marks[record] === true ? (ends[record] ?? bytes.length) : at + 1);
    }
  };
}

function holds(bytes: Buffer, start: number, whole: Buffer): boolean {
  const end = start + whole.length;
  return start >= 0 && end <= bytes.length && bytes.compare(whole, 0, whole.length, start, end) === 0;
}

/** Where in a literal to begin: at the byte that stops the search least, if enough is left to tell. */
function rarestStart(literal: string): number {
  const rank = (start: number) => FREQUENT.indexOf(literal.charAt(start));
  const rarity = (start: number) => (rank(start) < 0 ? FREQUENT.length : rank(start));
  const starts = Array.from({ length: Math.max(1, literal.length - MIN_SOUGHT + 1) }, (_, start) => start);
  return starts.toSorted((a, b) => rarity(b) - rarity(a))[0] ?? 0;
}
