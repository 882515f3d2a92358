import { isMap, isScalar, isSeq, type Node } from "yaml";
import type { JsonValue } from "../../ecs/json.ts";
import { type Entry, kindOf, mappingOf } from "./mapping.ts";
import type { Entries } from "./scenario.ts";
import { MAX_DEPTH, shown, type YamlFile } from "./yaml-file.ts";

/** A JSON value whose objects are maps, so that no key of the file's is special: `__proto__` is a name like any other. */
export type Value = Exclude<JsonValue, object> | { readonly rawJSON: string } | readonly Value[] | Level;
interface Level extends ReadonlyMap<string, Value> {}

/**
 * An event as a test writes it: dotted keys are levels, `<<` brings another event's fields, and a field set beside it
 * stands in the other's stead.
 */
export function eventOf(file: YamlFile, node: Node): Entries {
  return levelOf(file, node, 0);
}

function levelOf(file: YamlFile, node: Node, depth: number): Level {
  const { own, merged } = mappingOf(file, node, depth, "an event");
  const build = (entries: ReadonlyMap<string, Entry>, collide: (key: Node) => void): Map<string, Value> => {
    const level = new Map<string, Value>();
    for (const [name, { key, value }] of entries) {
      const steps = name.split(".");
      if (steps.length + depth > MAX_DEPTH) file.refuse(key, `more than ${MAX_DEPTH} levels within levels`);
      if (steps.includes("")) file.refuse(key, `"${shown(name)}" is no name of a field`);
      put(level, steps, jsonValue(file, value, depth + 1), () => collide(key));
    }
    return level;
  };
  const under = build(merged, () => undefined);
  const set = build(own, (key) => file.refuse(key, "this field is set twice, or is both a value and a level"));
  return over(under, set);
}

/** Sets a field, level by level. @param collide hears of a value that was there */
function put(
  level: Map<string, Value>,
  [first = "", ...rest]: readonly string[],
  value: Value,
  collide: () => void,
): void {
  const there = level.get(first);
  const inner = there instanceof Map ? (there as Map<string, Value>) : undefined;
  if (rest.length > 0) {
    if (there !== undefined && inner === undefined) collide();
    const next = inner ?? new Map<string, Value>();
    level.set(first, next);
    put(next, rest, value, collide);
  } else if (inner !== undefined && value instanceof Map) {
    for (const [name, each] of value as Level) put(inner, [name], each, collide);
  } else {
    if (there !== undefined) collide();
    level.set(first, value);
  }
}

/** One level laid over another. */
function over(under: Level, set: Level): Level {
  const both = new Map(under);
  for (const [name, value] of set) {
    const there = both.get(name);
    both.set(name, value instanceof Map && there instanceof Map ? over(there, value) : value);
  }
  return both;
}

export function jsonValue(file: YamlFile, node: Node, depth: number): Value {
  const found = file.read(node, depth);
  if (isMap(found)) return levelOf(file, found, depth);
  if (isSeq(found)) return (found.items as Node[]).map((item) => jsonValue(file, item, depth + 1));
  if (!isScalar(found)) return file.refuse(node, `${kindOf(found)} is no value`);
  const { value, source } = found;
  if (typeof value === "number")
    return numberOf(value, source) ?? file.refuse(node, `${source} is no number of JSON's`);
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  return file.refuse(node, "a value is a text, a number, true, false, null, a list or a mapping");
}

/** A number as it is written, where JSON can write it so: `1.0` and 64-bit integers keep their text. */
function numberOf(value: number, source: string | undefined): Value | undefined {
  if (source !== undefined && /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(source)) {
    return String(value) === source ? value : JSON.rawJSON(source);
  }
  return Number.isFinite(value) ? value : undefined;
}

/** The event with other values in some fields, as JSON. */
export function eventJson(event: Entries, changes: readonly (readonly [string, unknown])[]): string {
  let changed = event as Level;
  for (const [field, value] of changes) changed = over(changed, at(field.split("."), value as Value));
  return json(changed);
}

function at(steps: readonly string[], value: Value): Level {
  const [first = "", ...rest] = steps;
  return new Map([[first, rest.length === 0 ? value : at(rest, value)]]);
}

function json(value: Value): string {
  if (value instanceof Map) {
    return `{${[...(value as Level)].map(([name, inner]) => `${JSON.stringify(name)}:${json(inner)}`).join(",")}}`;
  }
  return Array.isArray(value) ? `[${(value as readonly Value[]).map(json).join(",")}]` : JSON.stringify(value);
}
