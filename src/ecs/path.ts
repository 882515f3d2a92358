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

type Visitor = (value: JsonValue) => boolean;

export function fieldPath(name: string): FieldPath {
  const parts = name.split(".");
  const steps: Step[][] = parts.map((_, from) =>
    parts.slice(from).map((_, index) => {
      const key = parts.slice(from, from + index + 1).join(".");
      return { key, next: from + index + 1, inherited: key in Object.prototype };
    }),
  );

  function visitObject(object: JsonObject, at: number, visit: Visitor): boolean {
    for (const { key, next, inherited } of steps[at] ?? []) {
      if (inherited && !Object.hasOwn(object, key)) continue;
      const value = object[key];
      if (value !== undefined && visitValue(value, next, visit)) return true;
    }
    return false;
  }

  function visitValue(value: JsonValue, at: number, visit: Visitor): boolean {
    if (Array.isArray(value)) {
      for (const element of value as readonly JsonValue[]) if (visitValue(element, at, visit)) return true;
      return false;
    }
    if (at === parts.length) return visit(value);
    return isObject(value) && visitObject(value, at, visit);
  }

  return {
    name,
    some: (object, test) => visitObject(object, 0, (value) => value !== null && isLeaf(value) && test(value)),
    values(object) {
      const found: JsonValue[] = [];
      visitObject(object, 0, (value) => {
        found.push(value);
        return false;
      });
      return found;
    },
  };
}
