/**
 * Lucene's standard analyser: words by Unicode's boundary rules (UAX#29) as its StandardTokenizer applies them, in lower
 * case. `Intl.Segmenter` is near, but splits at a colon between letters and cuts Thai and Japanese by dictionary.
 */
import { isLatin1, type WordKind, wordKindOf } from "./code-points.ts";
import { lowerCase } from "./keyword.ts";

/** So many UTF-16 units are looked at from where a word begins, as if the text ended there. */
const WINDOW = 255;

const ASCII_PUNCTUATION = new Map<string, WordKind>([
  ["_", "connector"],
  [":", "colon"],
  [",", "comma"],
  [";", "comma"],
  [".", "point"],
  ["'", "apostrophe"],
  ['"', "quote"],
]);

let ascii: readonly WordKind[] | undefined;

function asciiKind(char: string): WordKind {
  if (/[a-zA-Z]/.test(char)) return "letter";
  return /[0-9]/.test(char) ? "digit" : (ASCII_PUNCTUATION.get(char) ?? "other");
}

function kindAt(text: string, at: number): WordKind {
  const unit = text.charCodeAt(at);
  if (unit >= 128) return wordKindOf(text.codePointAt(at) ?? 0);
  ascii ??= Array.from({ length: 128 }, (_, code) => asciiKind(String.fromCharCode(code)));
  return ascii[unit] ?? "other";
}

/** The words of a text, in order and in lower case. Linear in the text. */
export function words(text: string): string[] {
  const found: string[] = [];
  // All of it at once is cheaper than each word.
  const lower = isLatin1(text) ? text.toLowerCase() : undefined;
  for (let at = 0; at < text.length; ) {
    const end = wordEnd(text, at, windowEnd(text, at));
    if (end === undefined) at = nextStart(text, at);
    else {
      found.push(lower?.slice(at, end) ?? lowerCase(text.slice(at, end)));
      at = end;
    }
  }
  return found;
}

function windowEnd(text: string, at: number): number {
  const end = at + WINDOW;
  if (end >= text.length) return text.length;
  // Half a character is not taken.
  const last = text.charCodeAt(end - 1);
  return last >= 0xd800 && last <= 0xdbff ? end - 1 : end;
}

/** Where to look next when no word begins here. */
function nextStart(text: string, at: number): number {
  if (kindAt(text, at) !== "connector") return next(text, at);
  // Connectors alone: nothing begins until a window reaches what they join, if they join anything.
  let end = past(text, at, text.length);
  while (end < text.length && kindAt(text, end) === "connector") end = past(text, end, text.length);
  if (end === text.length || !joins("connector", kindAt(text, end))) return end;
  const start = Math.max(next(text, at), next(text, end) - WINDOW);
  const unit = text.charCodeAt(start);
  return unit >= 0xdc00 && unit <= 0xdfff ? start + 1 : start;
}

function next(text: string, at: number): number {
  return at + ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
}

/** Behind one code point and the marks that belong to it. */
function past(text: string, at: number, limit: number): number {
  let end = next(text, at);
  while (end < limit && isMark(kindAt(text, end))) end = next(text, end);
  return end;
}

function isMark(kind: WordKind): boolean {
  return kind === "mark" || kind === "joiner";
}

/** The end of the word that begins here, in a text that ends at the limit; nothing where none does. */
function wordEnd(text: string, at: number, limit: number): number | undefined {
  switch (kindAt(text, at)) {
    case "single":
      return past(text, at, limit);
    case "complex": {
      let end = past(text, at, limit);
      while (end < limit && kindAt(text, end) === "complex") end = past(text, end, limit);
      return end;
    }
    case "flag": {
      const second = past(text, at, limit);
      return second < limit && kindAt(text, second) === "flag" ? past(text, second, limit) : undefined;
    }
    case "emoji":
      return emojiEnd(text, at, limit);
    case "letter":
    case "hebrew":
    case "digit":
    case "katakana":
    case "connector":
      return joinedEnd(text, at, limit);
    default:
      return undefined;
  }
}

function emojiEnd(text: string, at: number, limit: number): number {
  let end = past(text, at, limit);
  // A joiner was taken as a mark: where one came last, the next emoji belongs to this one.
  while (text.charCodeAt(end - 1) === 0x200d && end < limit && kindAt(text, end) === "emoji")
    end = past(text, end, limit);
  return end;
}

/** Letters, digits and what joins them. A run of connectors alone is no word. */
function joinedEnd(text: string, from: number, limit: number): number | undefined {
  let last = kindAt(text, from);
  let hasContent = last !== "connector";
  let end = past(text, from, limit);
  while (end < limit) {
    const kind = kindAt(text, end);
    const behind = past(text, end, limit);
    if (joins(last, kind)) {
      hasContent ||= kind !== "connector";
      last = kind;
      end = behind;
      continue;
    }
    const after = behind < limit ? kindAt(text, behind) : "other";
    if (bridges(last, kind, after)) {
      last = after;
      end = past(text, behind, limit);
    } else {
      if (last === "hebrew" && kind === "apostrophe") end = behind;
      break;
    }
  }
  return hasContent ? end : undefined;
}

function isAlphabetic(kind: WordKind): boolean {
  return kind === "letter" || kind === "hebrew";
}

function joins(a: WordKind, b: WordKind): boolean {
  if (b === "connector") return true;
  if (b === "katakana") return a === "katakana" || a === "connector";
  return (isAlphabetic(b) || b === "digit") && a !== "katakana";
}

/** One punctuation mark between two of a kind. */
function bridges(before: WordKind, mark: WordKind, after: WordKind): boolean {
  const both = mark === "point" || mark === "apostrophe";
  if (isAlphabetic(before) && isAlphabetic(after)) {
    return both || mark === "colon" || (mark === "quote" && before === "hebrew" && after === "hebrew");
  }
  return before === "digit" && after === "digit" && (both || mark === "comma");
}
