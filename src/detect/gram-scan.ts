import { CLOSERS, closesValue, type LiteralBytes } from "./literal-bytes.ts";
import { byteRarity } from "./literal-search.ts";

/**
 * A literal of so many bytes holds a whole aligned word of four, wherever it stands: memory is read a word at a time, and
 * only where a word is one of some literal's the literal itself is looked for.
 */
export const MIN_SCANNED = 7;
const WORD = 4;

/** Of the table of words: 32 KB, which a core's nearest cache holds. */
const TABLE_BITS = 14;
const MULTIPLIER = 0x9e3779b1 | 0;

/**
 * Reads the bytes of one record, and tells of the literals in it by their number, of some more than once.
 * @param words the same memory as `bytes`, from its first aligned byte, at `offset` bytes before the first of `bytes`
 */
export type Scan = (
  bytes: Buffer,
  start: number,
  end: number,
  words: Int32Array,
  found: (literal: number) => void,
) => void;

/** All memory that a buffer is part of, word by word. */
export function wordsOf({ buffer, byteLength, byteOffset }: Buffer): Int32Array {
  return new Int32Array(buffer, 0, (byteOffset + byteLength) >>> 2);
}

/** Where a word may be part of a literal. */
interface Place {
  readonly word: number;
  readonly literal: number;
  /** How far into the literal the word stands. */
  readonly into: number;
}

/** @param literals of MIN_SCANNED bytes at least, a closing quote included */
export function gramScan(literals: readonly LiteralBytes[]): Scan {
  const places = placesOf(literals);
  const heads = new Uint16Array(1 << TABLE_BITS);
  const next = new Uint16Array(places.length + 1);
  const word = new Int32Array(places.length + 1);
  const literalOf = new Uint16Array(places.length + 1);
  const into = new Uint16Array(places.length + 1);
  for (const [index, place] of places.entries()) {
    const slot = Math.imul(place.word, MULTIPLIER) >>> (32 - TABLE_BITS);
    next[index + 1] = heads[slot] as number;
    heads[slot] = index + 1;
    word[index + 1] = place.word;
    literalOf[index + 1] = place.literal;
    into[index + 1] = place.into;
  }
  return (bytes, start, end, words, found) => {
    const base = bytes.byteOffset;
    const last = (base + end) >>> 2;
    for (let index = (base + start + WORD - 1) >>> 2; index < last; index++) {
      const read = words[index] as number;
      let place = heads[Math.imul(read, MULTIPLIER) >>> (32 - TABLE_BITS)] as number;
      for (; place !== 0; place = next[place] as number) {
        if (word[place] !== read) continue;
        const literal = literalOf[place] as number;
        const at = index * WORD - base - (into[place] as number);
        if (at >= start && stands(literals[literal] as LiteralBytes, bytes, at, end)) found(literal);
      }
    }
  };
}

function stands({ bytes: literal, isClosed }: LiteralBytes, bytes: Buffer, at: number, end: number): boolean {
  const behind = at + literal.length;
  if (behind > end) return false;
  for (let index = 0; index < literal.length; index++) if (bytes[at + index] !== literal[index]) return false;
  return !isClosed || closesValue(bytes, behind, end);
}

/** For each of the four ways to stand in memory one word of each literal: the rarest, and one that no other has taken. */
function placesOf(literals: readonly LiteralBytes[]): Place[] {
  const taken = new Map<number, number>();
  return literals.flatMap(({ bytes, isClosed }, literal) => {
    const length = bytes.length + (isClosed ? 1 : 0);
    const rarities = Array.from(bytes.toString("latin1"), byteRarity);
    return [0, 1, 2, 3].flatMap((phase): Place[] => {
      let best: readonly number[] = [];
      let bestInto = 0;
      let bestScore = Number.NEGATIVE_INFINITY;
      for (let into = phase; into + WORD <= length; into += WORD) {
        const found = wordsAt(bytes, into);
        let score = 0;
        for (let index = into; index < into + WORD; index++) score += rarities[index] ?? 0;
        for (const word of found) score -= CROWD * (taken.get(word) ?? 0);
        if (score > bestScore) [best, bestInto, bestScore] = [found, into, score];
      }
      for (const word of best) taken.set(word, (taken.get(word) ?? 0) + 1);
      return best.map((word) => ({ word, literal, into: bestInto }));
    });
  });
}

/** What sharing a word costs, against the rarity of its bytes: an attacker repeats the word that most literals share. */
const CROWD = 40;

const scratch = new Uint8Array(WORD);
const scratchWord = new Int32Array(scratch.buffer);

/** The words that memory can hold at a place of a literal: one, or where its end is closed one for each closer. */
function wordsAt(bytes: Buffer, into: number): readonly number[] {
  bytes.copy(scratch, 0, into, into + WORD);
  if (into + WORD <= bytes.length) return [scratchWord[0] as number];
  return CLOSERS.map((closer) => {
    scratch[WORD - 1] = closer;
    return scratchWord[0] as number;
  });
}
