import type { Rejection } from "./record.ts";

/** A stretch of text that should be one JSON object, judged before anything recursive looks at it. */
export type Document =
  | {
      readonly kind: "object";
      /** Where in the whole text this one begins. */
      readonly from: number;
      readonly text: string;
      /** A number in it may lose its text as a double: parse it with care. */
      readonly exact: boolean;
      /** Over the limit of an event: it may be an envelope of events, and nothing else. */
      readonly large: boolean;
    }
  | { readonly kind: "rejected"; readonly from: number; readonly text: string; readonly reason: Rejection };

/** Objects and arrays within each other; beyond it nothing may recurse. */
const MAX_DEPTH = 64;
/** UTF-8 bytes of one event. */
const MAX_EVENT_BYTES = 1024 * 1024;

// An envelope is a bag of events and as large as it is; its key comes first in what CloudWatch Logs writes.
const ENVELOPE_KEY = '"messageType"';
const ENVELOPE_KEY_WITHIN = 256;

const SAFE_DIGITS = 15;

/**
 * Splits a text into JSON objects, in one pass: one object, NDJSON, objects end to end, arrays of objects, objects over
 * several lines. What stands between objects and is no separator is rejected up to the next object or line, and an
 * object that breaks off is rejected up to the line that begins the next, so that no document costs its neighbours.
 */
export function* documents(text: string): Generator<Document> {
  const lines = lineEnds(text);
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (isSeparator(char)) at++;
    else {
      const { end, ...found } = char === "{" ? object(text, at, lines) : garbage(text, at);
      yield { from: at, ...judged(text.slice(at, end), found) };
      at = end;
    }
  }
}

/** The end of the line that holds an index, for indexes that only grow: each line is looked for once. */
function lineEnds(text: string): (at: number) => number {
  let end = -1;
  return (at) => {
    if (end < at) {
      const newline = text.indexOf("\n", at);
      end = newline < 0 ? text.length : newline;
    }
    return end;
  };
}

interface Found {
  readonly end: number;
  readonly depth: number;
  readonly exact: boolean;
  /** The closing brace was found. */
  readonly closed: boolean;
}

type Judged = Document extends infer Each ? (Each extends Document ? Omit<Each, "from"> : never) : never;

function judged(text: string, { closed, depth, exact }: Omit<Found, "end">): Judged {
  if (!closed) return { kind: "rejected", text, reason: "not_json" };
  if (depth > MAX_DEPTH) return { kind: "rejected", text, reason: "too_deep" };
  const isEnvelope = text.slice(0, ENVELOPE_KEY_WITHIN).includes(ENVELOPE_KEY);
  // No UTF-16 unit takes more than three bytes, so most texts need no count.
  const isLarge = text.length * 3 > MAX_EVENT_BYTES && Buffer.byteLength(text) > MAX_EVENT_BYTES;
  return isLarge && !isEnvelope
    ? { kind: "rejected", text, reason: "too_large" }
    : { kind: "object", text, exact, large: isLarge };
}

/** White space, byte order mark, record separator, and the brackets and commas of an array around the objects. */
function isSeparator(char: string): boolean {
  return " \t\r\n\ufeff\u001e[],".includes(char);
}

function garbage(text: string, from: number): Found {
  let end = from + 1;
  while (end < text.length && text[end] !== "{" && text[end] !== "\n") end++;
  return { end, depth: 0, exact: false, closed: false };
}

/** Follows brackets from an opening brace to its closing one, over strings in leaps. */
function object(text: string, from: number, lineEnd: (at: number) => number): Found {
  let depth = 0;
  let deepest = 0;
  let exact = false;
  let digits = 0;
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 48 && unit <= 57) {
      if (++digits > SAFE_DIGITS) exact = true;
      continue;
    }
    switch (unit) {
      case 34: {
        // "
        const end = stringEnd(text, at, lineEnd(at));
        if (end < 0) return { end: -end, depth: deepest, exact, closed: false };
        at = end;
        break;
      }
      case 123: // {
      case 91: // [
        if (++depth > deepest) deepest = depth;
        break;
      case 125: // }
      case 93: // ]
        if (--depth === 0) return { end: at + 1, depth: deepest, exact, closed: true };
        break;
      case 46: // .
        exact = true;
        break;
      case 69: // E
      case 101: // e, of an exponent; those of true and false follow no digit
        if (digits > 0) exact = true;
        break;
      case 45: // - before a zero
        if (text[at + 1] === "0") exact = true;
        break;
      case 10: // a line that begins in the first column begins a new object
        if (text[at + 1] === "{") return { end: at + 1, depth: deepest, exact, closed: false };
        break;
    }
    digits = 0;
  }
  return { end: text.length, depth: deepest, exact, closed: false };
}

/** The index of a string's closing quote; where the line ends first, that end as a negative number. */
function stringEnd(text: string, open: number, limit: number): number {
  for (let quote = text.indexOf('"', open + 1); quote >= 0 && quote < limit; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === 92) backslashes++;
    if (backslashes % 2 === 0) return quote;
  }
  return -limit;
}
