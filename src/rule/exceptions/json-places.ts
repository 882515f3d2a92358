import type { KeyPath } from "../places.ts";

/** Deeper values are not looked for: nothing that is read stands there. */
const MAX_DEPTH = 10;

/**
 * Where the keys and elements of a JSON text stand, 0-based: the offset of the one at a path, or of the nearest above it.
 * @param text JSON that has been parsed, so that it is JSON
 */
export function jsonPlaces(text: string): (path: KeyPath) => number {
  const found = new Map<string, number>();
  const path: (string | number)[] = [];
  /** Of each open container, whether it is an object that waits for a key. */
  const open: ("object" | "array")[] = [];
  let isKey = false;

  const note = (offset: number): void => {
    if (path.length > MAX_DEPTH) return;
    const id = JSON.stringify(path);
    if (!found.has(id)) found.set(id, offset);
  };
  const value = (offset: number): void => {
    if (open.at(-1) === "array") note(offset);
  };

  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      const start = at;
      for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === "\\") at++;
      if (isKey) {
        path[path.length - 1] = String(JSON.parse(text.slice(start, at + 1)));
        note(start);
        isKey = false;
      } else value(start);
    } else if (char === "{" || char === "[") {
      value(at);
      const kind = char === "{" ? "object" : "array";
      open.push(kind);
      path.push(0);
      isKey = kind === "object";
    } else if (char === "}" || char === "]") {
      open.pop();
      path.pop();
      isKey = false;
    } else if (char === ",") {
      const last = path.at(-1);
      if (open.at(-1) === "object") isKey = true;
      else if (typeof last === "number") path[path.length - 1] = last + 1;
    } else if (char !== undefined && !" \t\r\n:".includes(char)) value(at);
  }

  return (wanted) => {
    for (let length = wanted.length; length > 0; length--) {
      const offset = found.get(JSON.stringify(wanted.slice(0, length)));
      if (offset !== undefined) return offset;
    }
    return 0;
  };
}
