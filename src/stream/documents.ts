import { isObject, type JsonObject, type JsonValue, parseExact } from "../ecs/json.ts";
import { RECORD_BUDGET } from "./budget.ts";
import { type ObjectSpan, objectSpan } from "./json-object.ts";
import type { Rejection } from "./record.ts";

/** One JSON object of a text, or a stretch that is none. */
export type Document =
  | {
      readonly kind: "object";
      readonly value: JsonObject;
      /** Over the limit of an event: it may be a bag of events, and nothing else. */
      readonly large: boolean;
      /** About how many bytes of memory it takes. */
      readonly weight: number;
      readonly text: string;
    }
  | { readonly kind: "rejected"; readonly text: string; readonly reason: Rejection }
  /** There are more than may be looked at: nothing follows. */
  | { readonly kind: "too_many" }
  /** Nothing yet, after some work: a moment to look at the clock. */
  | { readonly kind: "pause" };

const PAUSE: Document = { kind: "pause" };
/** Lines without a document, and characters of documents, between one pause and the next. */
const LINES = 100_000;
const CHARACTERS = 256 * 1024;

/** Objects and arrays within each other; beyond it nothing may recurse. */
const MAX_DEPTH = 64;
/** UTF-8 bytes of one event. */
export const MAX_EVENT_BYTES = 1024 * 1024;
/** Values of one object: what an envelope of as many log events as a record may hold comes to, and no array of numbers. */
const MAX_VALUES = 1_000_000;
/** Values of one event: what its bytes have room for as texts, and not as empty arrays, which take ten times their bytes. */
const MAX_EVENT_VALUES = 350_000;
/** With more values than this numbers are read as doubles: to keep a number's text takes a microsecond and 600 bytes. */
const MAX_EXACT_VALUES = 20_000;
/** So deep JSON.parse goes, to tell whether it is JSON, without much memory. */
const MAX_PARSED_DEPTH = 10_000;

// An envelope and a file of CloudTrail's are bags of events and as large as they are; their keys come first in what AWS writes.
const BAG_KEYS = ['"messageType"', '"Records"', '"EventList"'];
const BAG_KEY_WITHIN = 256;

/**
 * Splits a text into JSON objects: one object, NDJSON, objects end to end, arrays of objects, objects over several lines.
 *
 * An object is a document where it stands alone on its lines, or end to end with others. Any other text on a line makes
 * all of that line a rejected one: who writes a part of a log line cannot write an event. An object that is none, or
 * breaks off, is rejected up to the line within it that begins with a brace, if there is one, so that a document that was
 * cut short does not cost the next. Behind something that was rejected, an object begins in the first column or in an array
 * that was opened by itself: what is left of a document that was cut in two is full of indented ones.
 * @param decode what the text stands for, where it is one unit a byte
 * @param limit documents at most
 */
export function* documents(
  text: string,
  decode: (text: string) => string = (json) => json,
  limit = RECORD_BUDGET.documents,
): Generator<Document> {
  const lineEnd = lineEnds(text);
  let left = limit;
  let blank = 0;
  let arrays = 0;
  let isTorn = false;
  for (let at = 0; at < text.length; ) {
    if (text.charCodeAt(at) === 10) {
      at++;
      if (++blank % LINES === 0) yield PAUSE;
      continue;
    }
    const run = nextRun(text, at, lineEnd, left);
    const { spans } = run;
    const [first] = spans;
    const isInner = isTorn && arrays === 0 && run.isIndented;
    arrays = run.broken ? arrays : Math.max(0, arrays + run.arrays);
    at = run.end;
    if (spans.length > left) return yield { kind: "too_many" };
    left -= spans.length;
    if (run.broken || isInner) {
      left--;
      isTorn = true;
      yield { kind: "rejected", text: text.slice(run.from, run.end), reason: "not_json" };
      continue;
    }
    if (first === undefined) {
      if (++blank % LINES === 0) yield PAUSE;
      continue;
    }

    const isAlone = spans.length === 1;
    const read = (span: ObjectSpan) => judge(text.slice(span.from, span.end), span, decode, isAlone);
    // Before the first of a line is an event, the last must be JSON too; a long line is read twice, not kept.
    const isShort = run.end - run.from <= MAX_EVENT_BYTES;
    const judged = isAlone || isShort ? spans.map(read) : undefined;
    let wrong: ObjectSpan | undefined;
    let looked = first.from;
    for (const [index, span] of spans.entries()) {
      if (!(judged?.[index] ?? read(span)).isJson) {
        wrong = span;
        break;
      }
      if (span.end - looked < CHARACTERS) continue;
      looked = span.end;
      yield PAUSE;
    }
    if (wrong !== undefined) {
      isTorn = true;
      // What may be JSON, and is too much of it to tell, is not looked into.
      at = isParsable(wrong) ? resumption(text, wrong, lineEnd(wrong.end)) : lineEnd(wrong.end);
      yield { kind: "rejected", text: text.slice(run.from, at), reason: "not_json" };
      continue;
    }
    for (const [index, span] of spans.entries()) yield (judged?.[index] ?? read(span)).document;
  }
}

