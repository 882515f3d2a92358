/** What a scan came upon, with the number of the line it begins on. */
export type Found =
  /** An object whose brackets balance; whether it is JSON, only parsing tells. */
  | {
      readonly kind: "value";
      readonly bytes: Buffer;
      readonly line: number;
      /** It has a member by the name of one that wraps documents: worth a look. */
      readonly mayWrap: boolean;
      /** It is an element of such an array, which was too large to be held whole. */
      readonly member?: Member;
    }
  /** A line, or the rest of one, that begins as no object. */
  | { readonly kind: "text"; readonly bytes: Buffer; readonly line: number }
  | { readonly kind: "problem"; readonly message: string; readonly line: number };

/** The arrays that documents come wrapped in. One too large to be held whole is taken apart element by element. */
export const MEMBERS = ["hits", "Records", "records", "logEvents", "events"] as const;
export type Member = (typeof MEMBERS)[number];
/** And objects: a hit's document, and what a bulk request says before one. */
const OBJECTS = ["_source", "index", "create", "update", "delete"];

/** Without a limit, a file without a newline would be in memory whole. */
const MAX_VALUE_BYTES = 10 * 1024 * 1024;

export interface JsonScanner {
  /** Number of the line that the next byte belongs to. */
  line: number;
  /** The next byte begins a line outside of any value. */
  isAtLineStart: boolean;
  /**
   * @param stops return at the first such line start
   * @returns index of the first byte that was not looked at
   */
  scan(chunk: Buffer, from: number, stops: boolean, found: Found[]): number;
  /** The input is over. */
  end(found: Found[]): void;
}

/** White space, comma, record separator, and the bytes of a UTF-8 byte order mark. */
const BETWEEN = new Set([9, 13, 32, 44, 0x1e, 0xef, 0xbb, 0xbf]);
/** The last byte of a byte order mark. */
const MARK_END = 0xbf;
/** Bytes before an array's bracket that may hold its name. */
const NAME_WITHIN = 32;
/** Behind these an object may stand within a value; behind anything else it begins the next one. */
const BEFORE_OBJECT = new Set(Buffer.from("[,:"));

/**
 * Finds the JSON objects of a stream of bytes, wherever chunks end: one a line, end to end, over several lines, in an array.
 * No more is held than one object.
 *
 * An object that breaks off is told and left behind where that shows: at the end of a line within a string, or at a line
 * that begins with a brace where JSON has no place for one. So a document that was cut short does not cost the next.
 * @param isOneALine a document begins each line that begins with a brace, wherever the one before was cut
 */
