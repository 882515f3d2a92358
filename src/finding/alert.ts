import type { EcsEvent, JsonValue } from "../ecs/json.ts";
import { type Leaf, leafText } from "../ecs/leaf.ts";
import { fieldPath } from "../ecs/path.ts";
import { type AlertFields, alertFields } from "../rule/overrides.ts";
import type { Rule } from "../rule/rule.ts";
import { inert } from "./inert.ts";

/** Most values of a field that a rule's mappings look at: an event may hold hundreds of thousands. */
const MAX_VALUES = 10_000;
/** Most UTF-16 units of a name that the event gives. */
const NAME_LENGTH = 256;
/** Any date that a format of Elasticsearch's writes is shorter. */
const TIME_LENGTH = 64;

const TIMESTAMP = fieldPath("@timestamp");

/** What of an alert the event may decide by its rule's mappings, bounded; a name that it gives is inert. */
export function alertOf(rule: Rule, event: EcsEvent): AlertFields {
  const { rule_name_override, risk_score_mapping, severity_mapping } = rule;
  const mapped = [...risk_score_mapping, ...severity_mapping].map(({ field }) => field);
  const fields = rule_name_override === undefined ? mapped : [...mapped, rule_name_override];
  const seen = Object.fromEntries(fields.map((field): [string, JsonValue] => [field, firstValues(field, event)]));
  const alert = alertFields(rule, seen);
  return alert.name === rule.name ? alert : { ...alert, name: inert(alert.name, NAME_LENGTH) };
}

function firstValues(field: string, event: EcsEvent): Leaf[] {
  const found: Leaf[] = [];
  fieldPath(field).some(event, (leaf) => found.push(leaf) >= MAX_VALUES);
  return found;
}

/** The event's own `@timestamp`: its first string or number, if that is of a date's length. */
export function originalTime(event: EcsEvent): Exclude<Leaf, boolean> | undefined {
  let found: Exclude<Leaf, boolean> | undefined;
  TIMESTAMP.some(event, (leaf) => {
    if (typeof leaf === "boolean") return false;
    found = leaf;
    return true;
  });
  if (found === undefined || leafText(found).length > TIME_LENGTH) return undefined;
  return typeof found === "object" && !Number.isFinite(Number(found.rawJSON)) ? undefined : found;
}
