const CONTEXT = 60;

/** Text that is not KQL: what was expected, what stood there, and where. */
export class KqlSyntaxError extends Error {
  readonly code = "KQL_SYNTAX";
  /** 0-based UTF-16 offset into the query. */
  readonly offset: number;

  constructor(expected: string, query: string, offset: number) {
    const found = offset < query.length ? `"${query[offset]}"` : "end of input";
    const advice = adviceAt(query, offset);
    super(
      `Expected ${expected} but ${found} found${advice === "" ? "" : `: ${advice}`}.\n${caretBlock(query, offset)}`,
    );
    this.name = "KqlSyntaxError";
    this.offset = offset;
  }
}

/** What would be right, where the mistake is one that many make. */
function adviceAt(query: string, offset: number): string {
  const before = query.slice(0, offset).toLowerCase();
  // Inside a quoted text they may stand, and then behind a letter.
  const curly = [..."“”„‘’"].find((quote) => [":", "(", " "].some((char) => before.includes(char + quote)));
  if (curly !== undefined) return `${curly} is no quote in KQL; write "`;
  switch (query[offset]) {
    case "(":
      if (before.slice(before.lastIndexOf(":") + 1).startsWith("/")) return "KQL has no regular expressions";
      return ["and", "or", "not"].some((word) => before.endsWith(word)) ? "a space belongs before the bracket" : "";
    case "<":
    case ">":
      return before.endsWith(":") ? "a range has no colon: write field > value" : "";
    case "~":
      return "KQL has no fuzzy search";
    case ":":
      if (before.includes(" && ") || before.includes(" || ")) return "KQL has no && and ||; write and, or";
      return "write \\: for a colon in a value, or put the value in quotes";
    case '"':
      return query.indexOf('"', offset + 1) < 0 ? "the quote is not closed" : 'write \\" for a quote in a value';
    case "\\":
      return "write \\\\ for a backslash, or put the value in quotes";
    case undefined:
      return count(query, "(") > count(query, ")") ? "a bracket is not closed" : "";
    default:
      return /\S*not\s$/.test(before.slice(-20)) ? "a word that ends in not needs quotes" : "";
  }
}

function count(text: string, char: string): number {
  return text.split(char).length - 1;
}

/** 1-based. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** 1-based line and column of an offset. */
export function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

/** The same for many offsets of one text. */
export function placesIn(text: string): (offset: number) => Place {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    const index = starts.findLastIndex((start) => start <= offset);
    return { line: index + 1, column: offset - (starts[index] ?? 0) + 1 };
  };
}

/** The end of a text that ends in blank lines is shown behind its last word. */
export function visibleOffset(text: string, offset: number): number {
  return Math.min(offset, text.trimEnd().length);
}

/** The offending line, cut around the offset, and a caret under it. */
export function caretBlock(text: string, anyOffset: number): string {
  const offset = visibleOffset(text, anyOffset);
  const start = offset === 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1;
  const newline = text.indexOf("\n", offset);
  const end = newline < 0 ? text.length : newline;
  const from = Math.max(start, offset - CONTEXT);
  const line = text.slice(from, Math.min(end, offset + CONTEXT)).replaceAll("\t", " ");
  return `${line}\n${" ".repeat(offset - from)}^`;
}
