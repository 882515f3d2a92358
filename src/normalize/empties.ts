import { isObject, type JsonObject, type JsonValue } from "../ecs/json.ts";

/** Says of a text that it stands for nothing. */
export type IsEmpty = (text: string) => boolean;

/** What Elastic's pipeline for CloudTrail takes for nothing. */
export const emptyInCloudTrail: IsEmpty = (text) => text === "" || text === "-" || text === "none";
/** What its pipeline for Kubernetes does. */
export const emptyInKubernetes: IsEmpty = (text) => text === "";

/**
 * A value without what is empty in it: null, empty texts, and objects and arrays that hold nothing else. `false` and 0 stay.
 * The value itself where nothing has to go. Recursion is bounded by the depth at which an event is refused.
 * @returns undefined where nothing is left
 */
export function kept(value: JsonValue | undefined, isEmpty: IsEmpty): JsonValue | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return isEmpty(value) ? undefined : value;
  if (Array.isArray(value)) return keptElements(value as readonly JsonValue[], isEmpty);
  return isObject(value) ? keptMembers(value, isEmpty) : value;
}

function keptElements(value: readonly JsonValue[], isEmpty: IsEmpty): JsonValue | undefined {
  let isWhole = true;
  const left: JsonValue[] = [];
  for (const element of value) {
    const inner = kept(element, isEmpty);
    isWhole &&= inner === element;
    if (inner !== undefined) left.push(inner);
  }
  return left.length === 0 ? undefined : isWhole ? value : left;
}

function keptMembers(value: JsonObject, isEmpty: IsEmpty): JsonObject | undefined {
  let isWhole = true;
  const left: [string, JsonValue][] = [];
  for (const key of Object.keys(value)) {
    const inner = kept(value[key], isEmpty);
    isWhole &&= inner === value[key];
    if (inner !== undefined) left.push([key, inner]);
  }
  // Its members are own properties, `__proto__` too.
  return left.length === 0 ? undefined : isWhole ? value : Object.fromEntries(left);
}
