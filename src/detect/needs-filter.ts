import type { Necessary } from "../kql/necessary.ts";
import type { Stretch } from "../stream/delivery.ts";
import { gramScan, MIN_SCANNED, wordsOf } from "./gram-scan.ts";
import { closesValue, type LiteralBytes, literalBytes } from "./literal-bytes.ts";

/** A rule's needs by number: those that the scan tells of, and those to be looked for where all of these are met. */
interface RuleNeeds {
  readonly scanned: readonly number[];
  readonly sought: readonly number[];
}

/**
 * Marks the records that hold what one rule at least needs, all of it. The literals of all rules are looked for in one
 * pass; short ones, and the needs that have some, only in a record that has all else that a rule needs.
 * @param rules the needs of each rule
 */
export function needsFilter(rules: readonly (readonly Necessary[])[]): (records: Stretch, marks: boolean[]) => void {
  const needs = new Map<string, number>();
  const lists: Necessary[] = [];
  const numbered = rules.map((own): RuleNeeds => {
    const numbers = own.map((need) => {
      const key = need.join("\n");
      const number = needs.get(key) ?? lists.push(need) - 1;
      needs.set(key, number);
      return number;
    });
    const isScanned = (number: number) => lists[number]?.every(({ length }) => length >= MIN_SCANNED) === true;
    return { scanned: numbers.filter(isScanned), sought: numbers.filter((number) => !isScanned(number)) };
  });

  const scannedLiterals = new Map<string, number[]>();
  for (const number of new Set(numbered.flatMap(({ scanned }) => scanned))) {
    for (const literal of lists[number] ?? []) {
      scannedLiterals.set(literal, [...(scannedLiterals.get(literal) ?? []), number]);
    }
  }
  const needsOfLiteral = [...scannedLiterals.values()];
  const scan = gramScan([...scannedLiterals.keys()].map(literalBytes));
  const soughtNeeds = lists.map((need) => need.map(literalBytes));

  // Which record a need was last met in, and looked for in.
  const met = new Int32Array(lists.length);
  const asked = new Int32Array(lists.length);
  let record = 0;
  const found = (literal: number) => {
    for (const need of needsOfLiteral[literal] as number[]) met[need] = record;
  };
  const isMet = (bytes: Buffer, need: number): boolean => {
    if (asked[need] !== record) {
      asked[need] = record;
      if ((soughtNeeds[need] as LiteralBytes[]).some((literal) => mayHold(bytes, literal))) met[need] = record;
    }
    return met[need] === record;
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
        let own: Buffer | undefined;
        for (const { scanned, sought } of numbered) {
          if (!scanned.every((need) => met[need] === record)) continue;
          own ??= bytes.subarray(start, end);
          const text = own;
          if (!sought.every((need) => isMet(text, need))) continue;
          marks[record] = true;
          break;
        }
      }
      start = end;
    }
  };
}

/** After so many places that are not quite it, a literal may as well be there: reading the record costs less. */
const MAX_NEAR_HITS = 8;

function mayHold(record: Buffer, { bytes, isClosed }: LiteralBytes): boolean {
  let at = record.indexOf(bytes);
  for (let tries = 0; at >= 0; tries++) {
    if (!isClosed || tries === MAX_NEAR_HITS || closesValue(record, at + bytes.length, record.length)) return true;
    at = record.indexOf(bytes, at + 1);
  }
  return false;
}
