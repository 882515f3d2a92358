import { isLatin1, lowerCaseOf } from "./code-points.ts";
import { type LeafTest, leafText } from "./leaf.ts";
import { globPattern, wildcardPattern } from "./pattern.ts";
import type { FieldSemantics, RangeOperator } from "./semantics.ts";

interface KeywordOptions {
  /** Longest string that is indexed, in UTF-16 units. */
  readonly ignoreAbove: number;
  /** The `lowercase` normalizer, applied to values, literals and patterns alike. */
  readonly lowercase: boolean;
}

/** `keyword` and `wildcard`: exact text, by code points, without trimming or folding. */
export function keyword({ ignoreAbove, lowercase }: KeywordOptions): FieldSemantics {
  const fold = lowercase ? lowerCase : (text: string) => text;
  const test =
    (accepts: (text: string) => boolean): LeafTest =>
    (leaf) => {
      const text = leafText(leaf);
      return text.length <= ignoreAbove && accepts(fold(text));
    };
  return {
    indexes: (leaf) => leafText(leaf).length <= ignoreAbove,
    terms(literals) {
      const wanted = new Set(literals.map(fold));
      return test((text) => wanted.has(text));
    },
    pattern: (segments) => test(wildcardPattern(segments.map(fold))),
    glob: (pattern, ignoreCase) => test(globPattern(fold(pattern), ignoreCase)),
    range(operator, literal) {
      const bound = fold(literal);
      return test((text) => holds(operator, compareCodePoints(text, bound)));
    },
    canonical(leaf) {
      const text = leafText(leaf);
      if (text.length > ignoreAbove) return undefined;
      const folded = fold(text);
      return { tag: "keyword", text: folded, value: folded };
    },
  };
}

export function holds(operator: RangeOperator, comparison: number): boolean {
  switch (operator) {
    case "gt":
      return comparison > 0;
    case "gte":
      return comparison >= 0;
    case "lt":
      return comparison < 0;
    case "lte":
      return comparison <= 0;
  }
}

/** Order of UTF-8 bytes, which is that of code points; `<` on strings is that of UTF-16 units and differs past U+FFFF. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const difference = a.charCodeAt(index) - b.charCodeAt(index);
    if (difference === 0) continue;
    const aIsSurrogate = isSurrogate(a.charCodeAt(index));
    return aIsSurrogate === isSurrogate(b.charCodeAt(index)) ? difference : aIsSurrogate ? 1 : -1;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/** Lucene's LowerCaseFilter: each code point alone, so no final sigma, and U+0130 becomes a plain `i`. */
export function lowerCase(text: string): string {
  if (isLatin1(text)) return text.toLowerCase();
  let lower = "";
  let kept = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.codePointAt(at) ?? 0;
    const end = at + (code > 0xffff ? 2 : 1);
    const moved = lowerCaseOf(code);
    if (moved !== undefined) {
      lower += text.slice(kept, at) + String.fromCodePoint(moved);
      kept = end;
    }
    at = end;
  }
  return lower + text.slice(kept);
}
