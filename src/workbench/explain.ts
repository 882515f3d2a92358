import { type FieldOptions, field } from "../ecs/field.ts";
import type { EcsEvent } from "../ecs/json.ts";
import { fieldPath } from "../ecs/path.ts";
import type { Term } from "../ecs/semantics.ts";
import { actualOf, explainer } from "../kql/explain.ts";
import type { Actual, Explained } from "../kql/explained.ts";
import { nearestFlips } from "../kql/nearest.ts";
import { parse } from "../kql/parse.ts";
import { type Place, placesIn } from "../kql/syntax-error.ts";
import type { Detector } from "../rule/detector.ts";
import { stampAt } from "../rule/event-time.ts";
import type { ExceptionItem } from "../rule/exceptions/item.ts";
import { eachFilter, type FilterQuery, readFilter } from "../rule/filters.ts";
import type { Rule } from "../rule/rule.ts";
import { dataStreamOf, type Scope } from "../rule/scope.ts";
import type { SuppressionGroup } from "../rule/suppression.ts";

/** How one rule took one event, and why. */
export interface Explanation {
  readonly detector: Detector;
  /**
   * `excepted`: query and filters hold, and an exception hides the event: it is no finding, and no history.
   * `without_terms`: query and filters hold, and a new_terms field has no value, so nothing can be new.
   */
  readonly verdict: "matched" | "unmatched" | "out_of_scope" | "without_terms" | "excepted";
  readonly scope: { readonly dataStream: string | undefined; readonly verdict: Scope };
  readonly query: Explained;
  readonly filters: readonly ExplainedFilter[];
  readonly exceptions: readonly ExplainedException[];
  readonly terms: ExplainedTerms;
  /** What its finding is counted together by, where the rule suppresses it. */
  readonly suppression: SuppressionGroup | undefined;
  readonly nearest: readonly Change[];
  /** Where in the rule's file a clause stands; undefined where the query is not written there as it reads. */
  readonly placeOf: (offset: number) => Place | undefined;
}

export interface ExplainedFilter {
  /** 1-based, as in the rule. */
  readonly number: number;
  readonly query: FilterQuery;
  readonly negated: boolean;
  readonly passes: boolean;
  readonly actual: Actual;
}

export interface ExplainedException {
  readonly item: ExceptionItem;
  readonly isExpired: boolean;
  /** True where it hides the event. */
  readonly holds: boolean;
  readonly clauses: readonly ExplainedClause[];
}

interface ExplainedClause {
  readonly text: string;
  readonly verdict: boolean;
  /** What the event has in each field that it reads. */
  readonly actual: readonly { readonly field: string; readonly actual: Actual }[];
}

interface ExplainedTerms {
  readonly fields: readonly string[];
  /** The first combinations. */
  readonly combinations: readonly (readonly Term[])[];
  readonly total: number;
  readonly missing: readonly string[];
}

/** Something that would have to be otherwise for the event to match. */
export type Change =
  | { readonly kind: "scope" }
  | { readonly kind: "clause"; readonly clause: Explained }
  | { readonly kind: "filter"; readonly filter: ExplainedFilter }
  | { readonly kind: "exception"; readonly exception: ExplainedException }
  | { readonly kind: "term"; readonly field: string };

const MAX_COMBINATIONS = 5;

/**
 * Makes a rule ready to say what it makes of an event, with nothing left out.
 * @param file the text of the rule's file
 * @returns takes the event and its arrival, epoch ms, as from stampOf
 */
