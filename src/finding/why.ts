import { isTime } from "../ecs/iso-date.ts";
import type { EcsEvent } from "../ecs/json.ts";
import { leafText } from "../ecs/leaf.ts";
import { fieldPath } from "../ecs/path.ts";
import type { Term } from "../ecs/semantics.ts";
import { cutToBytes } from "./cut.ts";
import { inertCut } from "./inert.ts";

/** How common one value of a new combination is among the others of its rule. Approximate. */
export interface ValueFacts {
  /** Other combinations that held the value; beyond `isOver` they are not told apart. */
  readonly combinations: number;
  /** There are more than are counted. */
  readonly isOver: boolean;
  /** Of these combinations, epoch ms; none where there are none. */
  readonly firstSeen?: number;
  readonly lastSeen?: number;
}

/** What the sentence is made of. */
export interface WhyFacts {
  readonly fields: readonly string[];
  readonly terms: readonly Pick<Term, "text">[];
  /** What people call a term, by its place in `terms`, from namesIn. */
  readonly names: readonly (string | undefined)[];
  readonly windowMs: number;
  /** Epoch ms. */
  readonly firstSeen: number;
  readonly previousSeen: number | undefined;
  /** Since when the rule's history is kept, where that is known, epoch ms. */
  readonly historySince: number | undefined;
  /** By the field's place; undefined where nothing is known of them. */
  readonly values: readonly ValueFacts[] | undefined;
}

/** UTF-16 units of a value that the sentence shows. */
export const VALUE_LENGTH = 60;
/** UTF-8 bytes of the sentence as JSON: a finding's own part has room for it, and its item stays small. */
const WHY_BYTES = 700;

/** What a value of a field is, one and many of it. */
const NOUNS: Readonly<Record<string, readonly [one: string, many: string]>> = {
  "agent.id": ["agent", "agents"],
  "aws.cloudtrail.user_identity.arn": ["identity", "identities"],
  "client.ip": ["client", "clients"],
  "cloud.account.id": ["account", "accounts"],
  "destination.domain": ["domain", "domains"],
  "destination.ip": ["destination", "destinations"],
  "event.action": ["action", "actions"],
  "file.path": ["file", "files"],
  "github.repo": ["repository", "repositories"],
  "host.id": ["host", "hosts"],
  "host.name": ["host", "hosts"],
  "process.command_line": ["command", "commands"],
  "process.executable": ["executable", "executables"],
  "process.name": ["process", "processes"],
  "process.parent.executable": ["parent executable", "parent executables"],
  "process.parent.name": ["parent process", "parent processes"],
  "source.as.number": ["network", "networks"],
  "source.ip": ["source", "sources"],
  "user.email": ["user", "users"],
  "user.id": ["user", "users"],
  "user.name": ["user", "users"],
  "user_agent.original": ["user agent", "user agents"],
};

/** Where and by whom things happen: what stands in front of such a noun. The first in this order is the subject. */
const PLACES: readonly (readonly [noun: string, preposition: string])[] = [
  ["host", "on"],
  ["agent", "on"],
  ["user", "by"],
  ["identity", "by"],
  ["account", "in"],
];

/** A name that the event gives for an id. */
const NAMES: Readonly<Record<string, string>> = { "host.id": "host.name", "user.id": "user.name" };

/** What people call the values of a rule's fields, where the event says so: by the field's place. */
export function namesIn(event: EcsEvent, fields: readonly string[]): (string | undefined)[] {
  return fields.map((field) => {
    const name = NAMES[field];
    let found: string | undefined;
    if (name !== undefined) {
      fieldPath(name).some(event, (leaf) => {
        found = leafText(leaf);
        return found !== "";
      });
    }
    return found === "" ? undefined : found;
  });
}

/**
 * In a sentence or two, why a combination is new: "First time on web-1 in 7 days (history kept since 2026-10-02).
 * /usr/bin/curl is known on 412 other hosts since 2026-03-01; this host has 9 other executables, first seen 2026-08-11."
 * What the event says in it is inert, cut, and in quotes where it could read as words of the sentence.
 */
