import { type Clock, parseDateMath } from "./date-math.ts";
import { parseDate } from "./iso-date.ts";
import { type Leaf, type LeafTest, leafText } from "./leaf.ts";
import { type FieldSemantics, QueryError } from "./semantics.ts";

/** `date`: milliseconds. Equality is a range: a day's text means the whole day. */
export function date(clock: Clock): FieldSemantics {
  const bound = (text: string, up: boolean): (() => number) => {
    const found = parseDateMath(text, up, clock);
    if (found === undefined) throw new QueryError(`"${text}" is not a date; write 2026-05-25T10:00:00Z, or now-1d`);
    return found;
  };
  const compare =
    (bounded: () => number, holds: (value: number, bound: number) => boolean): LeafTest =>
    (leaf) => {
      const value = indexed(leaf);
      return value !== undefined && holds(value, bounded());
    };
  return {
    indexes: (leaf) => indexed(leaf) !== undefined,
    terms(literals) {
      const spans = literals.map((literal) => ({ from: bound(literal, false), to: bound(literal, true) }));
      return (leaf) => {
        const value = indexed(leaf);
        return value !== undefined && spans.some(({ from, to }) => value >= from() && value <= to());
      };
    },
    pattern() {
      throw new QueryError("a wildcard cannot match a date field; write a range");
    },
    range(operator, literal) {
      switch (operator) {
        case "gt":
          return compare(bound(literal, true), (value, end) => value > end);
        case "gte":
          return compare(bound(literal, false), (value, start) => value >= start);
        case "lt":
          return compare(bound(literal, false), (value, start) => value < start);
        case "lte":
          return compare(bound(literal, true), (value, end) => value <= end);
      }
    },
    canonical(leaf) {
      const value = indexed(leaf);
      return value === undefined ? undefined : { tag: "date", text: String(value), value };
    },
  };
}

function indexed(leaf: Leaf): number | undefined {
  return typeof leaf === "boolean" ? undefined : parseDate(leafText(leaf));
}
