import { createHash } from "node:crypto";
import { type JsonObject, parseExact, sendableJson } from "../ecs/json.ts";
import type { Rule } from "../rule/rule.ts";
import { cutToLength } from "./cut.ts";
import { constantPart, type Finding, TRUNCATED } from "./document.ts";
import { pack, unpack } from "./pack.ts";

/** What all findings of a rule version have the same: most of a finding's bytes, stored once for all of them. */
export interface Fragment {
  /** Of its text: two texts never have one. */
  readonly digest: string;
  readonly packed: Uint8Array;
  readonly part: JsonObject;
  /** What a stored finding has in its place. */
  readonly named: JsonObject;
  /** By how much a finding is shorter so, UTF-8 bytes. */
  readonly saves: number;
}

/** A finding that is stored has it where the fragment belongs. An event's own fields of such a name are left out. */
const NAME = "kibana.alert.rule.fragment";
/** 96 bits, base64url. */
const DIGEST_LENGTH = 16;
const VERSION_LENGTH = 64;
/** UTF-8 bytes; a longer one is in no body whole. */
const FRAGMENT_LIMIT = 200 * 1024;

const LOST = "what all findings of the rule have the same, which is stored no longer";

const made = new WeakMap<Rule, Fragment | undefined>();

/** A rule's, made when it is first asked for; none of a rule that is too large to be published whole. */
export function fragmentOf(rule: Rule): Fragment | undefined {
  if (!made.has(rule)) made.set(rule, make(rule));
  return made.get(rule);
}

function make(rule: Rule): Fragment | undefined {
  const part = constantPart(rule);
  const text = membersOf(part);
  if (Buffer.byteLength(text) > FRAGMENT_LIMIT) return undefined;
  const digest = digestOf(text);
  const named = { [NAME]: `${cutToLength(rule.version, VERSION_LENGTH)} ${digest}` };
  const saves = Buffer.byteLength(text) - Buffer.byteLength(membersOf(named));
  return { digest, packed: pack(text), part, named, saves };
}

function membersOf(object: JsonObject): string {
  return sendableJson(object).slice(1, -1);
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, DIGEST_LENGTH);
}

/** A finding with the fragment's name in its place; the finding itself, where it does not hold the fragment whole. */
export function withoutFragment(finding: Finding, { part, named }: Fragment): Finding {
  for (const key in part) if (finding[key] !== part[key]) return finding;
  // The part's members stand together, so its first one's place is the place of all.
  const [first] = Object.keys(part);
  return Object.fromEntries(
    Object.entries(finding).flatMap(([key, value]) => {
      if (key === first) return Object.entries(named);
      return Object.hasOwn(part, key) ? [] : [[key, value]];
    }),
  );
}

/** Where a stored finding names a fragment, and which. */
export interface Naming {
  readonly digest: string;
  readonly version: string;
  readonly start: number;
  readonly end: number;
}

/** The fragment that a stored finding lacks; none of one that is stored whole. */
export function namingIn(stored: string): Naming | undefined {
  if (!stored.includes(NAME)) return undefined;
  // An event may hold such a key within others, but not as a finding does.
  const { [NAME]: value } = JSON.parse(stored) as Record<string, unknown>;
  if (typeof value !== "string") return undefined;
  const member = membersOf({ [NAME]: value });
  // The last is the finding's own: what stands behind the rule holds no key of an event's.
  const start = stored.lastIndexOf(member);
  return {
    digest: value.slice(-DIGEST_LENGTH),
    version: value.slice(0, -DIGEST_LENGTH - 1),
    start,
    end: start + member.length,
  };
}

/**
 * A finding's body, byte for byte, of what was stored of it and its fragment.
 * @param packed undefined where it is stored no longer
 */
export function restored(stored: string, naming: Naming, packed: Uint8Array | undefined): string {
  const fragment = packed === undefined ? undefined : unpacked(packed);
  if (fragment?.digest !== naming.digest) return bereft(stored, naming);
  return stored.slice(0, naming.start) + fragment.text + stored.slice(naming.end);
}

const texts = new WeakMap<Uint8Array, { readonly text: string; readonly digest: string }>();

/** A fragment's text and what it comes to, found once for each that is remembered. */
function unpacked(packed: Uint8Array) {
  let found = texts.get(packed);
  if (found === undefined) {
    const text = unpack(packed, FRAGMENT_LIMIT);
    found = { text, digest: digestOf(text) };
    texts.set(packed, found);
  }
  return found;
}

/** A finding whose fragment is lost: what every finding has is filled in from what it says of itself. */
function bereft(stored: string, { version }: Naming): string {
  const finding = parseExact(stored) as JsonObject;
  const { [TRUNCATED]: truncated = [] } = finding;
  const seconds = Math.round(Number(finding["new_terms_stream.window_ms"]) / 1000);
  const part = {
    "kibana.alert.rule.description": "",
    "kibana.alert.rule.version": version,
    "kibana.alert.rule.type": "new_terms",
    "kibana.alert.rule.severity": finding["kibana.alert.severity"] ?? "low",
    "kibana.alert.rule.risk_score": finding["kibana.alert.risk_score"] ?? 0,
    "kibana.alert.rule.tags": [],
    "kibana.alert.rule.references": [],
    "kibana.alert.rule.parameters": { new_terms_fields: [], history_window_start: `now-${seconds}s` },
  };
  const filled = Object.entries(finding).flatMap(([key, value]) =>
    key === NAME ? Object.entries(part) : [[key, value] as const],
  );
  const missing = Array.isArray(truncated) ? [...truncated, LOST] : [LOST];
  return sendableJson({ ...Object.fromEntries(filled), [TRUNCATED]: missing });
}
