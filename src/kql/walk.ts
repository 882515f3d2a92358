import type { KqlNode, Literal } from "./ast.ts";
import { literalText } from "./ast.ts";

/** One clause of a query on a field, with the field's full name, nested paths and all. */
export interface Clause {
  readonly name: string;
  readonly field: Literal;
  readonly value: Literal;
  readonly isRange: boolean;
}

/** The clauses of a query that name a field, in order. */
export function clausesOf(node: KqlNode): Clause[] {
  const found: Clause[] = [];
  const visit = (current: KqlNode, prefix: string): void => {
    switch (current.kind) {
      case "and":
      case "or":
        for (const child of current.nodes) visit(child, prefix);
        return;
      case "not":
        visit(current.node, prefix);
        return;
      case "nested":
        visit(current.node, current.field === null ? prefix : `${prefix}${literalText(current.field)}.`);
        return;
      case "is":
      case "range": {
        const { field, value } = current;
        if (field !== null)
          found.push({ name: `${prefix}${literalText(field)}`, field, value, isRange: current.kind === "range" });
      }
    }
  };
  visit(node, "");
  return found;
}
