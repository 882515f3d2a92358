import type { JsonValue, RawNumber } from "./json.ts";

/** A value at the end of a field's path: what Elasticsearch would hand to the field's mapper. */
export type Leaf = string | number | boolean | RawNumber;
export type LeafTest = (leaf: Leaf) => boolean;

export const never: LeafTest = () => false;

export function isLeaf(value: JsonValue): value is Leaf {
  return typeof value === "object" ? value !== null && JSON.isRawJSON(value) : true;
}

/** The JSON source text of a scalar: `1.0` stays `1.0`, a string is itself. */
export function leafText(leaf: Leaf): string {
  return typeof leaf === "string" ? leaf : typeof leaf === "object" ? leaf.rawJSON : String(leaf);
}
