import { readFileSync } from "node:fs";
import { type Detector, type DetectorOptions, detector } from "../../src/rule/detector.ts";
import { loadRule } from "../../src/rule/load.ts";
import type { Rule } from "../../src/rule/rule.ts";

export const SHIPPED_RULE = "rules/credential_access_suspicious_instance_metadata_service_api_request.toml";

export function shippedDetector(options: DetectorOptions = {}): Detector {
  return loadRule(SHIPPED_RULE, readFileSync(SHIPPED_RULE, "utf8"), options);
}

const DAY_MS = 86_400_000;

/** A rule over host.id and process.executable that every event matches, but for what is given. */
export function someRule(facts: Partial<Rule> = {}): Rule {
  return {
    rule_id: "some-rule",
    name: "Some rule",
    description: "A rule for tests",
    type: "new_terms",
    language: "kuery",
    query: "*:*",
    severity: "medium",
    risk_score: 47,
    new_terms: {
      field: "new_terms_fields",
      value: ["host.id", "process.executable"],
      history_window_start: [{ field: "history_window_start", value: "now-7d" }],
    },
    metadata: {},
    author: [],
    filters: [],
    severity_mapping: [],
    risk_score_mapping: [],
    from: "now-9m",
    interval: "5m",
    tags: [],
    references: [],
    false_positives: [],
    threat: [],
    path: "some-rule.toml",
    version: "2026/01/01",
    windowMs: 7 * DAY_MS,
    ...facts,
  };
}

export function someDetector(facts: Partial<Rule> = {}, options: DetectorOptions = {}): Detector {
  return detector(someRule(facts), options);
}
