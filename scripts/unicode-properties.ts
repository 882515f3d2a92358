// What the running Node knows of Unicode's characters, of that which the engine asks: src/ecs/unicode.ts is made of it.

import type { KINDS } from "../src/ecs/code-points.ts";

type Letter = keyof typeof KINDS;

const PUNCTUATION = new Map<string, Letter>([
  ...":\u00b7\u0387\u055f\u05f4\u2027\ufe13\ufe55\uff1a".split("").map((char) => [char, "N"] as const),
  ...",;\u037e\u0589\u060c\u060d\u066c\u07f8\u2044\ufe10\ufe14\ufe50\ufe54\uff0c\uff1b"
    .split("")
    .map((char) => [char, "C"] as const),
  ...".\u2018\u2019\u2024\ufe52\uff07\uff0e".split("").map((char) => [char, "P"] as const),
  ["'", "A"],
  ['"', "Q"],
  ["\u200d", "J"],
  ["\u200b", "O"],
  ["\u202f", "U"],
  ["\u066b", "D"], // the Arabic decimal separator: Word_Break is Numeric, that of the thousands is MidNum
]);

/** Tried in order; each looks at one code point. */
const CLASSES: readonly (readonly [RegExp, Letter])[] = [
  [/^[\p{Grapheme_Extend}\p{M}\p{Cf}\p{Emoji_Modifier}]$/u, "M"],
  [/^\p{Nd}$/u, "D"],
  [/^\p{Pc}$/u, "U"],
  [/^[\p{Script=Han}\p{Script=Hiragana}]$/u, "S"],
  [/^[\p{Script=Katakana}\u3031-\u3035\u309b\u309c\u30a0\u30fc\uff70]$/u, "K"],
  [/^[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tai_Le}\p{Script=New_Tai_Lue}]$/u, "X"],
  [/^[\p{Script=Hebrew}]$/u, "H"],
  [/^[\p{Alphabetic}\u02c2-\u02df\u05f3\ua720\ua721\ua789\ua78a\uab5b]$/u, "L"],
  [/^\p{Regional_Indicator}$/u, "F"],
  [/^\p{Extended_Pictographic}$/u, "E"],
];

/** One letter of KINDS. */
export function wordKindOf(code: number): Letter {
  const char = String.fromCodePoint(code);
  return PUNCTUATION.get(char) ?? CLASSES.find(([pattern]) => pattern.test(char))?.[1] ?? "O";
}

/** Lucene's lower case, each code point alone: U+0130 becomes a plain `i`. */
export function lowerCaseOf(code: number): number {
  return code === 0x130 ? 0x69 : (String.fromCodePoint(code).toLowerCase().codePointAt(0) ?? code);
}

/** Unicode's simple case folding, near enough: one code point for one. */
export function simpleFoldOf(code: number): number {
  const upper = String.fromCodePoint(code).toUpperCase();
  const lower = (isOne(upper) ? upper : String.fromCodePoint(code)).toLowerCase();
  return isOne(lower) ? (lower.codePointAt(0) ?? code) : code;
}

function isOne(text: string): boolean {
  return text.length === ((text.codePointAt(0) ?? 0) > 0xffff ? 2 : 1);
}
