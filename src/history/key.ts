import { createHash } from "node:crypto";
import type { Term } from "../ecs/semantics.ts";

/** Changing how keys are made is changing what every stored item means: the version is part of the key. */
const KEY_VERSION = "nt1";
const FINDING_VERSION = "nt-finding/1";
const CLOSING_VERSION = "nt-closing/1";

/**
 * The table key of one combination. Each part goes in behind its byte length, so ("ab","c") and ("a","bc") differ, and
 * the whole is hashed: fixed size, even spread, and no key text of an attacker's choosing.
 */
export function combinationKey(ruleId: string, fields: readonly string[], terms: readonly Term[]): string {
  // The empty parts are the tenant and the history epoch, should a table ever be shared or a history begun anew.
  const parts = [KEY_VERSION, "", ruleId, "0"];
  for (const [index, field] of fields.entries()) parts.push(field, terms[index]?.tag ?? "", terms[index]?.text ?? "");
  return tableKey(parts);
}

/** The key of an event with more combinations than are looked at: one announcement for each rule and event. */
export function overflowKey(ruleId: string, triggerId: string): string {
  return tableKey([KEY_VERSION, "", ruleId, "0", "overflow", triggerId]);
}

/** The key of what says which window of alert suppression a group of a rule's findings has now. */
export function suppressionKey(ruleId: string, group: readonly string[]): string {
  return `s1#${digest([KEY_VERSION, "", ruleId, "0", "suppression", ...group]).toString("base64url")}`;
}

const WINDOW_PREFIX = "w1#";

/** The key of a window of alert suppression, by the finding that opened it. */
export function windowKey(opener: string): string {
  return `${WINDOW_PREFIX}${opener}`;
}

export function isWindowKey(key: string): boolean {
  return key.startsWith(WINDOW_PREFIX);
}

/** The id of the message that closes a window. */
export function closingId(opener: string): string {
  return digest([CLOSING_VERSION, opener]).toString("hex").slice(0, 32);
}

/**
 * The key of what is kept of a rule: since when its history is. What makes its history is in it, so that an edit of the
 * query, the filters or the fields begins a new one; another window does not, and is learned for by what it is longer.
 */
export function startKey(ruleId: string, fields: readonly string[], matches: readonly string[]): string {
  return `start#${digest([KEY_VERSION, "", ruleId, "0", String(fields.length), ...fields, ...matches]).toString("base64url")}`;
}

/** The key of a value's counter. A field has one type, so that its text tells it. */
export function counterKey(ruleId: string, field: string, text: string): string {
  return `count#${digest([KEY_VERSION, "", ruleId, "0", field, text]).toString("base64url")}`;
}

function tableKey(parts: readonly string[]): string {
  return `n1#${digest(parts).toString("base64url")}`;
}

/** The id of a finding: the same at every redelivery of the event that triggered it. */
export function findingId(pk: string, firstSeen: number, triggerId: string): string {
  return digest([FINDING_VERSION, pk, String(firstSeen), triggerId])
    .toString("hex")
    .slice(0, 32);
}

function digest(parts: readonly string[]): Buffer {
  const text = parts.map((part) => `${Buffer.byteLength(part)}:${part}`).join("");
  return createHash("sha256").update(text).digest();
}
