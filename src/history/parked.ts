import * as z from "zod/mini";
import { LAST_MS } from "../ecs/iso-date.ts";
import { sendableJson } from "../ecs/json.ts";
import type { Sealed } from "./settle.ts";
import type { Observation, Sighting } from "./sighting.ts";

/**
 * A sighting that could not be decided, with the finding it makes if it is new: all that is needed to decide it later,
 * whatever its event's size, and without the event.
 */
export interface Parked extends Sealed {
  readonly key: string;
  /** Epoch ms. */
  readonly first: number;
  readonly last: number;
  readonly windowMs: number;
  readonly triggerId: string;
  /** Of the rule's start, where it may have to learn. */
  readonly startKey?: string;
  /** What its values are told and counted by; absent where none are, and in messages of before. */
  readonly terms?: readonly ParkedTerm[];
}

/** One value of a parked combination. */
export interface ParkedTerm {
  readonly field: string;
  /** For people: as much as a sentence shows. */
  readonly text: string;
  /** Key of its counter. */
  readonly counter: string;
}

// One bad message must cost no other: the table refuses a whole request for one key that is none, the topic one for an id,
// and a start would stay at a time that is none.
const key = z.string().check(z.minLength(1), z.maxLength(500));
/** What a Date can tell, epoch ms. */
const time = z.number().check(z.gte(-LAST_MS), z.lte(LAST_MS));
const duration = z.number().check(z.nonnegative());

/** The message as it is sent, with names of a letter: of version 2. */
const message = z.object({
  v: z.literal(2),
  k: key,
  f: time,
  /** Since `f`. */
  l: duration,
  w: duration,
  t: z.string(),
  i: key,
  r: z.string(),
  p: z.array(z.string()),
  o: z.string(),
  /** Of the start. */
  s: z.optional(key),
  /** Of suppression: group, duration and member. */
  u: z.optional(z.tuple([key, duration, z.string()])),
  /** Of its values: field, text and counter. */
  c: z.optional(z.array(z.tuple([z.string(), z.string(), key]))),
});

/** What may still lie in a queue. */
const messageBefore = z.object({
  version: z.literal(1),
  key,
  first: time,
  last: time,
  windowMs: duration,
  triggerId: z.string(),
  findingId: key,
  outbox: z.string(),
  ruleId: z.string(),
  preview: z.array(z.string()),
});

/**
 * A sighting and its finding as a message of the retry queue, at most 64 KB.
 * @param startKey of the rule's start
 * @param terms none of what is not counted
 */
export function parkedMessage(
  { key, first, last, windowMs, observations }: Sighting<unknown>,
  { findingId, ruleId, preview, outbox, suppression }: Sealed,
  startKey: string,
  terms: readonly ParkedTerm[],
): string {
  const content: z.infer<typeof message> = {
    v: 2,
    k: key,
    f: first,
    l: last - first,
    w: windowMs,
    t: observations[0].triggerId,
    i: findingId,
    r: ruleId,
    p: [...preview],
    o: Buffer.from(outbox).toString("base64"),
    s: startKey,
    ...(suppression === undefined ? {} : { u: [suppression.group, suppression.durationMs, suppression.member] }),
    ...(terms.length === 0 ? {} : { c: terms.map(({ field, text, counter }) => [field, text, counter]) }),
  };
  return sendableJson(content);
}

/** @throws Error where the text is no message of parkedMessage's, of this version or the one before */
export function readParked(text: string): Parked {
  const value = JSON.parse(text) as unknown;
  const { version } = Object(value) as { readonly version?: unknown };
  if (version !== undefined) {
    const { version: _, outbox, ...parked } = messageBefore.parse(value);
    return { ...parked, outbox: Buffer.from(outbox, "base64") };
  }
  const { k, f, l, w, t, i, r, p, o, s, u, c } = message.parse(value);
  const outbox = Buffer.from(o, "base64");
  const sighting = { key: k, first: f, last: f + l, windowMs: w, triggerId: t };
  const terms = c?.map(([field, text, counter]) => ({ field, text, counter }));
  const sealed = {
    ...{ findingId: i, ruleId: r, preview: p, outbox },
    ...(s === undefined ? {} : { startKey: s }),
    ...(terms === undefined ? {} : { terms }),
  };
  if (u === undefined) return { ...sighting, ...sealed };
  const [group, durationMs, member] = u;
  return { ...sighting, ...sealed, suppression: { group, durationMs, member } };
}

/** What a parked sighting is decided by: its two ends. */
export function observationsOf(source: Parked): Observation<Parked>[] {
  const { key, first, last, windowMs, triggerId } = source;
  const at = (time: number) => ({ key, at: time, triggerId, windowMs, count: 1, source });
  return first === last ? [at(first)] : [at(first), at(last)];
}
