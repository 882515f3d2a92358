/**
 * Lucene's standard analyser: words by Unicode's boundary rules (UAX#29) as its StandardTokenizer applies them, in lower
 * case. `Intl.Segmenter` is near, but splits at a colon between letters and cuts Thai and Japanese by dictionary.
 */
import { lowerCase } from "./keyword.ts";

/** A longer word is cut in pieces of this many UTF-16 units. */
const MAX_WORD = 255;

type Kind =
  | "letter"
  | "hebrew"
  | "digit"
  | "katakana"
  | "connector" // _ and its kin: joins whatever stands beside it
  | "colon" // joins letters
  | "comma" // joins digits
  | "point" // joins letters and digits
  | "apostrophe" // as a point, and may end a Hebrew word
  | "quote" // joins Hebrew letters
  | "mark" // belongs to what it follows
  | "single" // a word by itself: Han and Hiragana
  | "complex" // Thai, Lao, Khmer, Myanmar: a run is one word
  | "emoji"
  | "flag" // regional indicator: two make a word
  | "joiner"
  | "other";

const PUNCTUATION = new Map<string, Kind>([
  ...":\u00b7\u0387\u055f\u05f4\u2027\ufe13\ufe55\uff1a".split("").map((char) => [char, "colon"] as const),
  ...",;\u037e\u0589\u060c\u060d\u066c\u07f8\u2044\ufe10\ufe14\ufe50\ufe54\uff0c\uff1b"
    .split("")
    .map((char) => [char, "comma"] as const),
  ...".\u2018\u2019\u2024\ufe52\uff07\uff0e".split("").map((char) => [char, "point"] as const),
  ["'", "apostrophe"],
  ['"', "quote"],
  ["\u200d", "joiner"],
  ["\u200b", "other"],
  ["\u202f", "connector"],
]);

/** Tried in order; each looks at one code point. */
const CLASSES: readonly (readonly [RegExp, Kind])[] = [
  [/^[\p{Grapheme_Extend}\p{M}\p{Cf}\p{Emoji_Modifier}]$/u, "mark"],
  [/^\p{Nd}$/u, "digit"],
  [/^\p{Pc}$/u, "connector"],
  [/^[\p{Script=Han}\p{Script=Hiragana}]$/u, "single"],
  [/^[\p{Script=Katakana}\u3031-\u3035\u309b\u309c\u30a0\u30fc\uff70]$/u, "katakana"],
  [
    /^[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tai_Le}\p{Script=New_Tai_Lue}]$/u,
    "complex",
  ],
  [/^[\p{Script=Hebrew}]$/u, "hebrew"],
  [/^[\p{Alphabetic}\u02c2-\u02df\u05f3\ua720\ua721\ua789\ua78a\uab5b]$/u, "letter"],
  [/^\p{Regional_Indicator}$/u, "flag"],
  [/^\p{Extended_Pictographic}$/u, "emoji"],
];

// Made when it is first asked for: few rules read text, and these classes take milliseconds to get ready.
let ascii: readonly Kind[] | undefined;

function asciiKinds(): readonly Kind[] {
  ascii ??= Array.from({ length: 128 }, (_, code) => classify(String.fromCharCode(code)));
  return ascii;
}

function classify(char: string): Kind {
  return PUNCTUATION.get(char) ?? CLASSES.find(([pattern]) => pattern.test(char))?.[1] ?? "other";
}

function kindAt(text: string, at: number): Kind {
  const unit = text.charCodeAt(at);
  return unit < 128 ? (asciiKinds()[unit] ?? "other") : classify(String.fromCodePoint(text.codePointAt(at) ?? 0));
}

/** The words of a text, in order and in lower case. Linear in the text. */
export function words(text: string): string[] {
  const found: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = wordEnd(text, at);
    if (end === undefined) at = next(text, at);
    else {
      for (let from = at; from < end; from += MAX_WORD) {
        found.push(lowerCase(text.slice(from, Math.min(from + MAX_WORD, end))));
      }
      at = end;
    }
  }
  return found;
}

function next(text: string, at: number): number {
  return at + ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
}

/** Behind one code point and the marks that belong to it. */
function past(text: string, at: number): number {
  let end = next(text, at);
  while (end < text.length && isMark(kindAt(text, end))) end = next(text, end);
  return end;
}

function isMark(kind: Kind): boolean {
  return kind === "mark" || kind === "joiner";
}

/** The end of the word that begins here; nothing where none does. */
function wordEnd(text: string, at: number): number | undefined {
  switch (kindAt(text, at)) {
    case "single":
      return past(text, at);
    case "complex": {
      let end = past(text, at);
      while (end < text.length && kindAt(text, end) === "complex") end = past(text, end);
      return end;
    }
    case "flag": {
      const second = past(text, at);
      return second < text.length && kindAt(text, second) === "flag" ? past(text, second) : undefined;
    }
    case "emoji":
      return emojiEnd(text, at);
    case "letter":
    case "hebrew":
    case "digit":
    case "katakana":
    case "connector":
      return joinedEnd(text, at);
    default:
      return undefined;
  }
}

function emojiEnd(text: string, at: number): number {
  let end = past(text, at);
  // A joiner was taken as a mark: where one came last, the next emoji belongs to this one.
  while (text.charCodeAt(end - 1) === 0x200d && end < text.length && kindAt(text, end) === "emoji")
    end = past(text, end);
  return end;
}

/** Letters, digits and what joins them. A run of connectors alone is no word. */
function joinedEnd(text: string, from: number): number | undefined {
  let last = kindAt(text, from);
  let hasContent = last !== "connector";
  let end = past(text, from);
  while (end < text.length) {
    const kind = kindAt(text, end);
    const behind = past(text, end);
    if (joins(last, kind)) {
      hasContent ||= kind !== "connector";
      last = kind;
      end = behind;
      continue;
    }
    const after = behind < text.length ? kindAt(text, behind) : "other";
    if (bridges(last, kind, after)) {
      last = after;
      end = past(text, behind);
    } else {
      if (last === "hebrew" && kind === "apostrophe") end = behind;
      break;
    }
  }
  return hasContent ? end : undefined;
}

function isAlphabetic(kind: Kind): boolean {
  return kind === "letter" || kind === "hebrew";
}

function joins(a: Kind, b: Kind): boolean {
  if (b === "connector") return true;
  if (b === "katakana") return a === "katakana" || a === "connector";
  return (isAlphabetic(b) || b === "digit") && a !== "katakana";
}

/** One punctuation mark between two of a kind. */
function bridges(before: Kind, mark: Kind, after: Kind): boolean {
  const both = mark === "point" || mark === "apostrophe";
  if (isAlphabetic(before) && isAlphabetic(after)) {
    return both || mark === "colon" || (mark === "quote" && before === "hebrew" && after === "hebrew");
  }
  return before === "digit" && after === "digit" && (both || mark === "comma");
}
