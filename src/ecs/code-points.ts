import { LOWER_CASE, SIMPLE_FOLD, WORD_KINDS } from "./unicode.ts";

/**
 * What Unicode says of a code point, by tables of our own: a verdict must not change with the Unicode of the Node that
 * gives it. Read when a character beyond ASCII first asks.
 */

/** What a character is to Lucene's word boundaries, by its letter in the table. */
export const KINDS = {
  O: "other",
  L: "letter",
  H: "hebrew",
  D: "digit",
  K: "katakana",
  U: "connector", // _ and its kin: joins whatever stands beside it
  N: "colon", // joins letters
  C: "comma", // joins digits
  P: "point", // joins letters and digits
  A: "apostrophe", // as a point, and may end a Hebrew word
  Q: "quote", // joins Hebrew letters
  M: "mark", // belongs to what it follows
  S: "single", // a word by itself: Han and Hiragana
  X: "complex", // Thai, Lao, Khmer, Myanmar: a run is one word
  E: "emoji",
  F: "flag", // regional indicator: two make a word
  J: "joiner",
} as const;

export type WordKind = (typeof KINDS)[keyof typeof KINDS];

/** The code points at which the kind changes, and the kinds that begin there. */
interface Runs {
  readonly starts: readonly number[];
  readonly kinds: readonly WordKind[];
}

/**
 * True of a text whose lower case is settled for good, and as long as the text: JavaScript's own will do. V8 does not look
 * at a string that it holds in bytes.
 */
export function isLatin1(text: string): boolean {
  return !/[\u0100-\uffff]/.test(text);
}

let runs: Runs | undefined;
let lower: ReadonlyMap<number, number> | undefined;
let fold: ReadonlyMap<number, number> | undefined;

export function wordKindOf(code: number): WordKind {
  runs ??= readRuns(WORD_KINDS);
  const { starts, kinds } = runs;
  let from = 0;
  let to = starts.length;
  while (to - from > 1) {
    const middle = (from + to) >>> 1;
    if ((starts[middle] ?? 0) <= code) from = middle;
    else to = middle;
  }
  return kinds[from] ?? "other";
}

/** Lucene's lower case, each code point alone; undefined where it is the code point itself. */
export function lowerCaseOf(code: number): number | undefined {
  lower ??= readMoves(LOWER_CASE);
  return lower.get(code);
}

/** Unicode's simple case folding, one code point for one. */
export function simpleFoldOf(code: number): number {
  if (code < 128) return code >= 65 && code <= 90 ? code + 32 : code;
  fold ??= readMoves(SIMPLE_FOLD);
  return fold.get(code) ?? lowerCaseOf(code) ?? code;
}

function readRuns(text: string): Runs {
  const starts: number[] = [];
  const kinds: WordKind[] = [];
  let code = 0;
  for (const [, length = "", letter = ""] of text.matchAll(/([0-9a-z]+)([A-Z])/g)) {
    starts.push(code);
    kinds.push(KINDS[letter as keyof typeof KINDS]);
    code += Number.parseInt(length, 36);
  }
  return { starts, kinds };
}

function readMoves(text: string): Map<number, number> {
  const moves = new Map<number, number>();
  let code = 0;
  for (const stretch of text.split(",")) {
    const [gap = 0, distance = 0, more = 0, step = 1] = stretch.split(" ").map((digits) => Number.parseInt(digits, 36));
    code += gap;
    moves.set(code, code + distance);
    for (let count = 0; count < more; count++) {
      code += step;
      moves.set(code, code + distance);
    }
  }
  return moves;
}
