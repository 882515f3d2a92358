import type { Mapping } from "../../ecs/mapping.ts";
import type { Advice } from "../../rule/advice/advice.ts";
import type { Check } from "../../rule/advice/check.ts";
import type { ReadField, ReadPattern } from "../../rule/advice/fields.ts";
import { historyText, type RuleHistory } from "./history.ts";

const INDENT = " ".repeat(9);

/**
 * A line for each rule, `ok`, `disabled`, or `refused` with the places and the reasons. Under it stand warnings, and what
 * the rule reads and needs, and what the stage's history has of it, where one was asked.
 */
export function ruleLines(
  { path, status, problems, refusal, advice, ...notes }: Check,
  isQuiet: boolean,
  history: RuleHistory | undefined,
): string[] {
  const warnings = problems.filter(({ severity }) => severity === "warning");
  if (isQuiet && status !== "refused" && warnings.length === 0) return [];
  const head = status === "refused" ? `refused  ${refusal}` : `${status.padEnd(INDENT.length)}${path}`;
  const below = warnings.map(({ line, column, message }) => `warning  ${line}:${column} ${message}`);
  if (advice !== undefined && !isQuiet) below.push(...adviceLines(advice, notes));
  if (history !== undefined && !isQuiet) below.push(`history  ${historyText(history)}`);
  return [head, ...below.map((line) => INDENT + line)];
}

type Notes = Pick<Check, "minStackVersion" | "prefilterGap">;

function adviceLines(
  { fields, patterns, pipelines, limits }: Advice,
  { minStackVersion, prefilterGap }: Notes,
): string[] {
  const lines = [`reads    ${fields.map(({ name, mapping }) => `${name} (${typeName(mapping)})`).join(", ")}`];
  for (const pattern of patterns) lines.push(`pattern  ${meaning(pattern)}`);
  if (minStackVersion !== undefined) lines.push(`note     Elastic ships it from version ${minStackVersion} on`);
  if (prefilterGap !== undefined) {
    lines.push(`note     prefilter off, so every record is parsed: ${prefilterGap}`);
  }
  for (const limit of limits) lines.push(`note     ${limit}`);
  if (pipelines.length > 0) lines.push(`needs    events made by an ingest pipeline: ${pipelines.join(", ")}`);
  for (const [reason, names] of byReason(fields)) lines.push(`absent   ${names.join(", ")}: ${reason}`);
  return lines;
}

const SHOWN_FIELDS = 8;

function meaning({ name, mapped }: ReadPattern): string {
  const shown = mapped.slice(0, SHOWN_FIELDS).join(", ");
  const more = mapped.length > SHOWN_FIELDS ? ` and ${mapped.length - SHOWN_FIELDS} more` : "";
  const known = mapped.length === 0 ? "no mapped field" : `${shown}${more}`;
  return `${name}: ${known}, and whatever other name of an event fits`;
}

/** A field's type as people read it. */
export function typeName({ type, dynamic, flattenedIn, nestedIn, normalizer }: Mapping): string {
  if (dynamic === true) return "keyword, assumed";
  const words = [
    normalizer ?? [],
    type,
    flattenedIn === undefined ? [] : "key",
    nestedIn === undefined ? [] : "in nested",
  ];
  return words.flat().join(" ");
}

function byReason(fields: readonly ReadField[]): Map<string, string[]> {
  const reasons = new Map<string, string[]>();
  for (const { name, absentAtEdge } of fields) {
    if (absentAtEdge !== undefined) reasons.set(absentAtEdge, [...(reasons.get(absentAtEdge) ?? []), name]);
  }
  return reasons;
}
