import type { EcsEvent } from "../ecs/json.ts";
import { isLeaf, type Leaf, leafText } from "../ecs/leaf.ts";
import { fieldPath } from "../ecs/path.ts";
import type { Rule } from "./rule.ts";

/** What of an alert an event may decide, where its rule says so. */
export interface AlertFields {
  readonly name: string;
  readonly severity: Rule["severity"];
  readonly risk_score: number;
}

const SEVERITIES: readonly Rule["severity"][] = ["low", "medium", "high", "critical"];

/** The rule's name, severity and risk score, or the event's by the rule's mappings, as Kibana applies them. */
export function alertFields(rule: Rule, event: EcsEvent): AlertFields {
  return {
    name: nameOf(rule, event),
    severity: severityOf(rule, event),
    risk_score: riskScoreOf(rule, event),
  };
}

/** The highest severity that some mapping gives. Values compare as text, `event.severity` as a whole number. */
function severityOf({ severity, severity_mapping }: Rule, event: EcsEvent): Rule["severity"] {
  const given = new Set(
    severity_mapping
      .filter(({ field, value }) =>
        leavesOf(event, field).some((leaf) =>
          field === "event.severity"
            ? Math.floor(Number(leafText(leaf))) === Math.floor(Number(value))
            : leafText(leaf) === value,
        ),
      )
      .map((mapping) => mapping.severity),
  );
  return SEVERITIES.findLast((each) => given.has(each)) ?? severity;
}

/** The largest score within 0 and 100 in the first mapping's field. */
function riskScoreOf({ risk_score, risk_score_mapping: [mapping] }: Rule, event: EcsEvent): number {
  if (mapping === undefined) return risk_score;
  let largest: number | undefined;
  for (const leaf of leavesOf(event, mapping.field)) {
    const score = typeof leaf === "boolean" || leaf === "" ? Number.NaN : Number(leafText(leaf));
    if (score >= (largest ?? 0) && score <= 100) largest = score;
  }
  return largest ?? risk_score;
}

function nameOf({ name, rule_name_override }: Rule, event: EcsEvent): string {
  if (rule_name_override === undefined) return name;
  return (
    leavesOf(event, rule_name_override)
      .find((leaf) => typeof leaf === "string" && leaf !== "")
      ?.toString() ?? name
  );
}

function leavesOf(event: EcsEvent, field: string): Leaf[] {
  return fieldPath(field)
    .values(event)
    .filter((value): value is Leaf => value !== null && isLeaf(value));
}
