import type { FieldTypes, Mapping } from "../../ecs/mapping.ts";
import { wildcardPattern } from "../../ecs/pattern.ts";
import { isLoneStar, literalText } from "../../kql/ast.ts";
import type { Clause } from "../../kql/walk.ts";
import { readFilter } from "../filters.ts";
import type { Rule } from "../rule.ts";
import { nearest } from "../spelling.ts";
import { madeByPipeline } from "./pipeline.ts";
import type { Warning } from "./warning.ts";

/** A field that a rule reads. */
export interface ReadField {
  readonly name: string;
  readonly mapping: Mapping;
  /** Why events straight from an agent do not have it, where they do not. */
  readonly absentAtEdge: string | undefined;
}

/** A pattern of names that a rule reads: it stands for these mapped fields, and for any other name that fits. */
export interface ReadPattern {
  readonly name: string;
  readonly mapped: readonly string[];
}

export function fieldsRead(rule: Rule, clauses: readonly Clause[], types: FieldTypes): ReadField[] {
  const names = new Set([
    ...clauses.filter(({ field }) => field.kind !== "wildcard").map(({ name }) => name),
    ...rule.filters.filter(({ meta }) => meta?.disabled !== true).map((filter) => readFilter(filter).field),
    ...rule.new_terms.value,
  ]);
  return [...names].sort().map((name) => ({ name, mapping: types(name), absentAtEdge: madeByPipeline(name) }));
}

export function patternsRead(clauses: readonly Clause[], types: FieldTypes): ReadPattern[] {
  const found = new Map<string, ReadPattern>();
  for (const { name, field } of clauses) {
    if (field.kind !== "wildcard" || found.has(name) || isLoneStar(field)) continue;
    const [first = "", ...rest] = field.segments;
    const path = name.slice(0, name.length - literalText(field).length);
    const mapped = Array.from(types.names()).filter(wildcardPattern([path + first, ...rest]));
    found.set(name, { name, mapped: mapped.sort() });
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Misspelt names looked up at most: each is held against all names of ECS. */
const MAX_LOOKED_UP = 50;

/** Fields and patterns of fields that no mapping has, with the names that may have been meant. */
export function fieldWarnings(
  rule: Rule,
  clauses: readonly Clause[],
  types: FieldTypes,
  fields: readonly ReadField[],
  patterns: readonly ReadPattern[],
): Warning[] {
  const warnings: Warning[] = [];
  let known: Set<string> | undefined;
  const firsts = new Map(clauses.toReversed().map((clause) => [clause.name, clause]));
  for (const { name, mapping } of fields) {
    const isDynamic = mapping.dynamic === true;
    if (!isDynamic && mapping.type !== "unmapped") continue;
    known ??= new Set(types.names());
    // Integrations have fields that no mapping of theirs names: those are spelt right.
    const isKnown = known.has(name);
    const meant = isKnown || warnings.length >= MAX_LOOKED_UP ? undefined : nearest(name, known);
    const advice = meant === undefined ? "" : `; did you mean ${meant}?`;
    warnings.push({
      code: isDynamic ? "unknown-field" : "unmapped-field",
      ...placeOfField(name, rule, firsts),
      message: isDynamic
        ? `${name} is in no mapping known here: taken as a keyword, as dynamic mapping would${advice}`
        : `${name} is in no mapping of the rule's indices: a clause on it never holds${advice}`,
    });
  }
  for (const { name, mapped } of patterns) {
    if (mapped.length > 0) continue;
    const message = `${name} stands for no field of a mapping known here: for any name of an event that fits, taken as dynamic mapping would`;
    warnings.push({ code: "unknown-pattern", ...placeOfField(name, rule, firsts), message });
  }
  return warnings;
}

function placeOfField(name: string, rule: Rule, firsts: ReadonlyMap<string, Clause>): Pick<Warning, "at"> {
  const clause = firsts.get(name);
  if (clause !== undefined) return { at: clause.field.offset };
  const term = rule.new_terms.value.indexOf(name);
  return { at: term >= 0 ? ["rule", "new_terms", "value", term] : ["rule", "filters"] };
}
