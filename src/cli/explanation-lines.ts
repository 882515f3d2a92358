import { styleText } from "node:util";
import { leafText } from "../ecs/leaf.ts";
import { inertCut } from "../finding/inert.ts";
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
import { rawShapeText } from "../workbench/raw-shapes.ts";
import { type ClauseRow, clauseRows, shortText } from "./clause-rows.ts";

/** UTF-16 units of a clause, and of one value. */
const MAX_CLAUSE = 100;
const MAX_VALUE = 80;
const MAX_ROWS = 100;
/** More than so many changes are no near miss, and say nothing. */
const MAX_NEAREST = 2;
const MAX_EXCEPTIONS = 3;

const VERDICTS = {
  matched: ["green", "MATCHED"],
  unmatched: ["red", "NOT MATCHED"],
  out_of_scope: ["yellow", "OUT OF SCOPE"],
  without_terms: ["yellow", "WITHOUT TERMS"],
  excepted: ["yellow", "EXCEPTED"],
} as const;

/** How one rule took an event, for a terminal. */
export function explanationLines(explanation: Explanation): string[] {
  const { query, filters, detector, exceptions } = explanation;
  const { rows, left } = clauseRows(query, MAX_ROWS);
  const width = Math.max(...rows.map(({ node }) => placeText(node, explanation).length));
  return [
    `${verdictText(explanation)}  ${shown(detector.rule.name)}`,
    label("rule", shown(detector.rule.path)),
    label("scope", scopeText(explanation)),
    label("query", query.verdict ? "holds" : "does not hold"),
    ...rows.map((row) => rowText(row, explanation, width)),
    ...(left === 0 ? [] : [`  … and ${left} more clauses`]),
    ...filters.map((filter) => label(`filter ${filter.number}`, filterText(filter))),
    ...exceptionLines(exceptions),
    label("terms", termsText(explanation)),
    ...suppressionLines(explanation),
    ...nearestLines(explanation),
  ];
}

/** What is said of the event, whatever the rule. */
export function headLines({ at, field }: Stamp, prefilter: PassedOver, shape: RawShape | undefined): string[] {
  return [
    ...(shape === undefined ? [] : [label("shape", rawShapeText(shape))]),
    label("time", `${new Date(at).toISOString()}, ${field === undefined ? "now: the event has none" : `of ${field}`}`),
    label("prefilter", prefilterText(prefilter)),
  ];
}

/** A line for each rule that has the event in scope, those that match first. */
export function summaryLines(explanations: readonly Explanation[]): string[] {
  const inScope = explanations
    .filter(({ verdict }) => verdict !== "out_of_scope")
    .toSorted((a, b) => a.nearest.length - b.nearest.length);
  const width = Math.max(...Object.values(VERDICTS).map(([, text]) => text.length));
  const lines = inScope.map((explanation) => {
    const { detector, nearest, verdict } = explanation;
    const padding = " ".repeat(width - VERDICTS[verdict][1].length);
    const [change] = nearest;
    const why = change === undefined ? "" : nearest.length === 1 ? changeText(change, explanation) : countText(nearest);
    return `${verdictText(explanation)}${padding}  ${shown(detector.rule.name)}${why === "" ? "" : `  ${why}`}`;
  });
  const out = explanations.length - inScope.length;
  const matched = inScope.filter(({ verdict }) => verdict === "matched").length;
  return [
    ...lines,
    `${matched} of ${explanations.length} rules match, ${out} out of scope; --rule RULE says all of one`,
  ];
}

function countText(nearest: readonly Change[]): string {
  return `${nearest.length} changes away`;
}

function verdictText({ verdict }: Explanation): string {
  const [colour, text] = VERDICTS[verdict];
  return styleText(["bold", colour], text);
}

function label(name: string, text: string): string {
  return `${styleText("dim", name.padEnd(9))} ${text}`;
}

function shown(text: string, limit = MAX_CLAUSE): string {
  return inertCut(text, limit);
}

function scopeText({ scope, detector }: Explanation): string {
  const { index } = detector.rule;
  if (index === undefined) return "all events: the rule names no index";
  const patterns = shown(index.join(", "));
  if (scope.dataStream === undefined) return `looked at: the event names no data stream (the rule: ${patterns})`;
  const dataStream = shown(scope.dataStream);
  return scope.verdict === "in" ? `${dataStream} is in ${patterns}` : `${dataStream} is not in ${patterns}`;
}

function placeText({ offset }: Explained, { placeOf }: Explanation): string {
  const place = placeOf(offset);
  return place === undefined ? "" : `${place.line}:${place.column}`;
}

function rowText({ node, depth, text, told }: ClauseRow, explanation: Explanation, width: number): string {
  const isGood = node.verdict === node.expected;
  const mark = isGood ? styleText("green", "✓") : styleText("red", "✗");
  const place = styleText("dim", placeText(node, explanation).padEnd(width));
  return `  ${mark} ${place}  ${"  ".repeat(depth)}${shown(text)}${told === undefined ? "" : arrow(told)}`;
}

/** `<- process.name = "curl"`. An attacker wrote the values. */
function arrow({ field, actual, objects, verdict }: Explained): string {
  if (field === undefined) return "";
  const text =
    actual === undefined
      ? `${objects ?? 0} objects`
      : actual.total > 0
        ? `${shown(field)} = ${valuesText(actual)}`
        : verdict
          ? "fields below it"
          : "absent";
  return styleText("dim", `  <- ${text}`);
}

