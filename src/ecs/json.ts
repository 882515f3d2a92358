import { randomUUID } from "node:crypto";

/**
 * JSON values as an event carries them, with number tokens kept where a double would change their text.
 *
 * Elasticsearch indexes a number by its source text where the field is a keyword, and 64-bit integers exactly. A plain
 * JSON.parse rounds `9223372036854775807` and turns `1.0` into `1`, so two different terms could become one.
 */

declare global {
  // ECMAScript's "JSON.parse source text access", in V8 since 11.4; not yet in TypeScript's library.
  interface JSON {
    rawJSON(text: string): RawNumber;
    isRawJSON(value: unknown): value is RawNumber;
    parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  }
}

/** A number whose text a double cannot give back: JSON.stringify writes `rawJSON` as it stands. */
export interface RawNumber {
  readonly rawJSON: string;
}

export type JsonValue = string | number | boolean | null | RawNumber | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** One ECS document. */
export type EcsEvent = JsonObject;

let ownMark: string | undefined;

/** Nobody outside of this process knows it, so no text can hold it. Made when asked for: a function starts without. */
function markOf(): string {
  ownMark ??= `${randomUUID()}#`;
  return ownMark;
}

/**
 * Parses JSON and keeps the source text of each number that a double would not print the same way.
 *
 * A reviver that is told each value's source takes five times as long as parsing. So such numbers are parsed as strings
 * that begin with a mark, and put back: twice as long as parsing where there are any.
 * @throws SyntaxError as JSON.parse does
 */
export function parseExact(text: string): JsonValue {
  const { marked, numbers } = markLossy(text);
  if (numbers.length === 0) return JSON.parse(text) as JsonValue;
  let root: JsonValue;
  try {
    root = JSON.parse(marked) as JsonValue;
  } catch {
    // Then the text is no JSON either, and its own error has no mark in it.
    return JSON.parse(text) as JsonValue;
  }
  return putBack(root, numbers);
}

interface Marked {
  /** The text, with the mark and an index, as a string, for each number that a double would not print the same way. */
  readonly marked: string;
  /** Those numbers. */
  readonly numbers: readonly string[];
}

const QUOTE = 0x22;
const COLON = 0x3a;
const MINUS = 0x2d;
const BLANKS = new Set([0x20, 0x09, 0x0a, 0x0d]);
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/;

/** So many digits, and nothing else, a double prints as they are. */
const SAFE_DIGITS = 15;

function markLossy(text: string): Marked {
  const numbers: string[] = [];
  let marked = "";
  let taken = 0;
  for (let at = 0; at < text.length; ) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) {
      const close = stringEnd(text, at, text.length);
      if (close < 0) break;
      at = close + 1;
    } else if (isDigit(unit) || unit === MINUS) {
      const end = numberEnd(text, at);
      const number = end < 0 ? "" : text.slice(at, end);
      if (number !== "" && String(Number(number)) !== number && NUMBER.test(number) && !isKey(text, end)) {
        marked += `${text.slice(taken, at)}"${markOf()}${numbers.length}"`;
        numbers.push(number);
        taken = end;
      }
      at = Math.abs(end);
    } else at++;
  }
  return { marked: marked + text.slice(taken), numbers };
}

/** Where a number ends; as a negative number if a double surely prints it the same way. */
function numberEnd(text: string, from: number): number {
  let isPlain = true;
  let at = from;
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (isDigit(unit)) continue;
    // - + . e E
    if (unit !== MINUS && unit !== 0x2b && unit !== 0x2e && (unit | 0x20) !== 0x65) break;
    isPlain = false;
  }
  return isPlain && at - from <= SAFE_DIGITS ? -at : at;
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

/** A number is no key, and must not become one. */
function isKey(text: string, end: number): boolean {
  let at = end;
  while (BLANKS.has(text.charCodeAt(at))) at++;
  return text.charCodeAt(at) === COLON;
}

type Values = Record<string | number, JsonValue>;

/** Without recursion: a text may be nested as deeply as JSON.parse goes. */
function putBack(root: JsonValue, numbers: readonly string[]): JsonValue {
  const mark = markOf();
  const holder = [root];
  const open: Values[] = [holder as unknown as Values];
  for (let values = open.pop(); values !== undefined; values = open.pop()) {
    for (const key of Array.isArray(values) ? values.keys() : Object.keys(values)) {
      const value = values[key];
      // Own properties throughout, `__proto__` too: what is set is what was read.
      if (typeof value === "object" && value !== null) open.push(value as Values);
      else if (typeof value === "string" && value.startsWith(mark)) {
        values[key] = JSON.rawJSON(numbers[Number(value.slice(mark.length))] as string);
      }
    }
  }
  return holder[0] as JsonValue;
}

/** The index of the closing quote of a string that opens at an index; where the limit comes first, that as a negative number. */
export function stringEnd(text: string, open: number, limit: number): number {
  for (let quote = text.indexOf('"', open + 1); quote >= 0 && quote < limit; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === 92) backslashes++;
    if (backslashes % 2 === 0) return quote;
  }
  return -limit;
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value);
}

/**
 * JSON that SNS and SQS take whatever its strings hold. Both refuse U+FFFE and U+FFFF, for ever; as escapes they are
 * the same value. The other characters they refuse, JSON.stringify escapes by itself.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
export function sendableJson(value: object): string {
  return JSON.stringify(value).replaceAll("\ufffe", "\\ufffe").replaceAll("\uffff", "\\uffff");
}
