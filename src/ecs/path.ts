import { isObject, type JsonObject, type JsonValue } from "./json.ts";
import { isLeaf, type LeafTest } from "./leaf.ts";

/**
 * A field's dotted name, split once, and read many times.
 *
 * Elasticsearch expands dots in keys at any level, so `{"process.name": v}`, `{"process": {"name": v}}` and any mix
 * hold values of one field; arrays are transparent at every level. Only own properties are read.
 */
export interface FieldPath {
  readonly name: string;
  /** True if some scalar value of the field satisfies the test, tried in document order. */
  some(object: JsonObject, test: LeafTest): boolean;
  /** True if some scalar below the field, at whatever depth, satisfies the test. */
  someBelow(object: JsonObject, test: LeafTest): boolean;
  /** The JSON values the path leads to, arrays unpacked: scalars, and objects where a scalar was expected. */
  values(object: JsonObject): JsonValue[];
}

/** One way to go on from an object: a key made of one or more of the path's parts, and how many parts remain. */
interface Step {
  readonly key: string;
  readonly next: number;
  /** The name is one of Object.prototype's, so a plain read would see the prototype. */
  readonly inherited: boolean;
}

/** Told of what stands at the end of a path and is no scalar: null, or an object. */
type OnOther = (value: JsonValue) => void;

export function fieldPath(name: string): FieldPath {
  const parts = name.split(".");
  const steps: Step[][] = parts.map((_, from) =>
    parts.slice(from).map((_, index) => {
      const key = parts.slice(from, from + index + 1).join(".");
      return { key, next: from + index + 1, inherited: key in Object.prototype };
    }),
  );

  // Every clause of every rule runs this: nothing is made on the way.
  function walk(object: JsonObject, from: readonly Step[], test: LeafTest, onOther: OnOther | undefined): boolean {
    // By index: no loop runs more often than this one.
    for (let index = 0; index < from.length; index++) {
      const { key, next, inherited } = from[index] as Step;
      if (inherited && !Object.hasOwn(object, key)) continue;
      const value = object[key];
      if (value !== undefined && walkValue(value, next, test, onOther)) return true;
    }
    return false;
  }

  function walkValue(value: JsonValue, at: number, test: LeafTest, onOther: OnOther | undefined): boolean {
    const isEnd = at === parts.length;
    if (typeof value !== "object") return isEnd && test(value);
    if (Array.isArray(value)) {
      for (const element of value as readonly JsonValue[]) if (walkValue(element, at, test, onOther)) return true;
      return false;
    }
    if (!isEnd) return isObject(value) && walk(value, steps[at] ?? [], test, onOther);
    if (value !== null && isLeaf(value)) return test(value);
    onOther?.(value);
    return false;
  }

  const start = steps[0] ?? [];
  return {
    name,
    some: (object, test) => walk(object, start, test, undefined),
    someBelow: (object, test) => someBelow(object, name, test),
    values(object) {
      const found: JsonValue[] = [];
      const keep = (value: JsonValue) => {
        found.push(value);
        return false;
      };
      walk(object, start, keep, keep);
      return found;
    },
  };
}

/** Recursion is bounded by the depth at which an event is refused. */
function someBelow(object: JsonObject, name: string, test: LeafTest): boolean {
  const inside = (value: JsonValue, isBelow: boolean): boolean => {
    if (Array.isArray(value)) return (value as readonly JsonValue[]).some((element) => inside(element, isBelow));
    if (isObject(value)) return Object.keys(value).some((key) => inside(value[key] ?? null, true));
    return value !== null && isBelow && isLeaf(value) && test(value);
  };
  const towards = (value: JsonValue, rest: string): boolean => {
    if (Array.isArray(value)) return (value as readonly JsonValue[]).some((element) => towards(element, rest));
    if (!isObject(value)) return false;
    return Object.keys(value).some((key) => {
      const next = value[key] ?? null;
      if (key === rest) return inside(next, false);
      // A key may hold dots, and so reach past the field's own name.
      if (key.startsWith(`${rest}.`)) return inside(next, true);
      return rest.startsWith(`${key}.`) && towards(next, rest.slice(key.length + 1));
    });
  };
  return towards(object, name);
}
