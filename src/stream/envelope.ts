import { isObject, type JsonObject, type JsonValue } from "../ecs/json.ts";
import type { Sender } from "./record.ts";

/** What CloudWatch Logs wraps log events in for a subscription. */
export interface Envelope extends JsonObject {
  readonly messageType: "DATA_MESSAGE" | "CONTROL_MESSAGE";
  readonly owner: string;
  readonly logGroup: string;
  readonly logStream: string;
  readonly logEvents: readonly JsonValue[];
}

type Test = (value: JsonValue | undefined) => boolean;
const isText: Test = (value) => typeof value === "string";
const isArray: Test = (value) => Array.isArray(value);
const isMessageType: Test = (value) => value === "DATA_MESSAGE" || value === "CONTROL_MESSAGE";

const KEYS: ReadonlyMap<string, Test> = new Map([
  ["messageType", isMessageType],
  ["owner", isText],
  ["logGroup", isText],
  ["logStream", isText],
  ["subscriptionFilters", isArray],
  ["logEvents", isArray],
]);

/** Of a subscription of the whole account. */
const POLICY_LEVEL = "policyLevel";

/** Told by the very keys that CloudWatch Logs writes, and no others: an event may have a few of them. */
export function isEnvelope(value: JsonObject): value is Envelope {
  if (!Object.hasOwn(value, "messageType")) return false;
  const names = Object.keys(value).filter((name) => name !== POLICY_LEVEL);
  return names.length === KEYS.size && names.every((name) => KEYS.get(name)?.(value[name]) === true);
}

/** A reachability probe, which holds no log events of anyone's. */
export function isControlMessage({ messageType }: Envelope): boolean {
  return messageType === "CONTROL_MESSAGE";
}

/** UTF-16 units of a name: of megabytes, which a few bytes of gzip may hold, nothing is to stay in memory. */
const NAME_LENGTH = 512;

export function senderOf({ owner, logGroup, logStream }: Envelope): Sender {
  return { owner: nameOf(owner), logGroup: nameOf(logGroup), logStream: nameOf(logStream) };
}

/** A copy: a slice would keep the whole text. */
function nameOf(text: string): string {
  return text.length > NAME_LENGTH ? Buffer.from(text.slice(0, NAME_LENGTH)).toString() : text;
}

export function messageOf(logEvent: JsonValue): string | undefined {
  const message = isObject(logEvent) && Object.hasOwn(logEvent, "message") ? logEvent["message"] : undefined;
  return typeof message === "string" ? message : undefined;
}
