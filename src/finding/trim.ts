import { ecsTypes } from "../ecs/catalogue.ts";
import { isObject, type JsonObject, type JsonValue } from "../ecs/json.ts";
import { cutToBytes, cutToLength } from "./cut.ts";
import { type Finding, TERM_LENGTH } from "./document.ts";

/** What all findings of an event share, whole or with something left out. */
export interface Trimmed {
  readonly shared: Finding;
  /** What was left out, in order, as `new_terms_stream.truncated` says it. */
  readonly truncated: readonly string[];
  /** UTF-16 units at which the findings' own terms are cut. */
  readonly termLength: number;
  /** Nothing more can be left out: a few KiB, whatever the event and the rule are. */
  readonly isLeast: boolean;
}

/** One way to make a finding smaller, and what to call it. */
interface Step {
  readonly name: string;
  readonly apply: (finding: Finding) => Finding;
  readonly termLength?: number;
}

/** How much of each thing is kept. */
interface Measure {
  readonly strings: number;
  readonly arrays: number;
  readonly keys: number;
}

const LONG: Measure = { strings: 2048, arrays: 100, keys: 200 };
const SHORT: Measure = { strings: 256, arrays: 10, keys: 50 };
/** Keys longer than this are left out, since cut ones could meet. Elasticsearch's names of fields are shorter. */
const KEY_LENGTH = 256;
/** Most bytes that a text of the rule's own takes in the least finding, as JSON. */
const LEAST_BYTES = 512;

/** Enough to know who, where and what: kept until nothing else helps. */
const CORE = new Set([
  "@timestamp",
  "agent",
  "data_stream",
  "destination",
  "event",
  "host",
  "process",
  "source",
  "user",
]);

/**
 * A finding's shared part, whole and then smaller and smaller, the same way each time: first without fields ECS does not
 * know, then without long strings and arrays, then all but the core of the event, then the whole event and the rule's
 * prose. Ids, terms and severity always stay.
 */
export function* trimmings(whole: Finding): Generator<Trimmed> {
  let shared = whole;
  let termLength = TERM_LENGTH;
  const truncated: string[] = [];
  yield { shared, truncated: [], termLength, isLeast: false };
  for (const [index, step] of STEPS.entries()) {
    shared = step.apply(shared);
    termLength = step.termLength ?? termLength;
    truncated.push(step.name);
    yield { shared, truncated: [...truncated], termLength, isLeast: index === STEPS.length - 1 };
  }
}

const STEPS: readonly Step[] = [
  { name: "fields outside ECS", apply: (finding) => keep(finding, (key) => isKnown(key)) },
  {
    name: "original event fields",
    apply: (finding) => keep(finding, (key) => !key.startsWith("kibana.alert.original_event.")),
  },
  { name: nameOf(LONG), apply: (finding) => cutEvent(finding, LONG) },
  {
    name: "fields beside the core of the event",
    apply: (finding) => keep(finding, (key) => isOurs(key) || CORE.has(rootOf(key))),
  },
  { name: nameOf(SHORT), apply: (finding) => cutEvent(finding, SHORT) },
  { name: "the event", apply: (finding) => keep(finding, (key) => isOurs(key) || key === "@timestamp") },
  { name: "the rule's note, setup and query", apply: withoutProse },
  {
    name: `terms over ${SHORT.strings}`,
    apply: (finding) => mapped(finding, (value) => cut(value, SHORT)),
    termLength: SHORT.strings,
  },
  { name: "all but ids, names, terms and times", apply: least },
];

function nameOf({ strings, arrays, keys }: Measure): string {
  return `strings over ${strings}, arrays over ${arrays} and objects over ${keys}`;
}

function keep(finding: Finding, wanted: (key: string) => boolean): Finding {
  return Object.fromEntries(Object.entries(finding).filter(([key]) => wanted(key)));
}

function mapped(finding: Finding, change: (value: JsonValue, key: string) => JsonValue): Finding {
  return Object.fromEntries(Object.entries(finding).map(([key, value]) => [key, change(value, key)]));
}

