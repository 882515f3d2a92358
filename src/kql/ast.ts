import type { RangeOperator } from "../ecs/semantics.ts";

/** A literal as written: where quoting, a star or a word decides its meaning, the kind says so. */
export type Literal =
  | { readonly kind: "unquoted"; readonly value: string | boolean | null; readonly offset: number }
  | { readonly kind: "quoted"; readonly value: string; readonly offset: number }
  /** The text between stars, escapes resolved: `a*b` is `["a", "b"]`, a lone star `["", ""]`. */
  | { readonly kind: "wildcard"; readonly segments: readonly string[]; readonly offset: number };

/** A query, value lists distributed over their field. Offsets are UTF-16 units into the query text. */
export type KqlNode =
  | { readonly kind: "and" | "or"; readonly nodes: readonly KqlNode[] }
  | { readonly kind: "not"; readonly node: KqlNode }
  /** `field` null is field-less text, searched in all fields. */
  | { readonly kind: "is"; readonly field: Literal | null; readonly value: Literal }
  | {
      readonly kind: "range";
      readonly field: Literal | null;
      readonly operator: RangeOperator;
      readonly value: Literal;
    }
  | { readonly kind: "nested"; readonly field: Literal | null; readonly node: KqlNode };

/** The text of a literal as a name or a value; a star is printed as itself. */
export function literalText(literal: Literal): string {
  return literal.kind === "wildcard" ? literal.segments.join("*") : String(literal.value);
}

/** A star and nothing else: every value. */
export function isLoneStar(literal: Literal): boolean {
  return literal.kind === "wildcard" && literal.segments.length === 2 && literal.segments.every((part) => part === "");
}
