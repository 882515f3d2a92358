import { casing, EVERYDAY, type Necessary } from "../kql/necessary.ts";
import type { Detector } from "../rule/detector.ts";
import type { Prefilter, Stretch } from "../stream/delivery.ts";
import { literalBytes } from "./literal-bytes.ts";
import { type Mark, marker } from "./literal-search.ts";
import { needsFilter } from "./needs-filter.ts";
import { ruleNeeds } from "./rule-needs.ts";

/** So many are looked for one after another faster than all at once. */
const MAX_SOUGHT_LITERALS = 8;

/**
 * The prefilter of a set of rules, or undefined where some rule has no string that must occur.
 *
 * Only records that begin and end as an object does are passed over: gzip, aggregates, arrays and whatever is broken at
 * its ends take the long way. So does every text with a `\u` escape in it, which can spell anything.
 */
export function prefilterOf(detectors: readonly Detector[]): Prefilter | undefined {
  const rules = detectors.flatMap(ruleNeeds);
  if (rules.length === 0 || rules.some(({ length }) => length === 0)) return undefined;
  const escapes = marker("\\u", isEscape);
  const marks = soughtEach(rules) ?? [needsFilter(rules)];
  return (records) => {
    const mayMatch = isNoObject(records);
    escapes(records, mayMatch);
    for (const mark of marks) mark(records, mayMatch);
    return mayMatch;
  };
}

/** Few and telling literals: each rule's most telling need is all that is looked for. */
function soughtEach(rules: readonly (readonly Necessary[])[]): Mark[] | undefined {
  const needs = rules.map(([need]) => need ?? []);
  const literals = new Set(needs.flat());
  const isUnfit = (literal: string) => EVERYDAY.has(literal) || casing(literal).anyCase;
  if (literals.size > MAX_SOUGHT_LITERALS || [...literals].some(isUnfit)) return undefined;
  return [...literals].map((literal) => marker(literalBytes(literal).bytes.toString()));
}

/** `\u` and four digits: `C:\\users` is none, though it looks like the beginning of one. */
function isEscape(bytes: Buffer, start: number): boolean {
  for (let at = start + 2; at < start + 6; at++) if (!isHexDigit(bytes[at] ?? 0)) return false;
  return true;
}

function isHexDigit(byte: number): boolean {
  const letter = byte | 0x20;
  return (byte >= 0x30 && byte <= 0x39) || (letter >= 0x61 && letter <= 0x66);
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
