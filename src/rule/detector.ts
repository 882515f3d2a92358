import { ecsTypes, endpointTypes } from "../ecs/catalogue.ts";
import { type Field, field } from "../ecs/field.ts";
import type { EcsEvent } from "../ecs/json.ts";
import type { Leaf } from "../ecs/leaf.ts";
import { type FieldTypes, type Mapping, withNames } from "../ecs/mapping.ts";
import type { Origins } from "../ecs/origin.ts";
import { QueryError, type Term } from "../ecs/semantics.ts";
import { isLoneStar, type KqlNode, literalText } from "../kql/ast.ts";
import { compile, KqlCompileError } from "../kql/compile.ts";
import { type Necessary, necessaryOf, necessaryRaw } from "../kql/necessary.ts";
import { parse } from "../kql/parse.ts";
import { eventTime, type TimeSource } from "./event-time.ts";
import { compileExceptions, type Exception } from "./exceptions/compile.ts";
import type { ExceptionItem } from "./exceptions/item.ts";
import { compileFilters } from "./filters.ts";
import { type Requirement, requirementsOf } from "./requirement.ts";
import { type Rule, RuleFieldError } from "./rule.ts";
import { indexScope, type Scope } from "./scope.ts";
import { type SuppressionOf, suppressionOf } from "./suppression.ts";

/**
 * What to make of a keyword longer than its field's `ignore_above`, which Elasticsearch does not index.
 * `parity`: invisible, to the query and as a term, as in Kibana. `terms`: invisible to the query, but a term.
 * `keep`: as any other value.
 */
type LongValues = "parity" | "terms" | "keep";

export interface DetectorOptions {
  /** Default `terms`: a long path in a new_terms field is no hiding place. */
  readonly longValues?: LongValues;
  /** Field types; by default what the rule's index patterns say. */
  readonly types?: FieldTypes;
  /** Default `arrival`. */
  readonly timeSource?: TimeSource;
  /** Combinations looked at for one event; more are announced by an overflow finding. Default 1,000. */
  readonly maxCombinations?: number;
}

/** One value for each of the rule's new_terms fields, in their order. */
export type Combination = readonly Term[];

/** A rule, ready to look at events. Pure and synchronous. */
export interface Detector {
  readonly rule: Rule;
  /** What must stand in the text of any event that matches: each of these, the most telling first. */
  readonly necessary: readonly Necessary[];
  /** The same of a raw text, of which fields come from there; undefined where no event of it matches. */
  necessaryRaw(origins: Origins): readonly Necessary[] | undefined;
  /** How the query and the filters take the event's fields. */
  readonly queryTypes: FieldTypes;
  /** What the query requires of keyword fields, for an index of rules. */
  readonly requirements: readonly Requirement[];
  /** @param dataStream the event's data stream, from dataStreamOf */
  inScope(dataStream: string | undefined): Scope;
  /** @param at when the event counts, from timeOf: what `now` in a date means */
  matches(event: EcsEvent, at: number): boolean;
  /** The rule's exceptions, expired ones included. */
  readonly exceptions: readonly Exception[];
  /**
   * The first of the exceptions that hides the event, if one does: it is no candidate then, and no history.
   * @param at when the event counts, from timeOf: an exception that expired before hides nothing any more
   */
  exceptedBy(event: EcsEvent, at: number): Exception | undefined;
  /** Epoch ms at which the event counts. */
  timeOf(event: EcsEvent, arrival: number): number;
  /** The product of the fields' distinct values; none where a field has no value. */
  combinations(event: EcsEvent): Combinations;
  /** The new_terms fields that have no value: the reason where there are no combinations. */
  missingTerms(event: EcsEvent): readonly string[];
  /** What the event's findings are counted together by; none where the rule suppresses nothing. */
  readonly suppressionOf: SuppressionOf | undefined;
}

interface Combinations {
  readonly list: readonly Combination[];
  /** How many the product has; more than the list where it was cut. */
  readonly total: number;
}

interface TermField {
  readonly name: string;
  readonly some: Field["some"];
  readonly canonical: (leaf: Leaf) => Term | undefined;
}

const NONE: Combinations = { list: [], total: 0 };

/**
 * @param items the rule's exceptions
 * @throws KqlSyntaxError or KqlCompileError where the query cannot be run, RuleFieldError where another field cannot,
 * RuleError where an exception cannot
 */