function valuesText({ values, total, notIndexed }: Actual): string {
  const texts = values.map((value) =>
    shown(typeof value === "string" ? JSON.stringify(value) : leafText(value), MAX_VALUE),
  );
  const more = total > values.length ? `, and ${total - values.length} more` : "";
  const hidden = notIndexed === 0 ? "" : ` (${notIndexed === total ? "" : `${notIndexed} of them `}not indexed)`;
  return `${texts.join(", ")}${more}${hidden}`;
}

function filterText({ query, negated, passes, actual }: ExplainedFilter): string {
  const asked =
    query.kind === "exists" ? `${query.field} exists` : `${query.field} like ${JSON.stringify(query.value)}`;
  const found = actual.total === 0 ? "absent" : valuesText(actual);
  const text = `${negated ? "not " : ""}${asked}`;
  const mark = passes ? styleText("green", "✓") : styleText("red", "✗");
  return `${mark} ${shown(text)}${styleText("dim", `  <- ${found}`)}`;
}

/** Of the exceptions that come nearest each clause; those that hide the event come first. */
function exceptionLines(exceptions: readonly ExplainedException[]): string[] {
  const told = mostTelling(exceptions).slice(0, MAX_EXCEPTIONS);
  const left = exceptions.length - told.length;
  return [
    ...told.flatMap(({ item, isExpired, holds, clauses }) => [
      label("exception", `${exceptionName(item)} ${holds ? "holds: it hides the event" : "does not hold"}`),
      ...(isExpired ? [`  ${styleText("red", "✗")} expired ${new Date(item.expireTime ?? 0).toISOString()}`] : []),
      ...clauses.map(({ text, verdict, actual }) => {
        const mark = verdict ? styleText("green", "✓") : styleText("red", "✗");
        const found = actual.map(
          ({ field, actual: has }) => `${shown(field)} = ${has.total === 0 ? "absent" : valuesText(has)}`,
        );
        return `  ${mark} ${shown(text)}${found.length === 0 ? "" : styleText("dim", `  <- ${found.join(", ")}`)}`;
      }),
    ]),
    ...(left === 0 ? [] : [`  … and ${left} more exceptions, which do not come as near`]),
  ];
}

function exceptionName({ name, path, placeOf }: ExplainedException["item"]): string {
  return `${shown(name)} (${shown(path)}:${placeOf([]).line})`;
}

function termsText({ terms: { fields, combinations, total, missing } }: Explanation): string {
  if (missing.length > 0) return `none: no value in ${missing.map((name) => shown(name)).join(" and ")}`;
  const texts = combinations.map((terms) =>
    terms
      .map(({ text }, index) => `${shown(fields[index] ?? "")} = ${shown(JSON.stringify(text), MAX_VALUE)}`)
      .join("  "),
  );
  return `${texts.join("; ")}${total > texts.length ? `; and ${total - texts.length} more combinations` : ""}`;
}

function suppressionLines({ detector, suppression }: Explanation): string[] {
  if (detector.suppressionOf === undefined) return [];
  if (suppression === undefined) return [label("suppress", "no: a group_by field has no value")];
  const { terms, durationMs } = suppression;
  const groups = terms.map(({ field, value }) => `${shown(field)} = ${shown(JSON.stringify(value), MAX_VALUE)}`);
  return [label("suppress", `after the first with ${groups.join("  ")}, for ${durationMs / 1000} s`)];
}

function nearestLines(explanation: Explanation): string[] {
  const { nearest } = explanation;
  if (nearest.length === 0 || nearest.length > MAX_NEAREST) return [];
  const what = nearest.length === 1 ? "one change and it would match:" : "two changes and it would match:";
  return [label("nearest", what), ...nearest.map((change) => `${" ".repeat(10)}${changeText(change, explanation)}`)];
}

export function changeText(change: Change, explanation: Explanation): string {
  switch (change.kind) {
    case "scope":
      return "a data stream that the rule looks at";
    case "filter":
      return `filter ${change.filter.number}`;
    case "exception":
      return `the exception ${exceptionName(change.exception.item)} must not hold`;
    case "term":
      return `a value in ${shown(change.field)}`;
    case "clause": {
      const { clause } = change;
      const place = placeText(clause, explanation);
      const wish = clause.verdict ? "must not hold" : "must hold";
      const told = clause.isList ? (clause.nodes[0] ?? clause) : clause;
      return `${place === "" ? "" : `${place}  `}${shown(shortText(clause))} ${wish}${arrow(told)}`;
    }
  }
}

function prefilterText(prefilter: PassedOver): string {
  switch (prefilter.reason) {
    case "no_prefilter":
      return prefilter.rules.length === 0
        ? "none: the rules have too many strings to look for"
        : `none: nothing must stand in the text of what ${shown(prefilter.rules[0] ?? "")} matches`;
    case "not_found":
      return `passed over unread: it holds none of ${strings(prefilter.absent)}`;
    case "found":
      return `read: it holds ${strings(prefilter.found)}`;
    case "escape":
      return "read: it holds a \\u, which can spell anything";
    case "shape":
      return "read: it is not one object by itself";
  }
}

function strings(texts: readonly string[]): string {
  return shown(texts.map((text) => JSON.stringify(text)).join(", "), MAX_CLAUSE);
}
