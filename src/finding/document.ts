import { createHash } from "node:crypto";
import type { EcsEvent, JsonObject, JsonValue } from "../ecs/json.ts";
import { isObject } from "../ecs/json.ts";
import type { Term } from "../ecs/semantics.ts";
import { isCanary } from "../rule/canary.ts";
import type { AlertFields } from "../rule/overrides.ts";
import type { Rule } from "../rule/rule.ts";
import { dataStreamOf } from "../rule/scope.ts";
import type { SuppressionGroup } from "../rule/suppression.ts";
import { alertOf, originalTime } from "./alert.ts";
import { cutToBytes, cutToLength } from "./cut.ts";
import { reasonFor } from "./reason.ts";
import { type ValueFacts, type WhyFacts, whyNew } from "./why.ts";

/** `finding`: a new combination. `overflow`: an event with more combinations than are looked at. */
export type FindingType = "finding" | "overflow";

/** What is the same for all findings that one rule makes of one event. */
export interface EventFacts {
  readonly rule: Rule;
  readonly event: EcsEvent;
  readonly triggerId: string;
  /** Epoch ms. */
  readonly arrival: number;
}

/** What is one finding's own. */
export interface CombinationFacts {
  readonly type: FindingType;
  readonly terms: readonly Term[];
  readonly findingId: string;
  /** When the combination was seen, epoch ms. */
  readonly firstSeen: number;
  /** When it was last seen before, where an item outside the window still told. */
  readonly previousSeen: number | undefined;
  /** When the finding is made; it is stored with the claim and never made again. */
  readonly now: number;
  /** For an overflow: how many combinations the event has, and how many of them were looked at. */
  readonly overflow?: { readonly combinations: number; readonly evaluated: number };
  /** The group of findings that it opens a window of suppression of, if it is published. */
  readonly suppressedBy?: SuppressionGroup["terms"];
  /** Made again of a record older than history reaches: a finding of this id may have been published before. */
  readonly repeat?: true;
  /** Since when the rule's history is kept, epoch ms, where that is known. */
  readonly historySince?: number;
  /** How common each of the terms is, where that is known: of rules with several fields. */
  readonly values?: readonly ValueFacts[];
}

export type FindingFacts = EventFacts & CombinationFacts;

/** A finding: the event, and Kibana's alert fields as flat keys beside it. */
export type Finding = JsonObject;

/** Longest term that is shown whole, in UTF-16 units. */
export const TERM_LENGTH = 2048;
const TRIGGER_LENGTH = 256;
/** Most bytes that a field's name takes beside a long term. */
const FIELD_BYTES = 512;
/** Most bytes of a field's name beside what is counted of its value: names of ECS's are shorter. */
const COUNTED_FIELD_BYTES = 64;
/** No data stream of Elasticsearch's has a longer name. */
const INDEX_LENGTH = 255;

const ENGINE = "firstsight";

/** What was left out of a finding to make it fit, or of one that could not be made otherwise. */
export const TRUNCATED = "new_terms_stream.truncated";

export const SUPPRESSION_TERMS = "kibana.alert.suppression.terms";

/** The times an ISO 8601 text of four digits a year can tell. */
const FIRST_TIME = Date.parse("0000-01-01T00:00:00Z");
const LAST_TIME = Date.parse("9999-12-31T23:59:59.999Z");

/** What all findings of one event and rule share, with empty places for what is one finding's own. */
export function sharedPart(facts: EventFacts): Finding {
  const { rule, event } = facts;
  const alert = alertOf(rule, event);
  return {
    ...eventPart(event),
    ...alertPart(facts, alert),
    ...originalEvent(event),
    ...rulePart(rule, alert),
  };
}

/**
 * What one finding puts over and behind the shared part.
 * @param reason the shared part's
 * @param termLength UTF-16 units at which terms are cut, at most TERM_LENGTH
 * @param names what people call the terms, from namesIn
 */
export function ownPart(
  facts: CombinationFacts & Pick<EventFacts, "rule" | "arrival">,
  reason: string,
  termLength: number,
  names: readonly (string | undefined)[] = [],
): JsonObject {
  const { type, rule, terms, findingId, firstSeen, previousSeen, arrival, now, overflow, repeat, suppressedBy } = facts;
  const long = terms.flatMap(({ text }, index) =>
    text.length > termLength
      ? [
          {
            field: cutToBytes(rule.new_terms.value[index] ?? "", FIELD_BYTES),
            length: text.length,
            sha256: sha256(text),
          },
        ]
      : [],
  );
  return {
    "@timestamp": isoTime(now),
    "kibana.alert.uuid": findingId,
    "kibana.alert.reason": type === "overflow" ? `More combinations than are looked at: ${reason}` : reason,
    "kibana.alert.new_terms": terms.map(({ value }) => shown(value, termLength)),
    "new_terms_stream.engine": ENGINE,
    "new_terms_stream.type": isCanary(rule) ? "canary" : type,
    "new_terms_stream.first_seen": isoTime(firstSeen),
    ...(previousSeen === undefined ? {} : { "new_terms_stream.previous_seen": isoTime(previousSeen) }),
    "new_terms_stream.window_ms": rule.windowMs,
    "new_terms_stream.arrival": isoTime(arrival),
    ...(long.length === 0 ? {} : { "new_terms_stream.long_terms": long }),
    ...(overflow === undefined ? {} : { "new_terms_stream.overflow": { ...overflow } }),
    ...(repeat === undefined ? {} : { "new_terms_stream.repeat": repeat }),
    ...(suppressedBy === undefined
      ? {}
      : suppressionFields(suppressedBy, { start: firstSeen, end: firstSeen, count: 0 })),
    ...(type === "finding" ? whyFields(whyFactsOf(facts, names)) : {}),
  };
}

