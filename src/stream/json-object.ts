import { stringEnd } from "../ecs/json.ts";

/** A stretch of text from an opening brace on. */
export interface ObjectSpan {
  readonly from: number;
  /** Behind the closing brace; of one that does not close, behind the last character that can belong to it. */
  readonly end: number;
  /** The closing brace was found. Whether what stands before it is JSON, only parsing tells. */
  readonly closed: boolean;
  /** Objects and arrays within each other. */
  readonly depth: number;
  /** About how many values it holds: what parsing it makes. */
  readonly values: number;
  /** A number in it may lose its text as a double: to be parsed with care. */
  readonly exact: boolean;
}

const SAFE_DIGITS = 15;

/**
 * Follows brackets from an opening brace to its closing one, over strings in leaps. A string that does not end on its
 * line is none of JSON's, and ends the search there.
 */
export function objectSpan(text: string, from: number, lineEnd: (at: number) => number): ObjectSpan {
  let depth = 0;
  let deepest = 0;
  let values = 0;
  let exact = false;
  let digits = 0;
  const span = (end: number, closed: boolean) => ({ from, end, closed, depth: deepest, values, exact });
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
        if (end < 0) return span(-end, false);
        at = end;
        break;
      }
      case 123: // {
      case 91: // [
        values++;
        if (++depth > deepest) deepest = depth;
        break;
      case 125: // }
      case 93: // ]
        if (--depth === 0) return span(at + 1, true);
        break;
      case 44: // ,
        values++;
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
    }
    digits = 0;
  }
  return span(text.length, false);
}