export function detector(rule: Rule, options: DetectorOptions = {}, items: readonly ExceptionItem[] = []): Detector {
  const { longValues = "terms", timeSource = "arrival", maxCombinations = 1000 } = options;
  const types = options.types ?? typesFor(rule.index);
  const queryTypes = longValues === "keep" ? withoutLimit(types) : types;
  const termTypes = longValues === "parity" ? types : withoutLimit(types);

  // One event at a time is looked at, so what `now` means can stand here.
  let now = 0;
  const clock = () => now;
  const query = parse(rule.query);
  refuseFieldless(query);
  const matchesQuery = compile(query, queryTypes, clock);
  const passesFilters = compileFilters(rule.filters, queryTypes, clock);
  const exceptions = compileExceptions(items, queryTypes, clock);
  const fields = rule.new_terms.value.map((name) => termField(name, termTypes));

  return {
    rule,
    necessary: necessaryOf(query, types),
    necessaryRaw: (origins) => necessaryRaw(query, types, origins),
    queryTypes,
    requirements: requirementsOf(query, types),
    inScope: indexScope(rule.index),
    matches(event, at) {
      now = at;
      return matchesQuery(event) && passesFilters(event);
    },
    exceptions,
    exceptedBy(event, at) {
      if (exceptions.length === 0) return undefined;
      now = at;
      return exceptions.find(({ holds }) => holds(event, at));
    },
    timeOf: eventTime(rule, timeSource),
    combinations(event) {
      const values: Term[][] = [];
      for (const field of fields) {
        const terms = distinctTerms(field, event);
        if (terms.length === 0) return NONE;
        values.push(terms);
      }
      return product(values, maxCombinations);
    },
    missingTerms: (event) => fields.filter((each) => distinctTerms(each, event).length === 0).map(({ name }) => name),
    suppressionOf: suppressionOf(rule, types),
  };
}

/** Which fields a bare word is searched in is a setting of each index, and not written in the rule. */
function refuseFieldless(node: KqlNode): void {
  if (node.kind === "and" || node.kind === "or") for (const child of node.nodes) refuseFieldless(child);
  else if (node.kind === "not" || node.kind === "nested") refuseFieldless(node.node);
  else if (node.kind === "is" && node.field === null && !isLoneStar(node.value)) {
    const isEquation = literalText(node.value).includes("=");
    const advice = isEquation ? "write field:value" : "name the field it should be in";
    const reason = `text without a field is not supported; ${advice}`;
    throw new KqlCompileError(reason, "UNSUPPORTED", node.value.offset);
  }
}

/** Elastic Defend's streams have multi-fields that plain ECS does not. */
export function typesFor(index: readonly string[] | undefined): FieldTypes {
  const endpoint = index === undefined || index.some((pattern) => pattern.startsWith("logs-endpoint"));
  return endpoint ? endpointTypes : ecsTypes;
}

function withoutLimit(types: FieldTypes): FieldTypes {
  return withNames((name) => {
    const { ignoreAbove: _, ...mapping }: Mapping = types(name);
    return mapping;
  }, types.names);
}

function termField(name: string, types: FieldTypes): TermField {
  const refuse = (reason: string, cause?: QueryError): never => {
    throw new RuleFieldError("new_terms", `new_terms field ${name}: ${reason}`, cause);
  };
  try {
    const { mapping, semantics, some } = field(name, { types, clock: Date.now });
    const { canonical } = semantics;
    if (mapping.type === "object" || canonical === undefined) {
      return refuse(`a field of type ${mapping.type} has no terms`);
    }
    return { name, some, canonical: (leaf) => canonical(leaf) };
  } catch (error) {
    if (error instanceof QueryError) return refuse(error.message, error);
    throw error;
  }
}

/** Sorted, so that a cut takes the same ones at each redelivery. */
function distinctTerms({ some, canonical }: TermField, event: EcsEvent): Term[] {
  const terms = new Map<string, Term>();
  some(event, (leaf) => {
    const term = canonical(leaf);
    if (term !== undefined) terms.set(term.text, term);
    return false;
  });
  return [...terms.values()].sort((a, b) => (a.text < b.text ? -1 : 1));
}

function product(values: readonly (readonly Term[])[], limit: number): Combinations {
  const total = values.reduce((count, terms) => count * terms.length, 1);
  let list: Combination[] = [[]];
  for (const terms of values) {
    const longer: Combination[] = [];
    for (const combination of list) {
      for (const term of terms) {
        if (longer.length === limit) break;
        longer.push([...combination, term]);
      }
    }
    list = longer;
  }
  return { list, total };
}
