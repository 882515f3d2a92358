import { isObject, type JsonObject, type JsonValue } from "../ecs/json.ts";
import { isLeaf, type Leaf } from "../ecs/leaf.ts";
import { type IsEmpty, kept } from "./empties.ts";

/**
 * A value as Java's `Map.toString` writes it, which is what Elastic's pipeline makes of CloudTrail's parameters:
 * `{k=v, k=v}`, `[a, b]`, texts bare. Keys stand in the order of a `java.util.HashMap`, whose size counts the empty ones,
 * which are left out.
 * @returns undefined where nothing is left to write
 * @see https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/HashMap.html
 */
export function javaText(value: JsonValue, isEmpty: IsEmpty): string | undefined {
  if (value === null) return undefined;
  if (typeof value === "string") return isEmpty(value) ? undefined : value;
  if (Array.isArray(value)) {
    const parts = (value as readonly JsonValue[]).flatMap((element) => javaText(element, isEmpty) ?? []);
    return parts.length === 0 ? undefined : `[${parts.join(", ")}]`;
  }
  if (!isObject(value)) return isLeaf(value) ? leafJavaText(value) : undefined;
  const parts = hashOrder(Object.keys(value)).flatMap((key) => {
    const text = javaText(value[key] ?? null, isEmpty);
    return text === undefined ? [] : `${key}=${text}`;
  });
  return parts.length === 0 ? undefined : `{${parts.join(", ")}}`;
}

/** UTF-16 units of javaText, for which no order matters. */
export function javaLength(value: JsonValue, isEmpty: IsEmpty): number {
  return lengthOf(kept(value, isEmpty));
}

function lengthOf(value: JsonValue | undefined): number {
  if (value === undefined || value === null) return 0;
  if (typeof value === "string") return value.length;
  if (Array.isArray(value)) {
    return (value as readonly JsonValue[]).reduce<number>((sum, element) => sum + lengthOf(element) + 2, 0);
  }
  if (!isObject(value)) return isLeaf(value) ? leafJavaText(value).length : 0;
  // Two for the braces, and two between one member and the next.
  return Object.keys(value).reduce((sum, key) => sum + key.length + 1 + lengthOf(value[key]) + 2, 0);
}

const LEAST_CAPACITY = 16;
const LOAD = 0.75;

/** Keys in the order in which Java's map gives them back; those of one bucket as they came. */
function hashOrder(keys: readonly string[]): readonly string[] {
  if (keys.length < 2) return keys;
  let capacity = LEAST_CAPACITY;
  while (keys.length > LOAD * capacity) capacity *= 2;
  return keys
    .map((key) => ({ key, bucket: bucketOf(key, capacity) }))
    .sort((a, b) => a.bucket - b.bucket)
    .map(({ key }) => key);
}

function bucketOf(key: string, capacity: number): number {
  let hash = 0;
  for (let at = 0; at < key.length; at++) hash = (Math.imul(31, hash) + key.charCodeAt(at)) | 0;
  return (hash ^ (hash >>> 16)) & (capacity - 1);
}

const INTEGER = /^-?\d+$/;

function leafJavaText(leaf: Leaf): string {
  const text = typeof leaf === "object" ? leaf.rawJSON : String(leaf);
  return typeof leaf === "boolean" || typeof leaf === "string" || INTEGER.test(text) ? text : doubleText(Number(text));
}

/** `Double.toString`: digits with a point between 10^-3 and 10^7, and an exponent beyond. */
function doubleText(number: number): string {
  if (!Number.isFinite(number)) return number > 0 ? "Infinity" : "-Infinity";
  if (number === 0) return Object.is(number, -0) ? "-0.0" : "0.0";
  const size = Math.abs(number);
  if (size >= 1e-3 && size < 1e7) {
    const text = String(number);
    return text.includes(".") ? text : `${text}.0`;
  }
  const [digits = "", exponent = ""] = number.toExponential().split("e");
  return `${digits.includes(".") ? digits : `${digits}.0`}E${Number(exponent)}`;
}

/** @returns whether an object is written in so few UTF-16 units that Elasticsearch indexes it whole */
export function isIndexable(value: JsonObject, isEmpty: IsEmpty): boolean {
  return javaLength(value, isEmpty) < MOST_INDEXED;
}

/** What Lucene takes of one term, less one: Elastic's pipeline asks for fewer. */
const MOST_INDEXED = 32_766;
