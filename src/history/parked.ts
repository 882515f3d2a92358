import * as z from "zod/mini";
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
}

const message = z.object({
  version: z.literal(1),
  key: z.string(),
  first: z.number(),
  last: z.number(),
  windowMs: z.number(),
  triggerId: z.string(),
  findingId: z.string(),
  outbox: z.string(),
  ruleId: z.string(),
  ruleVersion: z.string(),
  preview: z.array(z.string()),
});

/** A sighting and its finding as a message of the retry queue, at most 64 KB. */
export function parkedMessage(
  { key, first, last, windowMs, observations }: Sighting<unknown>,
  { outbox, ...sealed }: Sealed,
): string {
  const content: z.infer<typeof message> = {
    version: 1,
    key,
    first,
    last,
    windowMs,
    triggerId: observations[0].triggerId,
    ...sealed,
    preview: [...sealed.preview],
    outbox: Buffer.from(outbox).toString("base64"),
  };
  return sendableJson(content);
}

/** @throws Error where the text is no message of parkedMessage's */
export function readParked(text: string): Parked {
  const { version: _, outbox, ...parked } = message.parse(JSON.parse(text));
  return { ...parked, outbox: Buffer.from(outbox, "base64") };
}

/** What a parked sighting is decided by: its two ends. */
export function observationsOf(source: Parked): Observation<Parked>[] {
  const { key, first, last, windowMs, triggerId } = source;
  const at = (time: number) => ({ key, at: time, triggerId, windowMs, count: 1, source });
  return first === last ? [at(first)] : [at(first), at(last)];
}
