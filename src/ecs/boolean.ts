import { holds } from "./keyword.ts";
import type { Leaf } from "./leaf.ts";
import { type FieldSemantics, QueryError } from "./semantics.ts";

/** `boolean`: true, false, their words, and "" for false; anything else is malformed and not indexed. */
export function boolean(): FieldSemantics {
  return {
    indexes: (leaf) => indexed(leaf) !== undefined,
    terms(literals) {
      const wanted = new Set<boolean | undefined>(literals.map(parseLiteral));
      return (leaf) => wanted.has(indexed(leaf));
    },
    pattern() {
      throw new QueryError("a wildcard cannot match a boolean field");
    },
    range(operator, literal) {
      const bound = Number(parseLiteral(literal));
      return (leaf) => {
        const found = indexed(leaf);
        return found !== undefined && holds(operator, Number(found) - bound);
      };
    },
    canonical(leaf) {
      const value = indexed(leaf);
      return value === undefined ? undefined : { tag: "boolean", text: String(value), value };
    },
  };
}

function parseLiteral(literal: string): boolean {
  if (literal !== "true" && literal !== "false") {
    throw new QueryError(`"${literal}" is neither true nor false, and the field is boolean`);
  }
  return literal === "true";
}

function indexed(leaf: Leaf): boolean | undefined {
  if (typeof leaf === "boolean") return leaf;
  if (leaf === "true") return true;
  return leaf === "false" || leaf === "" ? false : undefined;
}
