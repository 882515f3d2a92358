import { type Closing, fourAt, isClosed, type LiteralBytes } from "./literal-bytes.ts";
import { byteRarity } from "./literal-search.ts";

/**
 * Reads the bytes of one record, and tells of the literals in it by their number, of some more than once.
 * @param words all memory that `bytes` is part of, from wordsOf
 */
export type Scan = (
  bytes: Buffer,
  start: number,
  end: number,
  words: Int32Array,
  found: (literal: number) => void,
) => void;

const WORD = 4;

/** A bit for each hash of a word that some literal has: 32 KB, which a core's nearest cache holds. */
const BITS = 18;
const TABLE_BITS = 13;
const MULTIPLIER = 0x9e3779b1 | 0;

/** The bit of each byte that capitals have not: words are compared without, so that any case of a literal is found. */
const CASE_BITS = 0x20202020;
const CASE_BIT = 0x20;

/** All memory that a buffer is part of, word by word. */
export function wordsOf({ buffer, byteLength, byteOffset }: Buffer): Int32Array {
  return new Int32Array(buffer, 0, (byteOffset + byteLength) >>> 2);
}

/**
 * Looks for any number of literals in one pass. Wherever a literal stands, it holds a whole aligned word of four bytes:
 * memory is read a word at a time, with nothing to wait for between them, and only where a word is one of some literal's
 * the literal itself is compared.
 * @param literals that canBeScanned
 */
export function gramScan(literals: readonly LiteralBytes[]): Scan {
  const places = placesOf(literals);
  const bits = new Int32Array(1 << (BITS - 5));
  const heads = new Uint16Array(1 << TABLE_BITS);
  const next = new Uint16Array(places.length + 1);
  const word = new Int32Array(places.length + 1);
  const literalOf = new Uint16Array(places.length + 1);
  const into = new Int16Array(places.length + 1);
  const ends = new Uint32Array(literals.length + 1);
  for (const [index, { bytes }] of literals.entries()) ends[index + 1] = (ends[index] as number) + bytes.length;
  const texts = new Uint8Array(ends[literals.length] as number);
  const cases = new Uint8Array(texts.length);
  for (const [index, { bytes, anyCase }] of literals.entries()) {
    texts.set(bytes, ends[index]);
    if (anyCase) cases.set(bytes.map(caseBit), ends[index]);
  }
  const closings = literals.map(({ closing }) => closing);
  const stands = (literal: number, bytes: Uint8Array, at: number, end: number): boolean => {
    const textEnd = ends[literal + 1] as number;
    let text = ends[literal] as number;
    const behind = at + textEnd - text;
    if (behind > end) return false;
    for (let index = at; text < textEnd; text++, index++) {
      if (((bytes[index] as number) | (cases[text] as number)) !== texts[text]) return false;
    }
    return isClosed(closings[literal] as Closing, bytes, behind, end);
  };
  for (const [index, place] of places.entries()) {
    const hash = Math.imul(place.word, MULTIPLIER) >>> (32 - BITS);
    (bits[hash >>> 5] as number) |= 1 << hash;
    const slot = hash >>> (BITS - TABLE_BITS);
    next[index + 1] = heads[slot] as number;
    heads[slot] = index + 1;
    word[index + 1] = place.word;
    literalOf[index + 1] = place.literal;
    into[index + 1] = place.into;
  }
  return (bytes, start, end, words, found) => {
    const base = bytes.byteOffset;
    const last = (base + end) >>> 2;
    for (let index = (base + start + WORD - 1) >>> 2; ; index++) {
      index = nextCandidate(words, index, last, bits);
      if (index >= last) return;
      const read = (words[index] as number) | CASE_BITS;
      const hash = Math.imul(read, MULTIPLIER) >>> (32 - BITS);
      let place = heads[hash >>> (BITS - TABLE_BITS)] as number;
      for (; place !== 0; place = next[place] as number) {
        if (word[place] !== read) continue;
        const literal = literalOf[place] as number;
        const at = index * WORD - base - (into[place] as number);
        if (at >= start && stands(literal, bytes, at, end)) found(literal);
      }
    }
  };
}

/** The first word that may be one of some literal's; apart, so that nothing but the loop is in it. */
function nextCandidate(words: Int32Array, from: number, last: number, bits: Int32Array): number {
  let index = from;
  for (; index < last; index++) {
    const hash = Math.imul((words[index] as number) | CASE_BITS, MULTIPLIER) >>> (32 - BITS);
    if (((bits[hash >>> 5] as number) & (1 << hash)) !== 0) break;
  }
  return index;
}

