/** How far a name has come in a pattern, read piece by piece. */
export interface Reached {
  /** How many characters of the text before the first star were met. */
  readonly head: number;
  /** How many of the texts between stars were met. */
  readonly met: number;
  /** The end of what stands behind the last text that was met, as much of it as can still matter. */
  readonly tail: string;
}

/** A pattern such as `file.hash.*`, for names that grow: what names have in common is read once, however long it is. */
export interface NamePattern {
  readonly start: Reached;
  /** With so much more of the name; undefined where no name that begins so can fit. */
  advance(reached: Reached, text: string): Reached | undefined;
  /** Whether the name fits as it stands. */
  fits(reached: Reached): boolean;
}

/** @param segments the texts between stars, two at least */
export function namePattern(segments: readonly string[]): NamePattern {
  const first = segments[0] ?? "";
  const last = segments.at(-1) ?? "";
  const middle = segments.slice(1, -1).filter((segment) => segment !== "");
  const longest = [last, ...middle].reduce((length, segment) => Math.max(length, segment.length), 1);
  return {
    start: { head: 0, met: 0, tail: "" },
    advance({ head, met, tail }, text) {
      const wanted = first.slice(head, head + text.length);
      if (!text.startsWith(wanted)) return undefined;
      const rest = tail + text.slice(wanted.length);
      let count = met;
      let from = 0;
      for (let segment = middle[count]; segment !== undefined; segment = middle[count]) {
        const found = rest.indexOf(segment, from);
        if (found < 0) break;
        from = found + segment.length;
        count++;
      }
      return { head: head + wanted.length, met: count, tail: rest.slice(Math.max(from, rest.length - longest)) };
    },
    fits: ({ head, met, tail }) => head === first.length && met === middle.length && tail.endsWith(last),
  };
}