function rootOf(key: string): string {
  const dot = key.indexOf(".");
  return dot < 0 ? key : key.slice(0, dot);
}

function isOurs(key: string): boolean {
  return key.startsWith("kibana.alert.");
}

function isKnown(key: string): boolean {
  return isOurs(key) || ecsTypes(rootOf(key)).dynamic !== true;
}

/** Cuts the event and leaves the alert fields: there are few of them, and none is without bound but the rule's. */
function cutEvent(finding: Finding, measure: Measure): Finding {
  let left = measure.keys;
  const isKept = (key: string) =>
    isOurs(key) || key === "@timestamp" || key === "event" || (key.length <= KEY_LENGTH && left-- > 0);
  const { event, ...cutOnes } = mapped(keep(finding, isKept), (value, key) =>
    isOurs(key) ? value : cut(value, measure),
  );
  return event === undefined ? cutOnes : { ...cutOnes, event: { ...(event as JsonObject), kind: "signal" } };
}

/** Recursion is bounded by the depth at which an event is refused. */
function cut(value: JsonValue, measure: Measure): JsonValue {
  if (typeof value === "string") return shortened(value, measure.strings);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.slice(0, measure.arrays).map((element: JsonValue) => cut(element, measure));
  if (isObject(value)) {
    const kept = Object.entries(value).filter(([key]) => key.length <= KEY_LENGTH);
    return Object.fromEntries(kept.slice(0, measure.keys).map(([key, inner]) => [key, cut(inner, measure)]));
  }
  // A number of more digits than any that a double holds is what a double makes of it.
  return "rawJSON" in value && typeof value.rawJSON === "string" && value.rawJSON.length > measure.strings
    ? Number(value.rawJSON)
    : value;
}

function shortened(text: string, length: number): string {
  return text.length > length ? `${cutToLength(text, length)}…` : text;
}

function withoutProse(finding: Finding): Finding {
  const { query: _, filters: __, ...parameters } = (finding["kibana.alert.rule.parameters"] ?? {}) as JsonObject;
  const rest = keep(finding, (key) => key !== "kibana.alert.rule.note" && key !== "kibana.alert.rule.setup");
  return { ...rest, "kibana.alert.rule.parameters": parameters };
}

/** What every finding has, of bounded size: only a rule file can be so large that nothing else helps. */
function least(finding: Finding): Finding {
  const parameters = (finding["kibana.alert.rule.parameters"] ?? {}) as JsonObject;
  const { new_terms_fields = [], history_window_start = "" } = parameters;
  return mapped(
    {
      ...keep(finding, (key) => NEVER_LEFT_OUT.has(key)),
      "kibana.alert.rule.tags": [],
      "kibana.alert.rule.references": [],
      "kibana.alert.rule.parameters": { new_terms_fields, history_window_start },
    },
    leastValue,
  );
}

const NEVER_LEFT_OUT = new Set([
  "@timestamp",
  "kibana.alert.uuid",
  "kibana.alert.status",
  "kibana.alert.workflow_status",
  "kibana.alert.severity",
  "kibana.alert.risk_score",
  "kibana.alert.reason",
  "kibana.alert.depth",
  "kibana.alert.ancestors",
  "kibana.alert.original_time",
  "kibana.alert.building_block_type",
  "kibana.alert.new_terms",
  "kibana.alert.rule.rule_id",
  "kibana.alert.rule.name",
  "kibana.alert.rule.description",
  "kibana.alert.rule.version",
  "kibana.alert.rule.type",
  "kibana.alert.rule.severity",
  "kibana.alert.rule.risk_score",
]);

function leastValue(value: JsonValue): JsonValue {
  if (typeof value === "string") return cutToBytes(value, LEAST_BYTES);
  if (Array.isArray(value)) return value.map((element: JsonValue) => leastValue(element));
  return isObject(value) ? mapped(value, leastValue) : value;
}