function whyFactsOf(facts: Parameters<typeof ownPart>[0], names: WhyFacts["names"]): WhyFacts {
  const { rule, terms, firstSeen, previousSeen, historySince, values } = facts;
  const { windowMs, new_terms } = rule;
  return { fields: new_terms.value, terms, names, windowMs, firstSeen, previousSeen, historySince, values };
}

/** What Kibana says of suppression on an alert. Times are epoch ms, the count does not include the finding itself. */
export function suppressionFields(
  terms: JsonValue,
  { start, end, count }: { readonly start: number; readonly end: number; readonly count: number },
): JsonObject {
  return {
    [SUPPRESSION_TERMS]: terms,
    "kibana.alert.suppression.start": isoTime(start),
    "kibana.alert.suppression.end": isoTime(end),
    "kibana.alert.suppression.docs_count": count,
  };
}

/** Why a combination is new, as far as the history tells more than that it is; nothing where it does not. */
export function whyFields(facts: WhyFacts): JsonObject {
  const { fields, firstSeen, historySince, values } = facts;
  if (historySince === undefined && values === undefined) return {};
  return {
    "new_terms_stream.why": whyNew(facts),
    ...(historySince === undefined
      ? {}
      : {
          "new_terms_stream.history_since": isoTime(historySince),
          "new_terms_stream.learned_ms": Math.max(0, firstSeen - historySince),
        }),
    ...(values === undefined
      ? {}
      : { "new_terms_stream.values": values.map((value, index) => valuePart(fields[index] ?? "", value)) }),
  };
}

function valuePart(field: string, { combinations, isOver, firstSeen, lastSeen }: ValueFacts): JsonObject {
  return {
    field: cutToBytes(field, COUNTED_FIELD_BYTES),
    combinations,
    ...(isOver ? { over: true } : {}),
    ...(firstSeen === undefined ? {} : { first_seen: isoTime(firstSeen) }),
    ...(lastSeen === undefined ? {} : { last_seen: isoTime(lastSeen) }),
  };
}

/** Total: a time out of range is the nearest in it, and none at all is 1970. */
export function isoTime(ms: number): string {
  return new Date(Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, FIRST_TIME), LAST_TIME)).toISOString();
}

/**
 * The event without what could pass for the engine's own words: `kibana.*` and `new_terms_stream.*` are ours, and
 * `event.kind` becomes `signal`.
 */
function eventPart(event: EcsEvent): JsonObject {
  const own = Object.entries(event).filter(([key]) => !isReserved(key) && key !== "event" && key !== "event.kind");
  const original = event["event"];
  return { ...Object.fromEntries(own), event: { ...(isObject(original) ? original : {}), kind: "signal" } };
}

function isReserved(key: string): boolean {
  return ["kibana", "new_terms_stream"].some((root) => key === root || key.startsWith(`${root}.`));
}

function alertPart({ rule, event, triggerId }: EventFacts, { name, severity, risk_score }: AlertFields): JsonObject {
  const id = cutToLength(triggerId, TRIGGER_LENGTH);
  const index = cutToLength(dataStreamOf(event) ?? "", INDEX_LENGTH);
  const time = originalTime(event);
  return {
    "@timestamp": "",
    "kibana.alert.uuid": "",
    "kibana.alert.status": "active",
    "kibana.alert.workflow_status": "open",
    "kibana.alert.severity": severity,
    "kibana.alert.risk_score": risk_score,
    "kibana.alert.reason": reasonFor(event, severity, name),
    "kibana.alert.depth": 1,
    "kibana.alert.ancestors": [{ id, type: "event", index, depth: 0 }],
    ...(time === undefined ? {} : { "kibana.alert.original_time": time }),
    ...(rule.building_block_type === undefined ? {} : { "kibana.alert.building_block_type": rule.building_block_type }),
    "kibana.alert.new_terms": [],
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

/** The rule as the finding tells it: its id, its name, which the event may decide, and what is always the same. */
function rulePart(rule: Rule, { name }: AlertFields): JsonObject {
  return { ...ruleFields({ rule_id: rule.rule_id, name }), ...constantPart(rule) };
}

const constants = new WeakMap<Rule, JsonObject>();

/** What all findings of a rule version say of it in the same words, behind its id and its name: for a rule, one object. */
export function constantPart(rule: Rule): JsonObject {
  const part = constants.get(rule) ?? constantFields(rule);
  constants.set(rule, part);
  return part;
}

function constantFields(rule: Rule): JsonObject {
  const { description, version, type, severity, risk_score, note, setup, license, timestamp_override } = rule;
  const { investigation_fields } = rule;
  const [start] = rule.new_terms.history_window_start;
  return ruleFields({
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
  });
}

function ruleFields(fields: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  const present = Object.entries(fields).filter((entry): entry is [string, JsonValue & {}] => entry[1] !== undefined);
  return Object.fromEntries(present.map(([key, value]) => [`kibana.alert.rule.${key}`, value]));
}

function shown(value: Term["value"], length: number): JsonValue {
  return typeof value === "string" ? cutToLength(value, length) : value;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
