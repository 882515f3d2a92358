import type { FieldTypes } from "../ecs/mapping.ts";
import { type KqlNode, literalText } from "../kql/ast.ts";

/** A field of which a matching event must have one of some values, exactly. */
export interface Requirement {
  readonly field: string;
  readonly values: ReadonlySet<string>;
}

/** What a query requires, by each keyword field that it requires something of: for an index of many rules. */
export function requirementsOf(node: KqlNode, types: FieldTypes): Requirement[] {
  switch (node.kind) {
    case "and":
      return node.nodes.flatMap((child) => requirementsOf(child, types));
    case "or": {
      // Values of one field throughout: a list.
      const [first, ...rest] = node.nodes.map((child) => requirementsOf(child, types));
      return (first ?? []).flatMap(({ field, values }) => {
        const others = rest.map((requirements) => requirements.find((other) => other.field === field));
        if (others.includes(undefined)) return [];
        return [{ field, values: new Set([...values, ...others.flatMap((other) => [...(other?.values ?? [])])]) }];
      });
    }
    case "is": {
      const { field, value } = node;
      if (field === null || field.kind === "wildcard" || value.kind === "wildcard") return [];
      const name = literalText(field);
      const { type, normalizer, source, nestedIn } = types(name);
      const text = literalText(value);
      // A star is a wildcard in every term of a constant_keyword.
      const isConstant = type === "constant_keyword" && !text.includes("*");
      const isExact = (type === "keyword" || isConstant) && normalizer === undefined;
      if (!isExact || nestedIn !== undefined || types(name).dynamic === true) return [];
      return [{ field: source ?? name, values: new Set([text]) }];
    }
    default:
      return [];
  }
}
