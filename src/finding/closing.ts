import { type JsonObject, type JsonValue, parseExact, sendableJson } from "../ecs/json.ts";
import { isoTime, SUPPRESSION_TERMS, suppressionFields, TRUNCATED } from "./document.ts";
import { inert } from "./inert.ts";

/** What a window of alert suppression holds once it is closed. */
export interface Closed {
  /** Id of the finding that opened it. */
  readonly opener: string;
  /** When it ended, by the events' time; epoch ms. */
  readonly end: number;
  /** The findings that were suppressed, as the history lists them: JSON of id, time and terms. */
  readonly members: readonly string[];
}

/** Largest body, UTF-8 bytes: what the findings of a window and a rule of an ordinary size stay under by far. */
const BODY_LIMIT = 240 * 1024;
const GROUP_LENGTH = 256;

/** Left out one after another where a rule is so large that the list would not fit beside it. */
const DISPENSABLE = ["note", "setup", "false_positives", "references", "threat", "description"].map(
  (name) => `kibana.alert.rule.${name}`,
);

/**
 * The message that closes a window: of the first finding what it says of the rule and the alert, without its event, and
 * the combinations that were suppressed after it. It depends on nothing but its arguments: each repetition is the same.
 * @param first body of the finding that opened the window
 * @param id of the message
 */
export function closingBody(first: string, id: string, closed: Closed): string {
  const opener = parseExact(first) as JsonObject;
  const members = membersOf(closed);
  const start = Date.parse(String(opener["kibana.alert.suppression.start"]));
  const times = members.map(({ seen }) => seen);
  const span = { start: Math.min(start, ...times), end: Math.max(start, ...times), count: members.length };
  const groups = opener[SUPPRESSION_TERMS] ?? [];
  const message: Record<string, JsonValue> = {
    ...Object.fromEntries(Object.entries(opener).filter(([key]) => isKept(key))),
    event: { kind: "signal" },
    "@timestamp": isoTime(closed.end),
    "kibana.alert.uuid": id,
    "kibana.alert.reason": reason(opener, groups, span.count),
    ...suppressionFields(groups, span),
    "new_terms_stream.type": "suppression",
    "new_terms_stream.suppressed": {
      count: span.count,
      combinations: members.map(({ terms, seen, findingId }) => ({
        terms,
        first_seen: isoTime(seen),
        finding: findingId,
      })),
      start: isoTime(start),
      end: isoTime(closed.end),
      of: closed.opener,
      published: opener["@timestamp"] ?? "",
    },
  };
  return fitted(message);
}

/** In order of time, and then of their terms. */
function membersOf({ members }: Closed) {
  return members
    .map((text) => {
      const [findingId, seen, ...terms] = JSON.parse(text) as [string, number, ...string[]];
      return { findingId, seen, terms, name: `${terms.join("\0")}\0${findingId}` };
    })
    .sort((a, b) => a.seen - b.seen || (a.name < b.name ? -1 : 1));
}

/** The engine's own words: the event's are the first finding's to tell. */
function isKept(key: string): boolean {
  if (key.startsWith("kibana.alert.original_event.") || key === "new_terms_stream.why") return false;
  return key.startsWith("kibana.alert.") || key.startsWith("new_terms_stream.");
}

function reason(opener: JsonObject, groups: JsonValue, count: number): string {
  const shown = Array.isArray(groups) ? groups.map(groupText).join(", ") : "";
  const what = count === 1 ? "1 more new combination" : `${count} more new combinations`;
  return `${what} with ${inert(shown, GROUP_LENGTH)} after the finding ${String(opener["kibana.alert.uuid"])}, held back by alert suppression of ${String(opener["kibana.alert.rule.name"])}.`;
}

function groupText(group: JsonValue): string {
  const { field, value } = group as { readonly field: string; readonly value: readonly JsonValue[] | null };
  const values = value?.map((each) => (typeof each === "string" ? each : JSON.stringify(each)));
  return values === undefined ? `no ${field}` : `${field} ${values.join(", ")}`;
}

function fitted(message: Record<string, JsonValue>): string {
  const before = message[TRUNCATED];
  const missing: JsonValue[] = Array.isArray(before) ? [...before] : [];
  let body = sendableJson(message);
  for (const key of DISPENSABLE) {
    if (Buffer.byteLength(body) <= BODY_LIMIT) return body;
    if (message[key] === undefined) continue;
    if (key.endsWith("description")) message[key] = "";
    else delete message[key];
    missing.push(key);
    body = sendableJson({ ...message, [TRUNCATED]: missing });
  }
  return body;
}
