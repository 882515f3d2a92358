import { field } from "../ecs/field.ts";
import type { EcsEvent } from "../ecs/json.ts";
import { leafText } from "../ecs/leaf.ts";
import type { FieldTypes } from "../ecs/mapping.ts";
import { QueryError, type Term } from "../ecs/semantics.ts";
import { type Rule, RuleFieldError } from "./rule.ts";
import { beforeNow } from "./window.ts";

/** What an event's new combinations are counted together by: one value for each `group_by` field. */
export interface SuppressionGroup {
  /** All of a field's values, sorted, as one; `null` where it has none. Bounded, for people. */
  readonly terms: readonly { readonly field: string; readonly value: readonly Term["value"][] | null }[];
  /** The same, whole: equal parts are one group. */
  readonly parts: readonly string[];
  /** How long a window is, ms. */
  readonly durationMs: number;
}

/** The group of an event; none where its findings are not suppressed. */
export type SuppressionOf = (event: EcsEvent) => SuppressionGroup | undefined;

/** Values of a field, and UTF-16 units of each, that a finding shows. */
const SHOWN_VALUES = 20;
const SHOWN_LENGTH = 256;

/**
 * A rule's `alert_suppression`, as Kibana takes it: `group_by` of nothing is none, and `group_by_v2` wins where it has
 * something. Without a duration a window is as long as the rule's interval, since a stream has no runs.
 * @throws RuleFieldError where the interval is no length of time, or a field cannot be asked for
 */
export function suppressionOf(rule: Rule, types: FieldTypes): SuppressionOf | undefined {
  const { alert_suppression: settings, interval } = rule;
  const named = settings?.group_by_v2?.map((each) => each.field) ?? [];
  const names = named.length > 0 ? named : (settings?.group_by ?? []);
  if (settings === undefined || names.length === 0) return undefined;
  const { duration, missing_fields_strategy: strategy } = settings;
  const length = duration === undefined ? interval : `${duration.value}${duration.unit}`;
  const durationMs = beforeNow(`now-${length}`);
  if (durationMs === undefined || durationMs === 0) {
    const key = duration === undefined ? "interval" : "alert_suppression";
    throw new RuleFieldError(key, `"${length}" is no length of time such as 5m, of six digits at most`);
  }
  const fields = names.map((name) => groupField(name, types));

  return (event) => {
    const values = fields.map(({ valuesOf }) => valuesOf(event));
    if (strategy === "doNotSuppress" && values.some(({ length: count }) => count === 0)) return undefined;
    return {
      durationMs,
      terms: names.map((name, index) => ({ field: name, value: shown(values[index] ?? []) })),
      parts: names.flatMap((name, index) => {
        const terms = values[index] ?? [];
        return [name, String(terms.length), ...terms.flatMap(({ tag, text }) => [tag, text])];
      }),
    };
  };
}

function groupField(name: string, types: FieldTypes) {
  try {
    const { semantics, some } = field(name, { types, clock: Date.now });
    // What is no term, a text for one, is told apart by its text.
    const termOf = semantics.canonical?.bind(semantics) ?? asText;
    const valuesOf = (event: EcsEvent): Term[] => {
      const terms: Term[] = [];
      some(event, (leaf) => {
        const term = termOf(leaf);
        if (term !== undefined) terms.push(term);
        return false;
      });
      return terms.sort(inOrder);
    };
    return { valuesOf };
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    throw new RuleFieldError("alert_suppression", `group_by field ${name}: ${error.message}`, error);
  }
}

function asText(leaf: Parameters<typeof leafText>[0]): Term {
  return { tag: "keyword", text: leafText(leaf), value: leaf };
}

function inOrder(a: Term, b: Term): number {
  if (typeof a.value === "number" && typeof b.value === "number") return a.value - b.value;
  return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
}

function shown(terms: readonly Term[]): Term["value"][] | null {
  if (terms.length === 0) return null;
  return terms
    .slice(0, SHOWN_VALUES)
    .map(({ value }) => (typeof value === "string" ? value.slice(0, SHOWN_LENGTH) : value));
}