export function whyNew(facts: WhyFacts): string {
  const { fields, terms, names, values } = facts;
  const nouns = fields.map(nounOf);
  const shown = terms.map(({ text }, index) => quoted(names[index] ?? text));
  const place = placeIn(nouns);
  const sentences = [firstTime(facts, place, shown)];
  const [a, b] = values ?? [];
  if (values?.length === 2 && a !== undefined && b !== undefined) {
    const subject = place?.index ?? 0;
    const other = 1 - subject;
    const [ofSubject, ofOther] = subject === 0 ? [a, b] : [b, a];
    const preposition = place?.preposition === "on" ? "on" : "with";
    sentences.push(
      `${shown[other]} is known ${preposition} ${others(ofOther, nouns[subject], "since")}; ` +
        `this ${nouns[subject]?.[0]} has ${others(ofSubject, nouns[other], "first seen")}.`,
    );
  } else if (values !== undefined && values.length > 2) {
    const each = values.map((value, index) => `${shown[index]} in ${others(value, COMBINATION, "first seen")}`);
    sentences.push(`Known: ${each.join("; ")}.`);
  }
  return cutToBytes(sentences.join(" "), WHY_BYTES);
}

const COMBINATION = ["combination", "combinations"] as const;

interface Place {
  readonly index: number;
  readonly preposition: string;
}

function placeIn(nouns: readonly (readonly [string, string])[]): Place | undefined {
  for (const [noun, preposition] of PLACES) {
    const index = nouns.findIndex(([one]) => one === noun);
    if (index >= 0) return { index, preposition };
  }
  return undefined;
}

function firstTime(
  { windowMs, firstSeen, previousSeen, historySince }: WhyFacts,
  place: Place | undefined,
  shown: readonly string[],
): string {
  const where = place === undefined ? "" : ` ${place.preposition} ${shown[place.index]}`;
  const isYoung = historySince !== undefined && historySince > firstSeen - windowMs;
  const span = isYoung ? `since its history began on ${day(historySince)}` : `in ${duration(windowMs)}`;
  const before = previousSeen === undefined ? "" : `, last on ${day(previousSeen)}`;
  const kept = historySince === undefined || isYoung ? "" : ` (history kept since ${day(historySince)})`;
  return `First time${where} ${span}${before}${kept}.`;
}

function others(
  { combinations, isOver, firstSeen }: ValueFacts,
  [one, many]: readonly [string, string] = COMBINATION,
  since: string,
): string {
  if (combinations === 0) return `no other ${one}`;
  const when = firstSeen === undefined ? "" : `${since === "since" ? " " : ", "}${since} ${day(firstSeen)}`;
  if (isOver) return `over ${combinations.toLocaleString("en-US")} other ${many}${when}`;
  return `${combinations} other ${combinations === 1 ? one : many}${when}`;
}

function nounOf(field: string): readonly [string, string] {
  const noun = Object.hasOwn(NOUNS, field) ? NOUNS[field] : undefined;
  const name = field.slice(0, VALUE_LENGTH);
  return noun ?? [`value of ${name}`, `values of ${name}`];
}

/** A value that is one word of a usual form stands as it is, any other in quotes: it could read on as the sentence does. */
function quoted(text: string): string {
  const shown = inertCut(text, VALUE_LENGTH);
  return isOneWord(shown) ? shown : `"${shown.replaceAll('"', "'")}"`;
}

function isOneWord(text: string): boolean {
  return text !== "" && [...text].every((char) => PLAIN.has(char));
}

const PLAIN = new Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/\\_-.:@+$…");

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
] as const;

/** A window in the largest unit that it is a whole number of. */
function duration(ms: number): string {
  const [unit, size] = UNITS.find(([, each]) => ms % each === 0) ?? UNITS[3];
  const count = Math.round(ms / size);
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

function day(ms: number): string {
  return isTime(ms) ? new Date(ms).toISOString().slice(0, 10) : "a day unknown";
}
