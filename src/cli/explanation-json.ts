import { cutToLength } from "../finding/cut.ts";
import type { Actual, Explained } from "../kql/explained.ts";
import type { RawShape } from "../normalize/raw-shape.ts";
import {
  type Change,
  type ExplainedException,
  type ExplainedFilter,
  type Explanation,
  mostTelling,
  type Stamp,
} from "../workbench/explain.ts";
import type { PassedOver } from "../workbench/passed-over.ts";

const MAX_LENGTH = 1000;
const MAX_CHANGES = 20;
const MAX_EXCEPTIONS = 50;

/** What is said of the event, whatever the rule. */
export function headJson({ at, field }: Stamp, prefilter: PassedOver, shape: RawShape | undefined) {
  return {
    time: { at: new Date(at).toISOString(), of: field ?? null },
    prefilter,
    ...(shape === undefined ? {} : { raw_shape: shape }),
  };
}

/** How one rule took the event. Keys are part of the command's interface: they stay. */
export function explanationJson(explanation: Explanation) {
  const { detector, verdict, scope, query, filters, exceptions, terms, suppression, nearest } = explanation;
  const { rule } = detector;
  return {
    matched: verdict === "matched",
    verdict,
    rule: { id: rule.rule_id, name: rule.name, path: rule.path },
    scope: { verdict: scope.verdict, data_stream: textOrNull(scope.dataStream), index: rule.index ?? null },
    query: nodeJson(query, explanation),
    filters: filters.map(filterJson),
    exceptions: {
      count: exceptions.length,
      held: exceptions.filter(({ holds }) => holds).length,
      items: mostTelling(exceptions).slice(0, MAX_EXCEPTIONS).map(exceptionJson),
    },
    terms: {
      fields: terms.fields,
      combinations: terms.combinations.map((combination) => combination.map(({ text }) => short(text))),
      total: terms.total,
      missing: terms.missing,
    },
    ...(suppression === undefined
      ? {}
      : { suppression: { duration_ms: suppression.durationMs, terms: suppression.terms } }),
    nearest: {
      count: nearest.length,
      changes: nearest.slice(0, MAX_CHANGES).map((change) => changeJson(change, explanation)),
    },
  };
}

function nodeJson(node: Explained, explanation: Explanation): object {
  return {
    ...clauseJson(node, explanation),
    ...(node.objects === undefined ? {} : { objects: node.objects }),
    ...(node.nodes.length === 0 ? {} : { nodes: node.nodes.map((child) => nodeJson(child, explanation)) }),
  };
}

function clauseJson(node: Explained, { placeOf }: Explanation) {
  const place = placeOf(node.offset);
  return {
    kind: node.kind,
    offset: node.offset,
    line: place?.line ?? null,
    column: place?.column ?? null,
    text: node.text,
    expected: node.expected,
    verdict: node.verdict,
    ...(node.field === undefined ? {} : { field: node.field }),
    ...(node.actual === undefined ? {} : { actual: actualJson(node.actual) }),
  };
}

function actualJson({ values, total, notIndexed }: Actual) {
  return {
    absent: total === 0,
    values: values.map((value) => (typeof value === "string" ? short(value) : value)),
    total,
    not_indexed: notIndexed,
  };
}

function filterJson({ number, query, negated, passes, actual }: ExplainedFilter) {
  return { number, ...query, negated, passes, actual: actualJson(actual) };
}

function exceptionJson({ item, isExpired, holds, clauses }: ExplainedException) {
  const { name, itemId = null, path, placeOf, expireTime } = item;
  return {
    ...{ name: short(name), item_id: itemId, path, ...placeOf([]) },
    expires: expireTime === undefined ? null : new Date(expireTime).toISOString(),
    ...{ expired: isExpired, holds },
    clauses: clauses.map(({ text, verdict, actual }) => ({
      text: short(text),
      verdict,
      fields: actual.map(({ field, actual: found }) => ({ field, actual: actualJson(found) })),
    })),
  };
}

function changeJson(change: Change, explanation: Explanation): object {
  switch (change.kind) {
    case "scope":
      return { kind: change.kind };
    case "clause": {
      const { clause } = change;
      // Of a list each value tells the same of the field.
      const { field, actual } = clause.isList ? (clause.nodes[0] ?? clause) : clause;
      const told = {
        ...clause,
        ...(field === undefined ? {} : { field }),
        ...(actual === undefined ? {} : { actual }),
      };
      return { ...clauseJson(told, explanation), kind: change.kind };
    }
    case "filter":
      return { kind: change.kind, number: change.filter.number };
    case "exception": {
      const { name, itemId = null } = change.exception.item;
      return { kind: change.kind, name: short(name), item_id: itemId };
    }
    case "term":
      return { kind: change.kind, field: change.field };
  }
}

function textOrNull(text: string | undefined): string | null {
  return text === undefined ? null : short(text);
}

function short(text: string): string {
  return cutToLength(text, MAX_LENGTH);
}
