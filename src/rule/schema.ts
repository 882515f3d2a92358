// The functional form of zod: the same checks for a third of the bytes and of the start-up time of the bundle.
import * as z from "zod/mini";
import en from "zod/v4/locales/en.js";

// jitless: what zod would otherwise build with `new Function`.
z.config({ ...en(), jitless: true });

/** What each of Elastic's rule fields must look like. Keys not named here are kept as they are. */

const text = z.string().check(z.minLength(1));
const texts = z.array(z.string());

const technique = z.looseObject({ id: z.string(), name: z.string(), reference: z.string() });

const threat = z.looseObject({
  framework: z.string(),
  tactic: technique,
  technique: z.optional(z.array(z.extend(technique, { subtechnique: z.optional(z.array(technique)) }))),
});

const newTerms = z.looseObject({
  field: z.literal("new_terms_fields"),
  value: z.array(text).check(
    z.minLength(1),
    z.maxLength(3),
    z.refine((fields) => new Set(fields).size === fields.length, "a field is named twice"),
  ),
  history_window_start: z.tuple([z.looseObject({ field: z.literal("history_window_start"), value: z.string() })]),
});

const severity = z.enum(["low", "medium", "high", "critical"]);

/** A filter of Kibana's: query DSL beside what Kibana notes of it. */
const filter = z.looseObject({
  meta: z.optional(z.looseObject({ negate: z.optional(z.boolean()), disabled: z.optional(z.boolean()) })),
});

/** Nothing in it may be misspelt: the rule would suppress otherwise than its author asked for. */
const alertSuppression = z.strictObject({
  group_by: z.optional(z.array(text).check(z.maxLength(3))),
  group_by_v2: z.optional(z.array(z.looseObject({ field: text })).check(z.maxLength(3))),
  duration: z.optional(
    z.strictObject({ value: z.int().check(z.minimum(1), z.maximum(999_999)), unit: z.enum(["s", "m", "h"]) }),
  ),
  missing_fields_strategy: z._default(z.enum(["suppress", "doNotSuppress"]), "suppress"),
});

/** Which of Kibana's spaces know a list: one, or all. */
export const namespaceType = z.enum(["single", "agnostic"]);

const ruleTable = z.looseObject({
  rule_id: text,
  name: text,
  description: z.string(),
  type: z.literal("new_terms"),
  language: z.literal("kuery"),
  query: z.string(),
  severity,
  risk_score: z.int().check(z.minimum(0), z.maximum(100)),
  new_terms: newTerms,
  author: z._default(texts, []),
  license: z.optional(z.string()),
  index: z.optional(z.array(text).check(z.minLength(1))),
  from: z._default(z.string(), "now-6m"),
  interval: z._default(z.string(), "5m"),
  timestamp_override: z.optional(z.string()),
  timestamp_override_fallback_disabled: z.optional(z.boolean()),
  tags: z._default(texts, []),
  references: z._default(texts, []),
  false_positives: z._default(texts, []),
  threat: z._default(z.array(threat), []),
  note: z.optional(z.string()),
  setup: z.optional(z.string()),
  building_block_type: z.optional(z.literal("default")),
  filters: z._default(z.array(filter), []),
  investigation_fields: z.optional(z.looseObject({ field_names: z.array(text) })),
  severity_mapping: z._default(
    z.array(z.looseObject({ field: text, operator: z.literal("equals"), value: z.string(), severity })),
    [],
  ),
  risk_score_mapping: z._default(z.array(z.looseObject({ field: text, operator: z.literal("equals") })), []),
  rule_name_override: z.optional(text),
  alert_suppression: z.optional(alertSuppression),
  /** Lists of exceptions, found by `list_id` and `namespace_type` alone, as Kibana finds them. */
  exceptions_list: z.optional(
    z.array(z.looseObject({ list_id: text, namespace_type: z._default(namespaceType, "single") })),
  ),
  /** A rule that is not enabled is read and not run. */
  enabled: z.optional(z.boolean()),
});

/** A rule file: Elastic's `[rule]` table beside its `[metadata]`. */
export const ruleFile = z.looseObject({
  metadata: z.looseObject({
    maturity: z.optional(z.string()),
    updated_date: z.optional(z.string()),
    min_stack_version: z.optional(z.string()),
  }),
  rule: ruleTable,
});

export type RuleFile = z.infer<typeof ruleFile>;

/**
 * Keys that decide what a rule finds: one that is written almost like them is refused, since the rule would run without
 * what its author asked for. Any other unknown key is kept, and lint says so.
 */
export const DECIDING_KEYS = ["enabled", "index", "filters", "exceptions_list", "alert_suppression"] as const;
