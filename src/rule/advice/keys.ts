import type { KeyPath } from "../places.ts";
import { nearest } from "../spelling.ts";
import type { Warning } from "./warning.ts";

/** The keys of a table, with those of the tables within; `*` stands for the elements of a list, `any` for anything. */
interface Keys {
  readonly [key: string]: Keys | "any";
}

const TECHNIQUE = { id: "any", name: "any", reference: "any" } as const;

/**
 * What a rule file may hold: the dataclasses of elastic/detection-rules (detection_rules/rule.py), and what a rule has in
 * Kibana's API besides. Most of it is kept and not used.
 */
const FILE: Keys = {
  metadata: keys(
    "creation_date updated_date deprecation_date deprecated_reason bypass_bbr_timing comments extended integration",
    "maturity min_stack_comments min_stack_version os_type_list promotion query_schema_validation related_endpoint_rules",
  ),
  // Templates of the note.
  transform: "any",
  rule: {
    ...keys(
      "actions alert_suppression alias_purpose alias_target_id author building_block_type created_at created_by",
      "data_view_id description enabled exceptions_list execution_summary false_positives filters from id immutable index",
      "interval language license max_signals meta name namespace note outcome output_index query references",
      "related_integrations required_fields response_actions revision risk_score rule_id rule_name_override rule_source",
      "setup severity tags throttle timeline_id timeline_title timestamp_override timestamp_override_fallback_disabled",
      "to type updated_at updated_by version",
    ),
    investigation_fields: keys("field_names"),
    severity_mapping: { "*": keys("field operator value severity") },
    risk_score_mapping: { "*": keys("field operator value risk_score") },
    threat: {
      "*": {
        framework: "any",
        tactic: TECHNIQUE,
        technique: { "*": { ...TECHNIQUE, subtechnique: { "*": TECHNIQUE } } },
      },
    },
    new_terms: { ...keys("field value"), history_window_start: { "*": keys("field value") } },
  },
};

function keys(...lines: readonly string[]): Keys {
  return Object.fromEntries(lines.flatMap((line) => line.split(" ")).map((key) => [key, "any"]));
}

/** Keys reported at most. */
const MAX_REPORTED = 100;

/** Keys that no rule file has, and those whose meaning is lost here. */
export function keyWarnings(table: Readonly<Record<string, unknown>>): Warning[] {
  const warnings: Warning[] = [];
  visit(table, FILE, [], warnings);
  const { rule } = table;
  if (isTable(rule) && rule["data_view_id"] !== undefined && rule["index"] === undefined) {
    warnings.push({
      code: "unused-key",
      at: ["rule", "data_view_id"],
      message: "data_view_id is not read: write index, or the rule looks at every event",
    });
  }
  return warnings;
}

function visit(value: unknown, known: Keys | "any", path: KeyPath, warnings: Warning[]): void {
  if (known === "any") return;
  const inner = known["*"];
  if (inner !== undefined) {
    if (Array.isArray(value))
      for (const [index, item] of value.entries()) visit(item, inner, [...path, index], warnings);
    return;
  }
  if (!isTable(value)) return;
  for (const [key, content] of Object.entries(value)) {
    const at = [...path, key];
    if (Object.hasOwn(known, key)) visit(content, known[key] ?? "any", at, warnings);
    else if (warnings.length < MAX_REPORTED) {
      const meant = nearest(key, Object.keys(known));
      const advice = meant === undefined ? "it is not read" : `did you mean ${meant}?`;
      warnings.push({ code: "unknown-key", at, message: `unknown key ${at.join(".")}: ${advice}` });
    }
  }
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
