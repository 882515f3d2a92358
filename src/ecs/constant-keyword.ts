import { keyword } from "./keyword.ts";
import { leafText } from "./leaf.ts";
import { globPattern, wildcardPattern } from "./pattern.ts";
import type { FieldSemantics } from "./semantics.ts";

/**
 * `constant_keyword`: as a keyword, but that Elasticsearch holds every term against the one value by a match that knows
 * the star and no escape, so that a star is a wildcard however it is written. `?` and `\\` are themselves.
 */
export function constantKeyword(): FieldSemantics {
  const exact = keyword({ ignoreAbove: Number.POSITIVE_INFINITY, lowercase: false });
  return {
    ...exact,
    terms(literals) {
      const isExact = exact.terms(literals.filter((literal) => !literal.includes("*")));
      const patterns = literals
        .filter((literal) => literal.includes("*"))
        .map((text) => wildcardPattern(starred(text)));
      if (patterns.length === 0) return isExact;
      return (leaf) => isExact(leaf) || patterns.some((matches) => matches(leafText(leaf)));
    },
    glob(pattern, ignoreCase) {
      const matches = globPattern(escapedGlob(pattern), ignoreCase);
      return (leaf) => matches(leafText(leaf));
    },
    pattern: (segments) => exact.pattern(segments.flatMap(starred)),
  };
}

/** What stands between the stars of a text. */
export function starred(text: string): string[] {
  return text.split("*");
}

/** The pattern in which only the star has a meaning. */
function escapedGlob(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("?", "\\?");
}