/** Objects end to end, from the start of a line to the end of one; or a line with something else on it. */
interface Run {
  readonly from: number;
  readonly end: number;
  readonly spans: readonly ObjectSpan[];
  /** Brackets that it opens around objects, less those that it closes. */
  readonly arrays: number;
  /** Blanks or a comma stand before the first object. */
  readonly isIndented: boolean;
  readonly broken: boolean;
}

/**
 * Between objects come white space, byte order marks, record separators, and the brackets and commas of an array.
 * @param limit objects at most: with one more the run ends early
 */
function nextRun(text: string, start: number, lineEnd: (at: number) => number, limit: number): Run {
  const spans: ObjectSpan[] = [];
  let arrays = 0;
  let at = start;
  const skip = () => {
    for (; at < text.length && " \t\r\ufeff\u001e[],".includes(text.charAt(at)); at++) {
      if (text[at] === "[") arrays++;
      else if (text[at] === "]") arrays--;
    }
  };
  skip();
  const from = at;
  const before = text.slice(start, from);
  const isIndented = text[from] === "{" && " \t,".split("").some((char) => before.includes(char));
  const run = (end: number, broken: boolean): Run => ({ from, end, spans, arrays, isIndented, broken });
  for (;;) {
    if (at === text.length || text[at] === "\n") return run(at + 1, false);
    if (text[at] !== "{") return run(lineEnd(at), true);
    const span = objectSpan(text, at, lineEnd);
    if (!span.closed) return run(resumption(text, span, span.end), true);
    spans.push(span);
    at = span.end;
    if (spans.length > limit) return run(at, false);
    skip();
  }
}

/** Where to go on behind what is no object: at a line within it that begins with a brace, or else behind it. */
function resumption(text: string, { from, end }: ObjectSpan, behind: number): number {
  const line = text.slice(from, end).indexOf("\n{");
  return line < 0 ? behind : from + line;
}

/** The end of the line that holds an index. Mostly they grow, so each line is looked for once. */
function lineEnds(text: string): (at: number) => number {
  let from = 0;
  let end = -1;
  return (at) => {
    if (at < from || at > end) {
      const newline = text.indexOf("\n", at);
      from = at;
      end = newline < 0 ? text.length : newline;
    }
    return end;
  };
}

interface Judged {
  readonly document: Document;
  readonly isJson: boolean;
}

/** @param isAlone nothing depends on whether it is JSON, if it can be no event anyway */
function judge(text: string, span: ObjectSpan, decode: (text: string) => string, isAlone: boolean): Judged {
  const { depth, values, exact } = span;
  // No UTF-16 unit takes more than three bytes, so most texts need no count.
  const large = text.length * 3 > MAX_EVENT_BYTES && Buffer.byteLength(text) > MAX_EVENT_BYTES;
  const isBag = large && mayBeBag(text);
  const isTooLarge = isBag ? values > MAX_VALUES : large || values > MAX_EVENT_VALUES;
  const reason = depth > MAX_DEPTH ? "too_deep" : isTooLarge ? "too_large" : undefined;
  const isCareful = exact && values <= MAX_EXACT_VALUES;
  const value = (reason !== undefined && isAlone) || !isParsable(span) ? undefined : parse(decode(text), isCareful);
  if (reason !== undefined) {
    return { document: { kind: "rejected", text, reason }, isJson: isAlone || value !== undefined };
  }
  if (value === undefined) return { document: { kind: "rejected", text, reason: "not_json" }, isJson: false };
  const weight = text.length + values * (isCareful ? 600 : 100);
  return { document: { kind: "object", value, large, weight, text }, isJson: true };
}

/** Little enough for JSON.parse to tell whether it is JSON. */
function isParsable({ depth, values }: ObjectSpan): boolean {
  return depth <= MAX_PARSED_DEPTH && values <= MAX_VALUES;
}

function mayBeBag(text: string): boolean {
  const start = text.slice(0, BAG_KEY_WITHIN);
  return BAG_KEYS.some((key) => start.includes(key));
}

function parse(json: string, exact: boolean): JsonObject | undefined {
  try {
    const value = exact ? parseExact(json) : (JSON.parse(json) as JsonValue);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
