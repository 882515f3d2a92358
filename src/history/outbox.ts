import type { DeliverGates, DeliverOptions, Duty } from "./duty.ts";
import { suppress } from "./suppression.ts";

export interface Delivered {
  /** Ids accepted by the topic. */
  readonly published: ReadonlySet<string>;
  /** Ids also marked as published. The others will be published again, under the same id, by the sweeper. */
  readonly completed: ReadonlySet<string>;
  /** Ids of findings that are listed in a window of suppression instead: its closing message tells of them. */
  readonly suppressed: ReadonlySet<string>;
}

/** Findings of one request to the topic. */
const TOGETHER = 10;

/**
 * Publishes what is not suppressed, then marks what was accepted, in this order: a crash in between repeats a finding, and
 * loses none. Some are marked while others are published.
 */
export async function deliver(
  duties: readonly Duty[],
  { table, publish, now, mayStart, onError }: DeliverOptions,
  { request, lane, turn }: DeliverGates,
): Promise<Delivered> {
  const published = new Set<string>();
  const completed = new Set<string>();
  // Most rules suppress nothing, and then there is nothing to sort.
  const isPlain = duties.every(({ suppression, closing }) => suppression === undefined && closing === undefined);
  if (isPlain) {
    await deliverAll(duties);
    return { published, completed, suppressed: new Set() };
  }
  const { due, suppressed } = await suppress(duties, { table, publish, now, mayStart, onError }, { request, turn });
  // A window that nothing was suppressed in has nothing to say.
  const silent = due.filter(({ closing }) => closing?.members.length === 0);
  await Promise.all([
    deliverAll(due.filter((duty) => !silent.includes(duty))),
    ...[...suppressed, ...silent].map((duty) => request(() => complete(duty))),
  ]);
  return { published, completed, suppressed: new Set(suppressed.map(({ findingId }) => findingId)) };

  async function complete({ key, findingId, windowMs, lastSeen }: Duty): Promise<void> {
    try {
      if (await table.complete(key, { findingId, windowMs, lastSeen, now: now() })) completed.add(findingId);
    } catch (error) {
      onError(error);
    }
  }

  async function deliverTogether(some: readonly Duty[]): Promise<void> {
    const accepted = await lane(async () => (mayStart() ? publish(some, onError) : new Set<string>()));
    for (const findingId of accepted) published.add(findingId);
    const done = some.filter(({ findingId }) => accepted.has(findingId));
    await Promise.all(done.map((duty) => request(() => complete(duty))));
  }

  async function deliverAll(all: readonly Duty[]): Promise<void> {
    const parts: Promise<void>[] = [];
    for (let from = 0; from < all.length; from += TOGETHER) {
      parts.push(deliverTogether(all.slice(from, from + TOGETHER)));
    }
    await Promise.all(parts);
  }
}
