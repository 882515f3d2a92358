const CONTEXT = 60;

/** Text that is not KQL: what was expected, what stood there, and where. */
export class KqlSyntaxError extends Error {
  readonly code = "KQL_SYNTAX";
  /** 0-based UTF-16 offset into the query. */
  readonly offset: number;

  constructor(expected: string, query: string, offset: number) {
    const found = offset < query.length ? `"${query[offset]}"` : "end of input";
    super(`Expected ${expected} but ${found} found.\n${caretBlock(query, offset)}`);
    this.name = "KqlSyntaxError";
    this.offset = offset;
  }
}

/** 1-based line and column of an offset. */
export function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

/** The offending line, cut around the offset, and a caret under it. */
export function caretBlock(text: string, offset: number): string {
  const start = offset === 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1;
  const newline = text.indexOf("\n", offset);
  const end = newline < 0 ? text.length : newline;
  const from = Math.max(start, offset - CONTEXT);
  const line = text.slice(from, Math.min(end, offset + CONTEXT)).replaceAll("\t", " ");
  return `${line}\n${" ".repeat(offset - from)}^`;
}
