import { createHash } from "node:crypto";
import type { EcsEvent, JsonObject, JsonValue } from "../ecs/json.ts";
import { isObject } from "../ecs/json.ts";
import { fieldPath } from "../ecs/path.ts";
import type { Term } from "../ecs/semantics.ts";
import { type AlertFields, alertFields } from "../rule/overrides.ts";
import type { Rule } from "../rule/rule.ts";
import { dataStreamOf } from "../rule/scope.ts";
import { reasonFor } from "./reason.ts";

/** `finding`: a new combination. `overflow`: an event with more combinations than are looked at. */
export type FindingType = "finding" | "overflow";

export interface FindingFacts {
  readonly type: FindingType;
  readonly rule: Rule;
  readonly event: EcsEvent;
  readonly terms: readonly Term[];
  readonly findingId: string;
  readonly triggerId: string;
  /** When the combination was seen, epoch ms. */
  readonly firstSeen: number;
  /** When it was last seen before, where an item outside the window still told. */
  readonly previousSeen: number | undefined;
  readonly arrival: number;
  /** When the finding is made; it is stored with the claim and never made again. */
  readonly now: number;
  /** For an overflow: how many combinations the event has, and how many of them were looked at. */
  readonly overflow?: { readonly combinations: number; readonly evaluated: number };
}

/** A finding: the event, and Kibana's alert fields as flat keys beside it. */
export type Finding = JsonObject;

const SHOWN_LENGTH = 2048;

const TIMESTAMP = fieldPath("@timestamp");
const ENGINE = "firstsight";

/** Builds the finding's document. Nothing in it differs between attempts to publish it. */
export function findingDocument(facts: FindingFacts): Finding {
  const { rule, event } = facts;
  const alert = alertFields(rule, event);
  return {
    ...eventPart(event),
    ...alertPart(facts, alert),
    ...originalEvent(event),
    ...rulePart(rule, alert),
    ...streamPart(facts),
  };
}

/**
 * The event without what could pass for the engine's own words: `kibana.*` and `new_terms_stream.*` are ours, and
 * `event.kind` becomes `signal`.
 */
function eventPart(event: EcsEvent): JsonObject {
  const own = Object.entries(event).filter(([key]) => !isOurs(key) && key !== "event" && key !== "event.kind");
  const original = event["event"];
  return { ...Object.fromEntries(own), event: { ...(isObject(original) ? original : {}), kind: "signal" } };
}

function isOurs(key: string): boolean {
  return ["kibana", "new_terms_stream"].some((root) => key === root || key.startsWith(`${root}.`));
}

function alertPart(
  { type, rule, event, terms, findingId, triggerId, now }: FindingFacts,
  { name, severity, risk_score }: AlertFields,
): JsonObject {
  const reason = reasonFor(event, severity, name);
  const originalTime = TIMESTAMP.values(event)[0];
  return {
    "@timestamp": new Date(now).toISOString(),
    "kibana.alert.uuid": findingId,
    "kibana.alert.status": "active",
    "kibana.alert.workflow_status": "open",
    "kibana.alert.severity": severity,
    "kibana.alert.risk_score": risk_score,
    "kibana.alert.reason": type === "overflow" ? `More combinations than are looked at: ${reason}` : reason,
    "kibana.alert.depth": 1,
    "kibana.alert.ancestors": [{ id: triggerId, type: "event", index: dataStreamOf(event) ?? "", depth: 0 }],
    ...(originalTime === undefined || originalTime === null ? {} : { "kibana.alert.original_time": originalTime }),
    ...(rule.building_block_type === undefined ? {} : { "kibana.alert.building_block_type": rule.building_block_type }),
    "kibana.alert.new_terms": terms.map(({ value }) => shown(value)),
  };
}

/** `event.*` as the sender wrote it, since `event.kind` is overwritten. */
function originalEvent(event: EcsEvent): JsonObject {
  const nested = isObject(event["event"]) ? Object.entries(event["event"]) : [];
  const dotted = Object.entries(event).flatMap(([key, value]): [string, JsonValue][] =>
    key.startsWith("event.") ? [[key.slice("event.".length), value]] : [],
  );
  const kept = [...nested, ...dotted].filter(([key]) => key !== "original");
  return Object.fromEntries(kept.map(([key, value]) => [`kibana.alert.original_event.${key}`, value]));
}

function rulePart(rule: Rule, { name }: AlertFields): JsonObject {
  const { rule_id, description, version, type, severity, risk_score, note, setup, license, timestamp_override } = rule;
  const { investigation_fields } = rule;
  const [start] = rule.new_terms.history_window_start;
  const fields = {
    rule_id,
    name,
    description,
    version,
    type,
    severity,
    risk_score,
    author: rule.author,
    license,
    tags: rule.tags,
    references: rule.references,
    false_positives: rule.false_positives,
    threat: rule.threat as unknown as JsonValue,
    note,
    setup,
    indices: rule.index,
    timestamp_override,
    parameters: {
      query: rule.query,
      new_terms_fields: rule.new_terms.value,
      history_window_start: start.value,
      ...(rule.filters.length === 0 ? {} : { filters: rule.filters as unknown as JsonValue }),
      ...(investigation_fields === undefined
        ? {}
        : { investigation_fields: { field_names: investigation_fields.field_names } }),
    },
  };
  const present = Object.entries(fields).filter((entry): entry is [string, JsonValue & {}] => entry[1] !== undefined);
  return Object.fromEntries(present.map(([key, value]) => [`kibana.alert.rule.${key}`, value]));
}

function streamPart({ type, rule, terms, firstSeen, previousSeen, arrival, overflow }: FindingFacts): JsonObject {
  const long = terms.flatMap(({ text }, index) =>
    text.length > SHOWN_LENGTH
      ? [{ field: rule.new_terms.value[index] ?? "", length: text.length, sha256: sha256(text) }]
      : [],
  );
  return {
    "new_terms_stream.engine": ENGINE,
    "new_terms_stream.type": type,
    "new_terms_stream.first_seen": new Date(firstSeen).toISOString(),
    ...(previousSeen === undefined ? {} : { "new_terms_stream.previous_seen": new Date(previousSeen).toISOString() }),
    "new_terms_stream.window_ms": rule.windowMs,
    "new_terms_stream.arrival": new Date(arrival).toISOString(),
    ...(long.length === 0 ? {} : { "new_terms_stream.long_terms": long }),
    ...(overflow === undefined ? {} : { "new_terms_stream.overflow": { ...overflow } }),
  };
}

function shown(value: Term["value"]): JsonValue {
  return typeof value === "string" && value.length > SHOWN_LENGTH ? value.slice(0, SHOWN_LENGTH).toWellFormed() : value;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
