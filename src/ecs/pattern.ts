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