export function jsonScanner(isOneALine = false): JsonScanner {
  let mode: "between" | "text" | "value" = "between";
  /** In an array that was opened by itself, or that was descended into. */
  let isInArray = false;
  let descended: { readonly member: Member; readonly depth: number; readonly wasInArray: boolean } | undefined;

  // Of the value or text at hand:
  let pieces: Buffer[] = [];
  let held = 0;
  let keeps = true;
  let startLine = 1;
  let depth = 0;
  let isInString = false;
  let isEscaped = false;
  let last = 0;
  let wrapper:
    | { readonly member: Member; readonly at: number; readonly depth: number; readonly line: number }
    | undefined;
  let mayWrap = false;
  let tail = "";

  function begin(next: "text" | "value", keep = true): void {
    mode = next;
    pieces = [];
    held = 0;
    keeps = keep;
    startLine = scanner.line;
    depth = 0;
    isInString = false;
    isEscaped = false;
    wrapper = undefined;
    mayWrap = false;
    tail = "";
  }

  function hold(piece: Buffer, found: Found[]): void {
    if (!keeps) return;
    held += piece.length;
    pieces.push(piece);
    if (held <= MAX_VALUE_BYTES) return;
    if (mode === "value" && wrapper !== undefined) return;
    const what = mode === "value" ? "the document" : "the line";
    found.push({
      kind: "problem",
      line: startLine,
      message: `${what} is longer than ${MAX_VALUE_BYTES} bytes: left out`,
    });
    pieces = [];
    keeps = false;
  }

  function taken(): Buffer {
    const [only] = pieces;
    const bytes = pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
    pieces = [];
    return bytes;
  }

  /** Goes on within the array of a value that is too large to be held whole. */
  function descend(found: Found[]): void {
    if (wrapper === undefined) return;
    const { member, at, depth: arrayDepth, line } = wrapper;
    const rest = taken().subarray(at);
    const lineBehind = scanner.line;
    descended = { member, depth: arrayDepth, wasInArray: isInArray };
    isInArray = true;
    mode = "between";
    scanner.line = line;
    scan(rest, 0, false, found);
    scanner.line = lineBehind;
  }

  function broken(message: string, found: Found[]): void {
    if (keeps) found.push({ kind: "problem", line: startLine, message });
    pieces = [];
    mode = "between";
  }

  /** @returns index behind the value's end, or of the chunk */
  function scanValue(chunk: Buffer, from: number, found: Found[]): number {
    const { length } = chunk;
    for (let at = from; at < length; at++) {
      if (isInString) {
        at = stringEnd(chunk, at);
        if (chunk[at] === 10) {
          broken("no JSON: a string does not end on its line", found);
          return at;
        }
        continue;
      }
      const byte = chunk[at] as number;
      switch (byte) {
        case 10:
          scanner.line++;
          continue; // not significant
        case 9:
        case 13:
        case 32:
          continue;
        case 34:
          isInString = true;
          break;
        case 123: // {
          if (depth > 0 && (isOneALine || !BEFORE_OBJECT.has(last)) && isFirstOfLine(chunk, at)) {
            broken("no JSON: the document breaks off", found);
            return at;
          }
          depth++;
          if (depth === 2 && !mayWrap) noteObject(chunk, from, at);
          break;
        case 91: // [
          depth++;
          if (depth <= 3 && wrapper === undefined && descended === undefined) noteArray(chunk, from, at);
          break;
        case 125:
        case 93:
          if (--depth === 0) {
            hold(chunk.subarray(from, at + 1), found);
            mode = "between";
            if (keeps) {
              const member = descended === undefined ? {} : { member: descended.member };
              found.push({ kind: "value", bytes: taken(), line: startLine, mayWrap, ...member });
            }
            return at + 1;
          }
          break;
      }
      last = byte;
    }
    hold(chunk.subarray(from), found);
    tail = (tail + chunk.toString("latin1", Math.max(from, length - NAME_WITHIN))).slice(-NAME_WITHIN);
    if (held > MAX_VALUE_BYTES && keeps) descend(found);
    return length;
  }

  /** @returns index of the string's closing quote, or of a line's end in it, or of the chunk's */
  function stringEnd(chunk: Buffer, from: number): number {
    let at = from;
    if (isEscaped) {
      // What follows a backslash says nothing, but for the end of a line, which no string may hold.
      isEscaped = false;
      if (chunk[at] !== 10) at++;
    }
    for (; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === 34) {
        isInString = false;
        return at;
      }
      if (byte === 10) return at;
      if (byte !== 92) continue;
      if (at + 1 === chunk.length) isEscaped = true;
      else if (chunk[at + 1] !== 10) at++;
    }
    return chunk.length;
  }

  /**
   * An object's brace at the very start of a chunk may be of a line that began there. Behind a byte order mark begins what
   * was a file of its own.
   */
  function isFirstOfLine(chunk: Buffer, at: number): boolean {
    return last === MARK_END || (at > 0 ? chunk[at - 1] === 10 : tail.endsWith("\n"));
  }

  /** Notes where an array of wrapped documents begins. */
  function noteArray(chunk: Buffer, from: number, at: number): void {
    const before = beforeBracket(chunk, from, at);
    const member = MEMBERS.find((name) => before.endsWith(`"${name}"`));
    if (member === undefined || (member === "hits") !== (depth === 3)) return;
    mayWrap = true;
    wrapper = { member, at: held + at - from + 1, depth, line: scanner.line };
  }

  function noteObject(chunk: Buffer, from: number, at: number): void {
    const before = beforeBracket(chunk, from, at);
    mayWrap = OBJECTS.some((name) => before.endsWith(`"${name}"`));
  }

  /** What ends with the quoted name of the member that a bracket opens. */
  function beforeBracket(chunk: Buffer, from: number, at: number): string {
    const near = chunk.toString("latin1", Math.max(from, at - NAME_WITHIN), at);
    const text = (at - from < NAME_WITHIN ? tail + near : near).trimEnd();
    return text.endsWith(":") ? text.slice(0, -1).trimEnd() : "";
  }

  function scan(chunk: Buffer, from: number, stops: boolean, found: Found[]): number {
    let at = from;
    while (at < chunk.length) {
      if (mode === "value") {
        at = scanValue(chunk, at, found);
        continue;
      }
      if (mode === "text") {
        const end = chunk.indexOf(10, at);
        hold(chunk.subarray(at, end < 0 ? chunk.length : end), found);
        at = end < 0 ? chunk.length : end;
        if (end >= 0) endText(found);
        continue;
      }
      const byte = chunk[at] as number;
      scanner.isAtLineStart = false;
      if (byte === 123) {
        begin("value");
        continue;
      }
      if (byte === 10) {
        scanner.line++;
        scanner.isAtLineStart = !isInArray;
      } else if (byte === 91 && !isInArray) isInArray = true;
      else if (byte === 91) {
        begin("value");
        continue;
      } else if (byte === 93) closeArray();
      else if (!BETWEEN.has(byte)) {
        begin("text");
        continue;
      }
      at++;
      if (stops && scanner.isAtLineStart) return at;
    }
    return at;
  }

  function closeArray(): void {
    if (descended === undefined) {
      isInArray = false;
      return;
    }
    // What is left of the value that the array was in says nothing more.
    const { depth: arrayDepth, wasInArray } = descended;
    descended = undefined;
    isInArray = wasInArray;
    begin("value", false);
    depth = arrayDepth - 1;
    last = 93;
  }

  function endText(found: Found[]): void {
    mode = "between";
    if (keeps) found.push({ kind: "text", bytes: taken(), line: startLine });
  }

  const scanner: JsonScanner = {
    line: 1,
    isAtLineStart: true,
    scan,
    end(found) {
      if (mode === "text") endText(found);
      if (mode === "value") broken("no JSON: the input ends within the document", found);
    },
  };
  return scanner;
}
