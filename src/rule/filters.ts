import type { Clock } from "../ecs/date-math.ts";
import { type Field, field } from "../ecs/field.ts";
import type { FieldTypes } from "../ecs/mapping.ts";
import { QueryError } from "../ecs/semantics.ts";
import type { Predicate } from "../kql/compile.ts";
import { type Rule, RuleFieldError } from "./rule.ts";

type Filter = Rule["filters"][number];

/** What each filter of query DSL asks for. */
export type FilterQuery =
  | { readonly kind: "exists"; readonly field: string }
  | { readonly kind: "wildcard"; readonly field: string; readonly value: string; readonly ignoreCase: boolean };

/** One of a rule's filters, and what lets an event pass it. */
export interface CompiledFilter {
  /** 0-based, disabled ones counted. */
  readonly index: number;
  readonly passes: Predicate;
}

/**
 * A rule's filters, all of which must let an event pass. Of Elasticsearch's query DSL Elastic's rules use `wildcard` and
 * `exists`; any other shape is refused by name.
 * @throws RuleFieldError
 */
export function compileFilters(filters: readonly Filter[], types: FieldTypes, clock: Clock): Predicate {
  const parts = eachFilter(filters, types, clock).map(({ passes }) => passes);
  return (event) => parts.every((passes) => passes(event));
}

/** The filters one by one, without those that are disabled. @throws RuleFieldError */
export function eachFilter(filters: readonly Filter[], types: FieldTypes, clock: Clock): CompiledFilter[] {
  return filters.flatMap((filter, index): CompiledFilter[] => {
    if (filter.meta?.disabled === true) return [];
    try {
      const matches = compileQuery(readFilter(filter), types, clock);
      return [{ index, passes: filter.meta?.negate === true ? (event) => !matches(event) : matches }];
    } catch (error) {
      if (error instanceof QueryError)
        throw new RuleFieldError("filters", `filter ${index + 1}: ${error.message}`, error);
      throw error;
    }
  });
}

/** @throws QueryError with code UNSUPPORTED that names the shape */
export function readFilter({ meta: _, $state: __, ...filter }: Filter): FilterQuery {
  const dsl = isTable(filter["query"]) ? filter["query"] : filter; // the old form has the DSL beside meta
  const [[kind, body] = ["", undefined], ...others] = Object.entries(dsl);
  if (others.length > 0 || !isTable(body)) throw unsupported(Object.keys(dsl).join(", ") || "nothing");
  if (kind === "exists" && typeof body["field"] === "string") return { kind, field: body["field"] };
  if (kind !== "wildcard") throw unsupported(kind);
  const [[name, options] = ["", undefined], ...more] = Object.entries(body);
  if (more.length > 0) throw unsupported("wildcard over several fields");
  if (typeof options === "string") return { kind, field: name, value: options, ignoreCase: false };
  if (!isTable(options)) throw unsupported("wildcard without a value");
  const { value, wildcard, case_insensitive: ignoreCase = false, boost: ___, ...rest } = options;
  const pattern = value ?? wildcard;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw unsupported(`wildcard with ${unknown}`);
  if (typeof pattern !== "string" || typeof ignoreCase !== "boolean") throw unsupported("wildcard without a value");
  return { kind, field: name, value: pattern, ignoreCase };
}

function unsupported(shape: string): QueryError {
  return new QueryError(`query DSL "${shape}" is not supported; wildcard and exists are`, "UNSUPPORTED");
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function compileQuery(query: FilterQuery, types: FieldTypes, clock: Clock): Predicate {
  const found: Field = field(query.field, { types, clock });
  if (query.kind === "exists") return found.exists;
  const { mapping, semantics, some } = found;
  const test = semantics.glob?.(query.value, query.ignoreCase);
  if (test === undefined) {
    throw new QueryError(`a wildcard needs a keyword or text field, and ${query.field} is ${mapping.type}`);
  }
  return (event) => some(event, test);
}
