import { ecsTypes } from "../ecs/catalogue.ts";
import { isObject, type JsonObject, type JsonValue } from "../ecs/json.ts";
import type { Finding } from "./document.ts";

/** What was left out of a finding to make it fit, in `new_terms_stream.truncated`. */
const FLAG = "new_terms_stream.truncated";

/** One way to make a finding smaller, and what to call it. */
interface Step {
  readonly name: string;
  readonly apply: (finding: Finding) => Finding;
}

const LONG_STRING = 2048;
const SHORT_STRING = 256;
const LONG_ARRAY = 100;
const SHORT_ARRAY = 10;

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
 * Makes a finding fit, the same way each time: first fields ECS does not know, then long strings and arrays, then all
 * but the core of the event, then the whole event and the rule's prose. Ids, terms and severity always stay.
 * @param fits asked after each step; the last step's result is returned whether it fits or not
 */
export function trimFinding(finding: Finding, fits: (finding: Finding) => boolean): Finding {
  if (fits(finding)) return finding;
  let current = finding;
  const taken: string[] = [];
  for (const { name, apply } of STEPS) {
    taken.push(name);
    current = { ...apply(current), [FLAG]: [...taken] };
    if (fits(current)) break;
  }
  return current;
}

const STEPS: readonly Step[] = [
  { name: "fields outside ECS", apply: (finding) => keep(finding, (key) => isKnown(key)) },
  {
    name: "original event fields",
    apply: (finding) => keep(finding, (key) => !key.startsWith("kibana.alert.original_event.")),
  },
  {
    name: `strings over ${LONG_STRING} and arrays over ${LONG_ARRAY}`,
    apply: (finding) => cutEvent(finding, LONG_STRING, LONG_ARRAY),
  },
  {
    name: "fields beside the core of the event",
    apply: (finding) => keep(finding, (key) => isOurs(key) || CORE.has(rootOf(key))),
  },
  {
    name: `strings over ${SHORT_STRING} and arrays over ${SHORT_ARRAY}`,
    apply: (finding) => cutEvent(finding, SHORT_STRING, SHORT_ARRAY),
  },
  { name: "the event", apply: (finding) => keep(finding, (key) => isOurs(key) || key === "@timestamp") },
  { name: "the rule's note, setup and query", apply: withoutProse },
  { name: `terms over ${SHORT_STRING}`, apply: (finding) => cut(finding, SHORT_STRING, SHORT_ARRAY) as Finding },
];

function keep(finding: Finding, wanted: (key: string) => boolean): Finding {
  return Object.fromEntries(Object.entries(finding).filter(([key]) => wanted(key)));
}

function rootOf(key: string): string {
  const dot = key.indexOf(".");
  return dot < 0 ? key : key.slice(0, dot);
}

function isOurs(key: string): boolean {
  return key.startsWith("kibana.alert.") || key.startsWith("new_terms_stream.");
}

function isKnown(key: string): boolean {
  return isOurs(key) || ecsTypes(rootOf(key)).dynamic !== true;
}

function cutEvent(finding: Finding, strings: number, arrays: number): Finding {
  return Object.fromEntries(
    Object.entries(finding).map(([key, value]) => [key, isOurs(key) ? value : cut(value, strings, arrays)]),
  );
}

/** Recursion is bounded by the depth at which an event is refused. */
function cut(value: JsonValue, strings: number, arrays: number): JsonValue {
  if (typeof value === "string") return value.length > strings ? `${value.slice(0, strings).toWellFormed()}…` : value;
  if (Array.isArray(value)) return value.slice(0, arrays).map((element: JsonValue) => cut(element, strings, arrays));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([key, inner]) => [key, cut(inner, strings, arrays)]),
  );
}

function withoutProse(finding: Finding): Finding {
  const { query: _, filters: __, ...parameters } = (finding["kibana.alert.rule.parameters"] ?? {}) as JsonObject;
  const rest = keep(finding, (key) => key !== "kibana.alert.rule.note" && key !== "kibana.alert.rule.setup");
  return { ...rest, "kibana.alert.rule.parameters": parameters };
}
