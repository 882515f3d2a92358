import { isDeepStrictEqual } from "node:util";
import { isObject, type JsonObject, type JsonValue } from "../../ecs/json.ts";
import { normalise } from "../../normalize/normalize.ts";
import { failed, type Outcome, PASSED } from "./case.ts";

/** A raw document, and what some fields of the event made of it are; null where it must not have the field. */
export interface RawCase {
  readonly raw: JsonObject;
  /** By dotted names. */
  readonly expected: JsonObject;
}

export function runRawCase({ raw, expected }: RawCase): Outcome {
  const { event } = normalise(raw);
  const wrong = Object.entries(expected).flatMap(([name, wanted]) => {
    const actual = fieldOf(event, name) ?? null;
    return isSame(name, wanted, actual) ? [] : [[name, wanted, actual] as const];
  });
  if (wrong.length === 0) return PASSED;
  return failed(
    Object.fromEntries(wrong.map(([name, wanted]) => [name, wanted])),
    Object.fromEntries(wrong.map(([name, , actual]) => [name, actual])),
  );
}

/** Keys may hold dots: the longest that there is leads on. */
function fieldOf(object: JsonObject, name: string): JsonValue | undefined {
  for (let end = name.length; end > 0; end = name.lastIndexOf(".", end - 1)) {
    const key = name.slice(0, end);
    if (!Object.hasOwn(object, key)) continue;
    const value = object[key];
    if (end === name.length) return value;
    return isObject(value) ? fieldOf(value, name.slice(end + 1)) : undefined;
  }
  return undefined;
}

/** Lists that Elastic's pipelines fill in no order of their own. */
function isSet(name: string): boolean {
  return name.startsWith("related.") || name === "entity.target.id" || name === "aws.cloudtrail.resources";
}

function isSame(name: string, wanted: JsonValue, actual: JsonValue): boolean {
  if (name === "@timestamp" && typeof wanted === "string" && typeof actual === "string") {
    return Date.parse(wanted) === Date.parse(actual);
  }
  if (!isSet(name) || !Array.isArray(wanted) || !Array.isArray(actual)) return isDeepStrictEqual(wanted, actual);
  return isDeepStrictEqual(new Set(wanted as JsonValue[]), new Set(actual as JsonValue[]));
}
