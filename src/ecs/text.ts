import { compareCodePoints, holds, lowerCase } from "./keyword.ts";
import { type Leaf, type LeafTest, leafText, never } from "./leaf.ts";
import { globPattern, wildcardPattern } from "./pattern.ts";
import type { FieldSemantics } from "./semantics.ts";
import { words } from "./words.ts";

/** `text` and `match_only_text`: matched word by word, whatever their case, within one value of an array. */
export function text(): FieldSemantics {
  return {
    indexes: () => true, // the empty string too
    // Elasticsearch's match query: any word will do.
    terms: (literals) => anyWord(new Set(literals.flatMap(words))),
    phrase(literal) {
      const wanted = words(literal);
      if (wanted.length === 0) return never;
      return (leaf) => containsRun(wordsOf(leaf), wanted);
    },
    pattern(segments) {
      const pieces = atSpaces(segments);
      // A star alone asks whether there is a value; two are a pattern, which wants a word.
      if (pieces.some((piece) => piece.length === 2 && piece.every((part) => part === ""))) return () => true;
      const plain = new Set(pieces.filter((piece) => piece.length === 1).flatMap(([word = ""]) => words(word)));
      const patterns = pieces.filter((piece) => piece.length > 1).map((piece) => wildcardPattern(piece.map(lowerCase)));
      return (leaf) => wordsOf(leaf).some((word) => plain.has(word) || patterns.some((matches) => matches(word)));
    },
    glob(pattern, ignoreCase) {
      const matches = globPattern(pattern, ignoreCase);
      return (leaf) => wordsOf(leaf).some(matches);
    },
    rawTerms: (literals) => anyWord(new Set(literals)),
    range: (operator, bound) => (leaf) => wordsOf(leaf).some((word) => holds(operator, compareCodePoints(word, bound))),
  };
}

function wordsOf(leaf: Leaf): string[] {
  return words(leafText(leaf));
}

function anyWord(wanted: ReadonlySet<string>): LeafTest {
  return wanted.size === 0 ? never : (leaf) => wordsOf(leaf).some((word) => wanted.has(word));
}

function containsRun(found: readonly string[], wanted: readonly string[]): boolean {
  for (let from = 0; from + wanted.length <= found.length; from++) {
    if (wanted.every((word, index) => found[from + index] === word)) return true;
  }
  return false;
}

/** A pattern's pieces between white space, as query_string takes it apart: each its own list of segments. */
function atSpaces(segments: readonly string[]): string[][] {
  const pieces: string[][] = [[]];
  for (const segment of segments) {
    for (const [index, part] of segment.split(/[ \t\r\n\u3000]/).entries()) {
      if (index > 0) pieces.push([]);
      pieces.at(-1)?.push(part);
    }
  }
  return pieces.filter((piece) => piece.length > 1 || piece[0] !== "");
}
