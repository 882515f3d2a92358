/** One place of a glob: a code point, folded where case does not matter, or any (`?`). */
interface Place {
  readonly char: string | undefined;
  readonly folded: string | undefined;
}

/**
 * A wildcard query's own pattern, which is not KQL's: `*` any string, `?` one code point, `\\` before a character takes
 * its meaning away, and its case counts even where that of the others does not.
 */
export function globPattern(glob: string, ignoreCase: boolean): (text: string) => boolean {
  const segments: Place[][] = [[]];
  const chars = Array.from(glob);
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] ?? "";
    if (char === "*") segments.push([]);
    else if (char === "?") segments.at(-1)?.push({ char: undefined, folded: undefined });
    else if (char === "\\" && at + 1 < chars.length) segments.at(-1)?.push({ char: chars[++at], folded: undefined });
    else segments.at(-1)?.push({ char, folded: ignoreCase ? simpleFold(char) : undefined });
  }
  const [first = [], ...rest] = segments;
  const last = rest.pop();

  const fits = (segment: readonly Place[], text: readonly string[], from: number): boolean =>
    segment.every(({ char, folded }, index) => {
      const found = text[from + index] ?? "";
      return char === undefined || char === found || (folded !== undefined && folded === simpleFold(found));
    });

  return (value) => {
    const text = Array.from(value);
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

/** Unicode's simple case folding, near enough: one code point for one. */
function simpleFold(char: string): string {
  const upper = char.toUpperCase();
  const lower = (isOne(upper) ? upper : char).toLowerCase();
  return isOne(lower) ? lower : char;
}

function isOne(text: string): boolean {
  return text.length === ((text.codePointAt(0) ?? 0) > 0xffff ? 2 : 1);
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
