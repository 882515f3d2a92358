import * as z from "zod";

/** What each of Elastic's rule fields must look like. Keys not named here are kept as they are. */

const technique = z.looseObject({ id: z.string(), name: z.string(), reference: z.string() });

const threat = z.looseObject({
  framework: z.string(),
  tactic: technique,
  technique: z.array(technique.extend({ subtechnique: z.array(technique).optional() })).optional(),
});

const newTerms = z.looseObject({
  field: z.literal("new_terms_fields"),
  value: z
    .array(z.string().min(1))
    .min(1)
    .max(3)
    .refine((fields) => new Set(fields).size === fields.length, "a field is named twice"),
  history_window_start: z.tuple([z.looseObject({ field: z.literal("history_window_start"), value: z.string() })]),
});

const ruleTable = z.looseObject({
  rule_id: z.string().min(1),
  name: z.string().min(1),
  description: z.string(),
  type: z.literal("new_terms"),
  language: z.literal("kuery"),
  query: z.string(),
  severity: z.enum(["low", "medium", "high", "critical"]),
  risk_score: z.number().int().min(0).max(100),
  new_terms: newTerms,
  author: z.array(z.string()).default([]),
  license: z.string().optional(),
  index: z.array(z.string().min(1)).min(1).optional(),
  from: z.string().default("now-6m"),
  interval: z.string().default("5m"),
  timestamp_override: z.string().optional(),
  timestamp_override_fallback_disabled: z.boolean().optional(),
  tags: z.array(z.string()).default([]),
  references: z.array(z.string()).default([]),
  false_positives: z.array(z.string()).default([]),
  threat: z.array(threat).default([]),
  note: z.string().optional(),
  setup: z.string().optional(),
  building_block_type: z.literal("default").optional(),
});

/** A rule file: Elastic's `[rule]` table beside its `[metadata]`. */
export const ruleFile = z.looseObject({
  metadata: z.looseObject({
    maturity: z.string().optional(),
    updated_date: z.string().optional(),
  }),
  rule: ruleTable,
});

export type RuleFile = z.infer<typeof ruleFile>;

/**
 * Rule fields that change what a rule finds and that this engine does not evaluate: a rule that uses one is refused,
 * since running it without would be another rule.
 */
export const UNSUPPORTED_FIELDS = [
  "filters",
  "exceptions_list",
  "alert_suppression",
  "severity_mapping",
  "risk_score_mapping",
  "rule_name_override",
] as const;
