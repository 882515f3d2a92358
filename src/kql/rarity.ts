import { isLoneStar, type KqlNode, literalText } from "./ast.ts";

/**
 * How few events a clause is likely to hold for, by its words alone: the longer a value, the rarer, and the more values
 * will do, the less so. Only the order of clauses hangs on it, never an answer.
 */
export function rarity(node: KqlNode): number {
  switch (node.kind) {
    case "is": {
      const { value } = node;
      if (isLoneStar(value)) return 0;
      return value.kind === "wildcard"
        ? Math.max(...value.segments.map((segment) => segment.length))
        : literalText(value).length;
    }
    case "range":
      return 1;
    case "and":
      return Math.max(...node.nodes.map(rarity));
    case "or":
      return Math.min(...node.nodes.map(rarity)) - Math.log2(node.nodes.length);
    case "nested":
      return rarity(node.node);
    case "not":
      // Most events are none of those that a rule makes an exception of.
      return Number.NEGATIVE_INFINITY;
  }
}