/** What makes a small letter of a capital: nothing else is one in another case. */
function caseBit(byte: number): number {
  return byte >= 0x61 && byte <= 0x7a ? CASE_BIT : 0;
}

/** Where a word may be part of a literal. */
interface Place {
  readonly word: number;
  readonly literal: number;
  /** How far into the literal the word stands; -1 is one byte before it. */
  readonly into: number;
}

/** Whether a word can be named for each of the four ways in which a literal can stand in memory. */
export function canBeScanned(literal: LiteralBytes): boolean {
  const { length } = literal.bytes;
  return PHASES.every((phase) => phase + WORD <= length || aroundEnds(literal, phase) !== undefined);
}

const PHASES = [0, 1, 2, 3];

/** Words of a phase that reach over a literal's first byte or its last, as many as can stand there. */
function aroundEnds(literal: LiteralBytes, phase: number): { into: number; words: number[] } | undefined {
  const { length } = literal.bytes;
  const last = length - 1 - ((length - 1 - phase) & 3);
  for (const into of phase === 3 ? [-1, last] : [last]) {
    const words = fourAt(literal, into)?.map(wordOf);
    if (words !== undefined) return { into, words };
  }
  return undefined;
}

/** One place of each literal for each phase: of the rarest bytes, and that few others have taken. */
function placesOf(literals: readonly LiteralBytes[]): Place[] {
  const common = commonWords();
  const taken = new Map<number, number>();
  const places: Place[] = [];
  const take = (word: number, literal: number, into: number) => {
    taken.set(word, (taken.get(word) ?? 0) + 1);
    places.push({ word, literal, into });
  };
  for (const [literal, { bytes }] of literals.entries()) {
    for (const phase of PHASES) {
      let best = Number.NEGATIVE_INFINITY;
      let bestInto = 0;
      let bestWord = 0;
      for (let into = phase; into + WORD <= bytes.length && into < MAX_INTO; into += WORD) {
        const word = wordIn(bytes, into);
        const score =
          (common.has(word) ? -COMMON_COST : 0) + byteRarities(bytes, into) - CROWD * (taken.get(word) ?? 0);
        if (score <= best) continue;
        best = score;
        bestInto = into;
        bestWord = word;
      }
      // All its words are common, or it has none: those around its ends are many, and each of them rare.
      const around = best > 0 ? undefined : aroundEnds(literals[literal] as LiteralBytes, phase);
      if (around === undefined) take(bestWord, literal, bestInto);
      else for (const word of around.words) take(word, literal, around.into);
    }
  }
  return places;
}

/** Words further into a literal are not looked at: a function's start has other things to do. */
const MAX_INTO = 16;

/** What sharing a word costs, against the rarity of its bytes: an attacker repeats the word that most literals share. */
const CROWD = 40;

/** What most events say over and over: a word of it stops the scan for nothing. */
const COMMON = Buffer.from(
  '"name":"event":{"user":"host":{"process":{"parent":"type":"version":"file":"windows":C:\\Windows\\System32.exe",' +
    '"executable":"command_line":"agent":"data_stream":{"dataset":"namespace":"logs":"ec2.amazonaws.com":"success":"id":' +
    '"created":"action":"category":["source":"user_agent":"client":"exec":"linux":"start":"ip":example.org":"properties"',
);
const COMMON_COST = 150;

function byteRarities(bytes: Buffer, into: number): number {
  let rarity = 0;
  for (let at = into; at < into + WORD; at++) rarity += byteRarity(bytes[at] as number);
  return rarity;
}

const scratch = new Uint8Array(WORD);
const scratchWord = new Int32Array(scratch.buffer);

/** Four bytes as memory has them, in no case. */
function wordOf(four: readonly number[]): number {
  scratch.set(four);
  return (scratchWord[0] as number) | CASE_BITS;
}

function wordIn(bytes: Buffer, into: number): number {
  for (let at = 0; at < WORD; at++) scratch[at] = bytes[into + at] as number;
  return (scratchWord[0] as number) | CASE_BITS;
}

/** Made when asked for: a function with few rules starts without. */
function commonWords(): ReadonlySet<number> {
  return new Set(Array.from({ length: COMMON.length - WORD + 1 }, (_, into) => wordIn(COMMON, into)));
}
