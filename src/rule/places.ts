import { placeOf } from "../kql/syntax-error.ts";

/** 1-based, the column in UTF-16 units. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export type KeyPath = readonly (string | number)[];

/** Where the keys of a TOML file stand. */
export interface Places {
  /** 0-based offset of the key at a path, or of the nearest one above it that stands in the file; 0 for the file. */
  offsetOf(path: KeyPath): number;
  placeOf(path: KeyPath): Place;
}

/**
 * Finds the keys of a TOML file that the parser has read, since it does not say where they were. Of tables and keys, of
 * inline tables, and of the elements of arrays.
 */
export function placesIn(text: string): Places {
  const found = new Map<string, number>();
  const counts = new Map<string, number>();
  let at = 0;

  const note = (path: KeyPath, offset: number): void => {
    const id = JSON.stringify(path);
    if (!found.has(id)) found.set(id, offset);
  };

  function skipBlank(): void {
    for (; at < text.length; at++) {
      const char = text.charAt(at);
      if (char === "#") at = endOf("\n") - 1;
      else if (!" \t\r\n".includes(char)) return;
    }
  }

  /** Behind the next `mark`, or the end of the text. */
  function endOf(mark: string, from = at): number {
    const index = text.indexOf(mark, from);
    return index < 0 ? text.length : index + mark.length;
  }

  function skipString(): void {
    const quote = text.charAt(at);
    const isLong = text.startsWith(quote.repeat(3), at);
    const close = quote.repeat(isLong ? 3 : 1);
    at += close.length;
    while (at < text.length && !text.startsWith(close, at)) at += quote === '"' && text[at] === "\\" ? 2 : 1;
    at += close.length;
    // A long string may end in quotes of its own.
    while (isLong && text[at] === quote) at++;
  }

  /** A dotted key, bare or quoted, up to its end. */
  function readKey(): string[] {
    const parts: string[] = [];
    for (;;) {
      while (text[at] === " " || text[at] === "\t") at++;
      const start = at;
      const isQuoted = text[at] === '"' || text[at] === "'";
      if (isQuoted) skipString();
      else while (at < text.length && !" \t=.]\r\n".includes(text.charAt(at))) at++;
      parts.push(isQuoted ? text.slice(start + 1, at - 1) : text.slice(start, at));
      while (text[at] === " " || text[at] === "\t") at++;
      if (text[at] !== ".") return parts;
      at++;
    }
  }

  function pair(table: KeyPath): void {
    const start = at;
    const path = [...table];
    for (const part of readKey()) {
      path.push(part);
      note(path, start);
    }
    at = endOf("=");
    while (text[at] === " " || text[at] === "\t") at++;
    value(path);
  }

  function value(path: KeyPath): void {
    const char = text.charAt(at);
    if (char === '"' || char === "'") skipString();
    else if (char === "[" || char === "{") {
      const close = char === "[" ? "]" : "}";
      at++;
      for (let index = 0; ; index++) {
        skipBlank();
        if (at >= text.length || text[at] === close) break;
        const before = at;
        if (char === "{") pair(path);
        else {
          note([...path, index], at);
          value([...path, index]);
        }
        skipBlank();
        if (text[at] === "," || at === before) at++;
      }
      at++;
    } else while (at < text.length && !",]}#\r\n".includes(text.charAt(at))) at++;
  }

  function header(): KeyPath {
    const start = at;
    const isList = text[at + 1] === "[";
    at += isList ? 2 : 1;
    const path: (string | number)[] = [];
    const parts = readKey();
    for (const [index, part] of parts.entries()) {
      path.push(part);
      note(path, start);
      const id = JSON.stringify(path);
      const count = counts.get(id);
      if (isList && index === parts.length - 1) counts.set(id, (count ?? 0) + 1);
      // A table below a list is of the list's newest element.
      const last = counts.get(id);
      if (last !== undefined) path.push(last - 1);
      note(path, start);
    }
    at = endOf("]") + (isList ? 1 : 0);
    return path;
  }

  let table: KeyPath = [];
  for (;;) {
    skipBlank();
    if (at >= text.length) break;
    if (text[at] === "[") table = header();
    else pair(table);
  }

  function offsetOf(path: KeyPath): number {
    for (let length = path.length; length > 0; length--) {
      const offset = found.get(JSON.stringify(path.slice(0, length)));
      if (offset !== undefined) return offset;
    }
    return 0;
  }
  return { offsetOf, placeOf: (path) => placeOf(text, offsetOf(path)) };
}

/** Where the rule's query begins in its file, or nothing where it stands there with escapes. */
export function queryStart(text: string, query: string, places: Places): number | undefined {
  const start = text.indexOf(query, places.offsetOf(["rule", "query"]));
  return start < 0 ? undefined : start;
}
