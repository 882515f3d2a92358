import { ecsTypesWith } from "../../ecs/catalogue.ts";
import type { JsonObject } from "../../ecs/json.ts";
import type { FieldTypes, Mapping } from "../../ecs/mapping.ts";

/** What a case came to. `refused` is a failure too: the engine said no, and gave its reason. */
export type Outcome =
  | { readonly passed: true }
  | { readonly passed: false; readonly expected: unknown; readonly actual: unknown };

export const PASSED: Outcome = { passed: true };

export function failed(expected: unknown, actual: unknown): Outcome {
  return { passed: false, expected, actual };
}

/** Field types of a case: plain ECS, but for the fields it types itself. */
export function caseTypes(overrides: JsonObject | undefined): FieldTypes {
  return ecsTypesWith(new Map(Object.entries(overrides ?? {}).map(([name, type]) => [name, mappingOf(type)])));
}

function mappingOf(type: unknown): Mapping {
  if (typeof type === "string") return type === "keyword" ? { type, ignoreAbove: 1024 } : { type };
  const { ignore_above, ...mapping } = type as Mapping & { readonly ignore_above?: number };
  return { ...mapping, ...(ignore_above === undefined ? {} : { ignoreAbove: ignore_above }) };
}