export function ruleExplainer(detector: Detector, file: string): (event: EcsEvent, arrival: number) => Explanation {
  const { rule, queryTypes: types } = detector;
  // One event at a time is explained, so what `now` means can stand here.
  let now = 0;
  const options = { types, clock: () => now };
  const explainQuery = explainer(parse(rule.query), rule.query, options);
  const explainFilters = filtersOf(rule, options);
  const start = file.indexOf(rule.query);
  const places = placesIn(file);
  const placeOf = (offset: number) => (start < 0 ? undefined : places(start + offset));

  return (event, arrival) => {
    now = detector.timeOf(event, arrival);
    const dataStream = dataStreamOf(event);
    const scope = { dataStream, verdict: detector.inScope(dataStream) };
    const query = explainQuery(event);
    const filters = explainFilters(event);
    const exceptions = exceptionsOf(detector, event, now);
    const { list, total } = detector.combinations(event);
    const missing = detector.missingTerms(event);
    return {
      detector,
      verdict: verdictOf(scope.verdict, detector.matches(event, now), exceptions, total),
      scope,
      query,
      filters,
      exceptions,
      terms: { fields: rule.new_terms.value, combinations: list.slice(0, MAX_COMBINATIONS), total, missing },
      suppression: detector.suppressionOf?.(event),
      nearest: [
        ...(scope.verdict === "out" ? [{ kind: "scope" } as const] : []),
        ...nearestFlips(query).map((clause) => ({ kind: "clause", clause }) as const),
        ...filters.filter(({ passes }) => !passes).map((filter) => ({ kind: "filter", filter }) as const),
        ...exceptions.filter(({ holds }) => holds).map((exception) => ({ kind: "exception", exception }) as const),
        ...missing.map((field) => ({ kind: "term", field }) as const),
      ],
      placeOf,
    };
  };
}

function verdictOf(
  scope: Scope,
  matches: boolean,
  exceptions: readonly ExplainedException[],
  combinations: number,
): Explanation["verdict"] {
  if (scope === "out") return "out_of_scope";
  if (!matches) return "unmatched";
  if (exceptions.some(({ holds }) => holds)) return "excepted";
  return combinations === 0 ? "without_terms" : "matched";
}

function filtersOf({ filters }: Rule, options: FieldOptions): (event: EcsEvent) => ExplainedFilter[] {
  const each = eachFilter(filters, options.types, options.clock).map(({ index, passes }) => {
    const filter = filters[index] ?? {};
    const query = readFilter(filter);
    const actual = actualOf([field(query.field, options)]);
    return { number: index + 1, query, negated: filter.meta?.negate === true, passes, actual };
  });
  return (event) => each.map((told) => ({ ...told, passes: told.passes(event), actual: told.actual(event) }));
}

function exceptionsOf(detector: Detector, event: EcsEvent, at: number): ExplainedException[] {
  // Asked first, so that what `now` means in a date is set.
  detector.exceptedBy(event, at);
  return detector.exceptions.map(({ item, clauses, isExpired, holds }) => ({
    item,
    isExpired: isExpired(at),
    holds: holds(event, at),
    clauses: clauses.map((clause) => ({
      text: clause.text,
      verdict: clause.holds(event),
      actual: clause.fields.map((each) => ({ field: each.name, actual: actualOf([each])(event) })),
    })),
  }));
}

/** Exceptions that hold first, then those that come nearest. */
export function mostTelling(exceptions: readonly ExplainedException[]): ExplainedException[] {
  const inTheWay = ({ clauses, isExpired }: ExplainedException) =>
    clauses.filter(({ verdict }) => !verdict).length + (isExpired ? 1 : 0);
  return exceptions.toSorted((a, b) => inTheWay(a) - inTheWay(b));
}

/** When an event counts, and by whose word. */
export interface Stamp {
  readonly at: number;
  /** A field's name, or undefined where no field says. */
  readonly field: string | undefined;
}

const STAMPS = ["event.ingested", "@timestamp"].map((name) => ({ name, path: fieldPath(name) }));

/**
 * Where a file says nothing of arrival, the stamp of an ingest pipeline stands for it, or else the event's own.
 * @param now epoch ms, for an event that has neither
 * @param arrival epoch ms, where a delivery says it
 */
export function stampOf(event: EcsEvent, now: number, arrival?: number): Stamp {
  if (arrival !== undefined) return { at: arrival, field: "arrival" };
  for (const { name, path } of STAMPS) {
    const at = stampAt(path, event);
    if (at !== undefined) return { at, field: name };
  }
  return { at: now, field: undefined };
}
