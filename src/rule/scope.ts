import type { EcsEvent } from "../ecs/json.ts";
import { fieldPath } from "../ecs/path.ts";
import { wildcardPattern } from "../ecs/pattern.ts";

/** `unscoped`: the event does not say which data stream it belongs to, so every rule looks at it. */
export type Scope = "in" | "out" | "unscoped";

const TYPE = fieldPath("data_stream.type");
const DATASET = fieldPath("data_stream.dataset");
const NAMESPACE = fieldPath("data_stream.namespace");

/** The name of the event's data stream, `{type}-{dataset}-{namespace}`, where it carries one. */
export function dataStreamOf(event: EcsEvent): string | undefined {
  const [type, dataset, namespace] = [TYPE, DATASET, NAMESPACE].map((path) =>
    path.values(event).find((value) => typeof value === "string"),
  );
  return type === undefined || dataset === undefined ? undefined : `${type}-${dataset}-${namespace ?? "default"}`;
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
