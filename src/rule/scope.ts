import type { EcsEvent } from "../ecs/json.ts";
import type { LeafTest } from "../ecs/leaf.ts";
import { fieldPath } from "../ecs/path.ts";
import { wildcardPattern } from "../ecs/pattern.ts";

/** `unscoped`: the event does not say which data stream it belongs to, so every rule looks at it. */
export type Scope = "in" | "out" | "unscoped";

const typeOf = firstText("data_stream.type");
const datasetOf = firstText("data_stream.dataset");
const namespaceOf = firstText("data_stream.namespace");

/** The name of the event's data stream, `{type}-{dataset}-{namespace}`, where it carries one. */
export function dataStreamOf(event: EcsEvent): string | undefined {
  const type = typeOf(event);
  const dataset = datasetOf(event);
  return type === undefined || dataset === undefined
    ? undefined
    : `${type}-${dataset}-${namespaceOf(event) ?? "default"}`;
}

/** The first string that a field holds. Asked of every event, so nothing is made on the way. */
function firstText(name: string): (event: EcsEvent) => string | undefined {
  const path = fieldPath(name);
  let found: string | undefined;
  const keep: LeafTest = (leaf) => {
    if (typeof leaf !== "string") return false;
    found = leaf;
    return true;
  };
  return (event) => {
    found = undefined;
    path.some(event, keep);
    return found;
  };
}

/** Holds an event's data stream against a rule's index patterns; one that starts with `-` takes streams out again. */
export function indexScope(patterns: readonly string[] | undefined): (dataStream: string | undefined) => Scope {
  if (patterns === undefined) return () => "in";
  const compile = (list: readonly string[]) => list.map((pattern) => wildcardOrName(pattern));
  const included = compile(patterns.filter((pattern) => !pattern.startsWith("-")));
  const excluded = compile(patterns.filter((pattern) => pattern.startsWith("-")).map((pattern) => pattern.slice(1)));
  return (dataStream) => {
    if (dataStream === undefined) return "unscoped";
    const named = (list: readonly ((name: string) => boolean)[]) => list.some((matches) => matches(dataStream));
    return named(included) && !named(excluded) ? "in" : "out";
  };
}

function wildcardOrName(pattern: string): (name: string) => boolean {
  return pattern.includes("*") ? wildcardPattern(pattern.split("*")) : (name) => name === pattern;
}
