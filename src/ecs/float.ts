import { parseDecimal } from "./decimal.ts";
import { holds } from "./keyword.ts";
import { type Leaf, leafText } from "./leaf.ts";
import { type FieldSemantics, QueryError } from "./semantics.ts";

export type FloatType = "float" | "half_float" | "double" | "scaled_float";

/**
 * `float` and its kin: values and literals alike are rounded to what the type holds.
 * @param scalingFactor of a `scaled_float`, which holds whole multiples of its inverse
 */
export function float(type: FloatType, scalingFactor = 1): FieldSemantics {
  const round = (value: number): number => {
    switch (type) {
      case "double":
        return value;
      case "float":
        return Math.fround(value);
      case "half_float":
        return Math.f16round(value);
      case "scaled_float":
        return Math.round(value * scalingFactor) / scalingFactor;
    }
  };

  function indexed(leaf: Leaf): number | undefined {
    return typeof leaf === "boolean" ? undefined : parse(leafText(leaf));
  }

  function parse(text: string): number | undefined {
    const trimmed = text.trim();
    if (parseDecimal(trimmed) === undefined) return undefined;
    const value = round(Number(trimmed));
    return Number.isFinite(value) ? value : undefined;
  }

  function literal(text: string): number {
    const value = parse(text);
    if (value === undefined) throw new QueryError(`"${text}" is not a number, and the field is ${type}`);
    return value;
  }

  return {
    indexes: (leaf) => indexed(leaf) !== undefined,
    terms(literals) {
      const wanted = new Set<number | undefined>(literals.map(literal));
      return (leaf) => wanted.has(indexed(leaf));
    },
    pattern() {
      throw new QueryError(`a wildcard cannot match a ${type} field`);
    },
    range(operator, text) {
      const bound = literal(text);
      return (leaf) => {
        const found = indexed(leaf);
        return found !== undefined && holds(operator, found - bound);
      };
    },
    canonical(leaf) {
      const value = indexed(leaf);
      return value === undefined ? undefined : { tag: "double", text: String(value), value };
    },
  };
}
