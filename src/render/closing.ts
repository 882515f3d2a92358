import { isObject } from "../ecs/json.ts";
import { windowText } from "./facts.ts";
import {
  combinationOf,
  type NewTerm,
  newTermsFields,
  objectsOf,
  ownText,
  ownTexts,
  ownTime,
  type Published,
  termsOf,
  timeOf,
} from "./published.ts";

/** A message that closes a window of alert suppression: what was held back after a first finding. */
export interface Closing {
  readonly message: Published;
  /** What was held back, in order of time; at most what one window lists. */
  readonly members: readonly Held[];
  /** What the findings were counted together by. */
  readonly key: readonly KeyPart[];
  /** How long the window was, in words. */
  readonly duration: string | undefined;
  /** The finding that opened it. */
  readonly first: First;
}

/** A new combination that no finding of its own tells of. */
export interface Held {
  readonly terms: readonly NewTerm[];
  /** When it was first seen, as the message says it. */
  readonly seen: string;
  /** The id that its finding would have had. */
  readonly id: string;
}

interface KeyPart {
  readonly field: string;
  /** Several are one value of the key; none is an event without the field. */
  readonly values: readonly string[];
}

interface First {
  readonly id: string;
  readonly terms: readonly NewTerm[];
  /** When it was made, as the message says it. */
  readonly published: string;
}

/** Fields of a key: a rule takes no more. */
const KEY_PARTS = 3;
/** Values of one part of a key that are told. */
const MAX_VALUES = 3;

export function isClosing(finding: Published): boolean {
  return ownText(finding, "new_terms_stream.type") === "suppression";
}

/** @returns undefined of any other finding; what the message lacks is empty */
export function closingOf(message: Published): Closing | undefined {
  if (!isClosing(message)) return undefined;
  const held = message["new_terms_stream.suppressed"];
  const window = isObject(held) ? held : {};
  const fields = newTermsFields(message);
  const [start, end] = [ownTime(window, "start"), ownTime(window, "end")];
  return {
    message,
    members: objectsOf(window["combinations"]).map((each) => ({
      terms: termsOf(fields, ownTexts(each, "terms")),
      seen: ownText(each, "first_seen"),
      id: ownText(each, "finding"),
    })),
    key: objectsOf(message["kibana.alert.suppression.terms"])
      .slice(0, KEY_PARTS)
      .map((part) => ({ field: ownText(part, "field"), values: ownTexts(part, "value") })),
    duration: start === undefined || end === undefined ? undefined : windowText(end - start),
    first: { id: ownText(window, "of"), terms: combinationOf(message), published: ownText(window, "published") },
  };
}

/**
 * What happened, in a sentence: how many were held back, for whom, for how long and after which finding.
 * @param shown makes an attacker's words inert for the medium
 */
export function heldSentence(closing: Closing, shown: (words: string) => string): string {
  const { members, duration, first } = closing;
  const key = keyText(closing, shown);
  return [
    members.length === 1 ? "1 more finding of this rule" : `${members.length} more findings of this rule`,
    ...(key === "" ? [] : [` for ${key}`]),
    members.length === 1 ? " was" : " were",
    " held back by alert suppression",
    ...(duration === undefined ? [] : [` within ${duration}`]),
    ...(first.id === "" ? [] : [` after finding ${shown(first.id)}`]),
    ...(first.id === "" || first.published === "" ? [] : [` (published ${shown(first.published)})`]),
  ].join("");
}

/** `host.name = web-1`, of each of its parts; empty where there is none. */
function keyText({ key }: Closing, shown: (words: string) => string): string {
  return key
    .map(({ field, values }) => {
      if (values.length === 0) return `events without ${shown(field)}`;
      const more = values.length > MAX_VALUES ? ` and ${values.length - MAX_VALUES} more` : "";
      return `${shown(`${field} = ${values.slice(0, MAX_VALUES).join(", ")}`)}${more}`;
    })
    .join(", ");
}

/** When the first and the last of what was held back was seen, epoch ms; empty where none says it. */
export function heldSpan({ members }: Closing): readonly [] | readonly [number, number] {
  const times = members.flatMap(({ seen }) => timeOf(seen) ?? []).toSorted((one, other) => one - other);
  const [first] = times;
  return first === undefined ? [] : [first, times.at(-1) ?? first];
}

/** A combination without what the key says already, unless that is all of it. */
export function ownTerms({ key }: Closing, { terms }: Held): readonly NewTerm[] {
  const own = terms.filter(({ field, value }) => !isTold(key, field, value));
  return own.length === 0 ? terms : own;
}

function isTold(key: readonly KeyPart[], field: string, value: string): boolean {
  return key.some((part) => part.field === field && part.values.length === 1 && part.values[0] === value);
}

/** The value of a field that is the same in all that a message tells of, such as the host's; as far as it says. */
export function commonValue({ key, members, first }: Closing, field: string): string | undefined {
  const part = key.find((each) => each.field === field);
  if (part !== undefined) return part.values.length === 1 ? part.values[0] : undefined;
  const all = [first, ...members].map(({ terms }) => terms.find((term) => term.field === field)?.value);
  const [value] = all;
  return all.every((each) => each === value) ? value : undefined;
}
