import { type Decimal, parseDecimal } from "./decimal.ts";
import { holds } from "./keyword.ts";
import { type Leaf, leafText } from "./leaf.ts";
import { type FieldSemantics, QueryError } from "./semantics.ts";

export type IntegerType = "long" | "integer" | "short" | "byte" | "unsigned_long";

const RANGES: Readonly<Record<IntegerType, readonly [bigint, bigint]>> = {
  long: [-(2n ** 63n), 2n ** 63n - 1n],
  integer: [-(2n ** 31n), 2n ** 31n - 1n],
  short: [-(2n ** 15n), 2n ** 15n - 1n],
  byte: [-(2n ** 7n), 2n ** 7n - 1n],
  unsigned_long: [0n, 2n ** 64n - 1n],
};

/** A whole number: a number where a double holds it exactly, else a bigint. Equal values are `===`. */
type Whole = number | bigint;

/** `long` and its kin: 64 bits exact, fractions cut off a value, strings read as decimals. */
export function integer(type: IntegerType): FieldSemantics {
  const [min, max] = RANGES[type];

  function indexed(leaf: Leaf): Whole | undefined {
    if (typeof leaf === "boolean") return undefined;
    if (typeof leaf === "number" && type === "long" && Number.isSafeInteger(leaf)) return leaf;
    const text = leafText(leaf);
    // Smaller types read strings by way of a double, which tolerates blanks around it.
    const decimal = parseDecimal(type === "long" ? text : text.trim());
    if (decimal === undefined || decimal === "too_large") return undefined;
    const value = whole(decimal);
    return value < min || value > max ? undefined : value;
  }

  function literal(text: string): Decimal | "too_large" {
    const decimal = parseDecimal(text);
    if (decimal === undefined) throw new QueryError(`"${text}" is not a number, and the field is ${type}`);
    return decimal;
  }

  return {
    indexes: (leaf) => indexed(leaf) !== undefined,
    terms(literals) {
      const wanted = new Set<Whole | undefined>();
      for (const decimal of literals.map(literal)) {
        if (decimal !== "too_large" && !decimal.fractional) wanted.add(whole(decimal));
      }
      return (leaf) => wanted.has(indexed(leaf));
    },
    pattern() {
      throw new QueryError(`a wildcard cannot match a ${type} field`);
    },
    range(operator, text) {
      const decimal = literal(text);
      if (decimal === "too_large") throw new QueryError(`${text} is out of the range of ${type}`);
      const value = BigInt(whole(decimal));
      if (value < min || value > max) throw new QueryError(`${text} is out of the range of ${type}`);
      // A fractional bound rounds inward: > 79.5 is > 79, >= 79.5 is >= 80.
      const up = operator === "gte" || operator === "lt";
      const step = !decimal.fractional || decimal.negative === up ? 0n : up ? 1n : -1n;
      const bound = canonicalWhole(value + step);
      return (leaf) => {
        const found = indexed(leaf);
        return found !== undefined && holds(operator, found < bound ? -1 : found > bound ? 1 : 0);
      };
    },
    canonical(leaf) {
      const value = indexed(leaf);
      if (value === undefined) return undefined;
      const text = String(value);
      return { tag: "long", text, value: typeof value === "number" ? value : JSON.rawJSON(text) };
    },
  };
}

function whole({ negative, integer }: Decimal): Whole {
  const magnitude = integer === "" ? 0n : BigInt(integer);
  return canonicalWhole(negative ? -magnitude : magnitude);
}

function canonicalWhole(value: bigint): Whole {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
