import { gunzipSync } from "node:zlib";
import { type EcsEvent, isObject, type JsonObject } from "../ecs/json.ts";
import { inertCut } from "../finding/inert.ts";
import { documents } from "../stream/documents.ts";
import { isEnvelope } from "../stream/envelope.ts";

/** An event, and the bytes it would be on a stream; or why there is none. */
export type OneEvent =
  | { readonly kind: "event"; readonly event: EcsEvent; readonly bytes: Buffer }
  | { readonly kind: "unreadable"; readonly reason: string };

/** Of a file, packed or not. */
export const MAX_BYTES = 64 * 1024 * 1024;
const MAX_REASON = 200;

/**
 * The first JSON document of a file, over as many lines as it takes, or that of one line. A hit of an Elasticsearch
 * search is unwrapped.
 * @param line 1-based
 */
export function oneEvent(file: Buffer, line?: number): OneEvent {
  const bytes = unpacked(file);
  if (bytes === undefined) return unreadable("gzip that is broken, or holds too much");
  const all = bytes.toString("utf8");
  const text = line === undefined ? all : lineOf(all, line);
  if (text === undefined) return unreadable(`there is no line ${line}`);
  for (const document of documents(text)) {
    if (document.kind === "pause") continue;
    if (document.kind === "too_many") break;
    if (document.kind === "rejected" && document.reason === "not_json") return unreadable(complaint(document.text));
    if (document.kind === "rejected" || (document.large && !isEnvelope(document.value))) {
      const reason = document.kind === "rejected" ? document.reason : "too_large";
      return unreadable(`the functions would put it away: ${reason}`);
    }
    if (isEnvelope(document.value)) return unreadable("an envelope of CloudWatch Logs: give one of its messages");
    const hit = hitOf(document.value);
    return hit === undefined
      ? { kind: "event", event: document.value, bytes: Buffer.from(document.text) }
      : { kind: "event", event: hit, bytes: Buffer.from(JSON.stringify(hit)) };
  }
  return unreadable("there is no JSON document");
}

function unreadable(reason: string): OneEvent {
  return { kind: "unreadable", reason };
}

function unpacked(bytes: Buffer): Buffer | undefined {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BYTES });
  } catch {
    return undefined;
  }
}

function lineOf(text: string, line: number): string | undefined {
  let start = 0;
  for (let count = 1; count < line; count++) {
    const end = text.indexOf("\n", start);
    if (end < 0) return undefined;
    start = end + 1;
  }
  const end = text.indexOf("\n", start);
  return text.slice(start, end < 0 ? text.length : end);
}

/** What JSON.parse has against a text. It quotes the text, which may be an attacker's. */
function complaint(text: string): string {
  try {
    JSON.parse(text);
    return "JSON, but no object";
  } catch (error) {
    return `no JSON: ${inertCut(error instanceof Error ? error.message : String(error), MAX_REASON)}`;
  }
}

function hitOf(value: JsonObject): JsonObject | undefined {
  const source = Object.hasOwn(value, "_source") ? value["_source"] : undefined;
  return isObject(source) ? source : undefined;
}
