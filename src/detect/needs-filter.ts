import type { Necessary } from "../kql/necessary.ts";
import type { Stretch } from "../stream/delivery.ts";
import { canBeScanned, gramScan, wordsOf } from "./gram-scan.ts";
import { isClosed, type LiteralBytes, literalBytes } from "./literal-bytes.ts";

/** A rule's needs, by number. */
interface RuleNeeds {
  /** What the scan alone tells of. */
  readonly scanned: readonly number[];
  /** What has short literals too, to be looked for where the others are met. */
  readonly sought: readonly number[];
}

/**
 * Marks the records that hold what one rule at least needs, all of it. The literals of all rules are looked for in one
 * pass; short ones only in a record that has all else that a rule needs.
 * @param rules the needs of each rule
 */
export function needsFilter(rules: readonly (readonly Necessary[])[]): (records: Stretch, marks: boolean[]) => void {
  const { needs, numbered } = numberNeeds(rules);
  const needsOfLiteral = new Map<string, number[]>();
  const short = needs.map((need, number) =>
    need.map(literalBytes).filter((bytes, index) => {
      const literal = need[index] as string;
      if (!canBeScanned(bytes)) return true;
      const numbers = needsOfLiteral.get(literal) ?? [];
      needsOfLiteral.set(literal, numbers);
      numbers.push(number);
      return false;
    }),
  );
  const ofLiteral = [...needsOfLiteral.values()];
  const scan = gramScan([...needsOfLiteral.keys()].map(literalBytes));
  const groups = byFirst(numbered.map((own) => ownNeeds(own, short)));
  const firsts = Int32Array.from(groups.keys());
  const rests = [...groups.values()];

  // The record in which a need was last met, and last looked for.
  const met = new Int32Array(needs.length);
  const asked = new Int32Array(needs.length);
  let record = 0;
  const found = (literal: number) => {
    for (const need of ofLiteral[literal] as number[]) met[need] = record;
  };
  const isMet = (bytes: Buffer, need: number): boolean => {
    if (asked[need] !== record && met[need] !== record) {
      asked[need] = record;
      for (const literal of short[need] as LiteralBytes[]) {
        if (!mayHold(bytes, literal)) continue;
        met[need] = record;
        break;
      }
    }
    return met[need] === record;
  };
  const isWanted = (bytes: Buffer, start: number, end: number): boolean => {
    let own: Buffer | undefined;
    for (let group = 0; group < firsts.length; group++) {
      const first = firsts[group] as number;
      if (first >= 0 && met[first] !== record) continue;
      for (const { scanned, sought } of rests[group] as RuleNeeds[]) {
        if (!scanned.every((need) => met[need] === record)) continue;
        own ??= bytes.subarray(start, end);
        const text = own;
        if (sought.every((need) => isMet(text, need))) return true;
      }
    }
    return false;
  };

  return ({ bytes, ends }, marks) => {
    met.fill(-1);
    asked.fill(-1);
    const words = wordsOf(bytes);
    let start = 0;
    for (record = 0; record < ends.length; record++) {
      const end = ends[record] as number;
      if (marks[record] !== true) {
        scan(bytes, start, end, words, found);
        marks[record] = isWanted(bytes, start, end);
      }
      start = end;
    }
  };
}

/** Each need once, and the needs of each rule by number. */
function numberNeeds(rules: readonly (readonly Necessary[])[]) {
  const numbers = new Map<string, number>();
  const needs: Necessary[] = [];
  const numbered = rules.map((own) =>
    own.map((need) => {
      const key = need.join("\n");
      const number = numbers.get(key) ?? needs.push(need) - 1;
      numbers.set(key, number);
      return number;
    }),
  );
  return { needs, numbered };
}

function ownNeeds(numbers: readonly number[], short: readonly (readonly LiteralBytes[])[]): RuleNeeds {
  const cost = (number: number) => short[number]?.length ?? 0;
  return {
    scanned: numbers.filter((number) => cost(number) === 0),
    sought: numbers.filter((number) => cost(number) > 0).toSorted((a, b) => cost(a) - cost(b)),
  };
}

/** Rules by their first need, -1 where the scan tells of none: most records do not meet it, and no more is asked. */
function byFirst(rules: readonly RuleNeeds[]): ReadonlyMap<number, RuleNeeds[]> {
  const groups = new Map<number, RuleNeeds[]>();
  for (const { scanned, sought } of rules) {
    const [first = -1, ...others] = scanned;
    const group = groups.get(first) ?? [];
    groups.set(first, group);
    group.push({ scanned: others, sought });
  }
  return groups;
}

/** After so many places that are not quite it, a literal may as well be there: reading the record costs less. */
const MAX_NEAR_HITS = 8;

function mayHold(record: Buffer, { bytes, closing, anyCase }: LiteralBytes): boolean {
  // A character a byte, so that places stay what they are.
  const text = anyCase ? Buffer.from(record.toString("latin1").toLowerCase(), "latin1") : record;
  let at = text.indexOf(bytes);
  for (let tries = 0; at >= 0; tries++) {
    if (tries === MAX_NEAR_HITS || isClosed(closing, text, at + bytes.length, text.length)) return true;
    at = text.indexOf(bytes, at + 1);
  }
  return false;
}
