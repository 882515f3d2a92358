import type { FieldTypes } from "../../ecs/mapping.ts";
import { type KqlNode, literalText } from "../../kql/ast.ts";
import { necessaryOf } from "../../kql/necessary.ts";
import { startOf } from "./truth.ts";

/** Why no text must stand in every event that matches, and where in the query that is so. */
export interface PrefilterGap {
  readonly at: number;
  readonly reason: string;
}

/** The reason why records cannot be passed over unparsed for this query, or undefined where they can. */
export function prefilterGap(query: KqlNode, types: FieldTypes): PrefilterGap | undefined {
  return necessaryOf(query, types).length === 0 ? gapIn(query, types) : undefined;
}

function gapIn(node: KqlNode, types: FieldTypes): PrefilterGap {
  const at = startOf(node);
  switch (node.kind) {
    case "or": {
      const branch = node.nodes.find((child) => necessaryOf(child, types).length === 0);
      return branch === undefined ? { at, reason: "a branch of this or names no text" } : gapIn(branch, types);
    }
    case "and": {
      const asked = node.nodes.find((child) => child.kind !== "not");
      return asked === undefined ? { at, reason: "the query only says what must not be" } : gapIn(asked, types);
    }
    case "not":
      return { at, reason: "a not is met by events without the text it names" };
    case "nested":
      return { at, reason: "what is in the braces names no text" };
    default: {
      const { field } = node;
      const name = field === null ? "" : literalText(field);
      if (field === null || name === "*") return { at, reason: "every event meets *" };
      const why = field.kind === "wildcard" ? `${name} stands for fields of any name` : `${name} names no text`;
      return { at, reason: why };
    }
  }
}
