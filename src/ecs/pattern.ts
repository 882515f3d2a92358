import { simpleFoldOf } from "./code-points.ts";

/** One place of a glob: a code point, folded where case does not matter, or any (`?`). */
interface Place {
  readonly code: number | undefined;
  readonly folded: number | undefined;
}

const ANY: Place = { code: undefined, folded: undefined };

/**
 * A wildcard query's own pattern, which is not KQL's: `*` any string, `?` one code point, `\\` before a character takes
 * its meaning away, and its case counts even where that of the others does not.
 */
export function globPattern(glob: string, ignoreCase: boolean): (text: string) => boolean {
  const segments: Place[][] = [[]];
  const chars = Array.from(glob);
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] ?? "";
    const isEscape = char === "\\" && at + 1 < chars.length;
    const code = (isEscape ? chars[++at] : char)?.codePointAt(0) ?? 0;
    if (char === "*") segments.push([]);
    else if (char === "?") segments.at(-1)?.push(ANY);
    else segments.at(-1)?.push({ code, folded: ignoreCase && !isEscape ? simpleFoldOf(code) : undefined });
  }
  const [first = [], ...rest] = segments;
  const last = rest.pop();

  const fits = (segment: readonly Place[], text: readonly number[], from: number): boolean =>
    segment.every(({ code, folded }, index) => {
      const found = text[from + index] ?? 0;
      return code === undefined || code === found || (folded !== undefined && folded === simpleFoldOf(found));
    });

  return (value) => {
    const text = codePoints(value);
    if (last === undefined) return text.length === first.length && fits(first, text, 0);
    const end = text.length - last.length;
    if (end < first.length || !fits(first, text, 0) || !fits(last, text, end)) return false;
    let from = first.length;
    for (const segment of rest) {
      while (from + segment.length <= end && !fits(segment, text, from)) from++;
      from += segment.length;
      if (from > end) return false;
    }
    return true;
  };
}

function codePoints(text: string): number[] {
  const codes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const code = text.codePointAt(at) ?? 0;
    codes.push(code);
    if (code > 0xffff) at++;
  }
  return codes;
}

/**
 * A wildcard pattern as literal segments between stars, anchored at both ends; a star is any string, also the empty
 * one. A chain of indexOf, never a regular expression: a pattern of n stars as a RegExp can take exponential time on a
 * string an attacker chose.
 *
 * @param segments at least two, e.g. `["/home/", "/", ""]` for two stars and a slash between
 */
export function wildcardPattern(segments: readonly string[]): (text: string) => boolean {
  const first = segments[0] ?? "";
  const last = segments.at(-1) ?? "";
  const middle = segments.slice(1, -1).filter((segment) => segment !== "");
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let from = first.length;
    for (const segment of middle) {
      const found = text.indexOf(segment, from);
      if (found < 0) return false;
      from = found + segment.length;
    }
    return from <= end;
  };
}
