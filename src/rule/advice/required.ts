import { type KqlNode, literalText } from "../../kql/ast.ts";

/** The fields that each matching event has. */
export function required(node: KqlNode): string[] {
  switch (node.kind) {
    case "and":
      return node.nodes.flatMap(required);
    case "or": {
      const [first = [], ...rest] = node.nodes.map(required);
      const others = rest.map((names) => new Set(names));
      return [...new Set(first)].filter((name) => others.every((names) => names.has(name)));
    }
    case "not":
      return [];
    case "nested":
      return node.field === null ? [] : [literalText(node.field)];
    default:
      return node.field === null || node.field.kind === "wildcard" ? [] : [literalText(node.field)];
  }
}
