import { ecsTypesWith, endpointTypes } from "../../ecs/catalogue.ts";
import type { JsonObject } from "../../ecs/json.ts";
import { type FieldTypes, type Mapping, withNames } from "../../ecs/mapping.ts";
import { type Detector, type DetectorOptions, detector } from "../../rule/detector.ts";
import type { Rule } from "../../rule/rule.ts";
import { beforeNow } from "../../rule/window.ts";
import { caseItem } from "./exception-case.ts";

/** A scenario's rule, by what differs from a plain one. */
export interface ScenarioRule {
  readonly fields: readonly string[];
  readonly window: string;
  readonly query?: string;
  /** Queries; or items in Elastic's own form. */
  readonly exceptions?: readonly (string | JsonObject)[];
  /** How stale a stored last seen may get. Default: the engine's own step of the window. */
  readonly refresh?: string;
  readonly time_source?: "arrival" | "event";
  readonly timestamp_override?: string;
  readonly timestamp_override_fallback_disabled?: boolean;
  readonly learn_until?: string;
  readonly ignore_above?: number;
  readonly field_types?: Readonly<Record<string, string>>;
  readonly max_combinations?: number;
  readonly alert_suppression?: Partial<Rule["alert_suppression"]>;
}

/** Every key that is played. */
const KEYS: readonly (keyof ScenarioRule)[] = [
  "fields",
  "window",
  "query",
  "exceptions",
  "refresh",
  "time_source",
  "timestamp_override",
  "timestamp_override_fallback_disabled",
  "learn_until",
  "ignore_above",
  "field_types",
  "max_combinations",
  "alert_suppression",
];

/** What of a rule is not played, if anything: a scenario without it would be another. */
export function notPlayed(facts: ScenarioRule): string | undefined {
  const unknown = Object.keys(facts).find((key) => !KEYS.some((known) => known === key));
  return unknown === undefined ? undefined : `the rule's ${unknown} is not supported`;
}

export function scenarioDetector(facts: ScenarioRule): Detector {
  const exceptions = facts.exceptions ?? [];
  const queries = exceptions.filter((exception) => typeof exception === "string");
  const items = exceptions.filter((exception) => typeof exception !== "string");
  const rule: Rule = {
    rule_id: "scenario",
    name: "scenario",
    description: "",
    type: "new_terms",
    language: "kuery",
    query: `${facts.query ?? "*:*"}${queries.map((query) => ` and not (${query})`).join("")}`,
    severity: "low",
    risk_score: 1,
    new_terms: {
      field: "new_terms_fields",
      value: [...facts.fields],
      history_window_start: [{ field: "history_window_start", value: `now-${facts.window}` }],
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
    timestamp_override: facts.timestamp_override,
    timestamp_override_fallback_disabled: facts.timestamp_override_fallback_disabled,
    ...(facts.alert_suppression === undefined
      ? {}
      : { alert_suppression: { missing_fields_strategy: "suppress", ...facts.alert_suppression } }),
    path: "scenario",
    version: "",
    windowMs: beforeNow(`now-${facts.window}`) ?? 0,
  };
  const options: DetectorOptions = {
    types: scenarioTypes(facts),
    longValues: facts.ignore_above === undefined ? "terms" : "parity",
    timeSource: facts.time_source ?? "arrival",
    ...(facts.max_combinations === undefined ? {} : { maxCombinations: facts.max_combinations }),
  };
  return detector(rule, options, items.map(caseItem));
}

function scenarioTypes({ field_types }: ScenarioRule): FieldTypes {
  const overrides = new Map<string, Mapping>(Object.entries(field_types ?? {}).map(([name, type]) => [name, { type }]));
  const typed = ecsTypesWith(overrides);
  return withNames((name) => (name.endsWith(".caseless") ? endpointTypes(name) : typed(name)), typed.names);
}
