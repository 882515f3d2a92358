import { type Gate, gate } from "./gate.ts";
import { suppress } from "./suppression.ts";
import type { HistoryTable, Pending } from "./table.ts";

/** A finding that is claimed and not known to be published: to publish it is the holder's duty. */
export type Duty = Pick<
  Pending,
  "findingId" | "outbox" | "windowMs" | "firstSeen" | "lastSeen" | "suppression" | "closing"
> & { readonly key: string };

export function dutyOf(key: string, pending: Omit<Duty, "key">): Duty {
  const { findingId, outbox, windowMs, firstSeen, lastSeen, suppression, closing } = pending;
  return { key, findingId, outbox, windowMs, firstSeen, lastSeen, suppression, closing };
}

/**
 * Publishes stored findings as they are. Resolves to the ids that were accepted, and never rejects: an outage accepts
 * none.
 * @param onError told of each finding that cannot even be opened
 */
type Publish = (duties: readonly Duty[], onError: (error: unknown) => void) => Promise<ReadonlySet<string>>;

export interface DeliverOptions {
  readonly table: HistoryTable;
  readonly publish: Publish;
  /** Wall clock, epoch ms. */
  readonly now: () => number;
  /** False once too little of the invocation's time is left to begin anything. */
  readonly mayStart: () => boolean;
  readonly onError: (error: unknown) => void;
}

export interface DeliverGates {
  /** Each request to the table goes through it. */
  readonly request: Gate;
  /** Each request to the topic. */
  readonly lane: Gate;
  /** Each look at a group of findings that are suppressed together: who waits finds its window as the others left it. */
  readonly turn: (group: string) => Gate;
}

/** Of one run; whatever is delivered in it goes through the same. */
export function deliverGates(): DeliverGates {
  const turns = new Map<string, Gate>();
  return {
    request: gate(REQUESTS),
    lane: gate(LANES),
    turn(group) {
      const found = turns.get(group) ?? gate(1);
      turns.set(group, found);
      return found;
    },
  };
}

export interface Delivered {
  /** Ids accepted by the topic. */
  readonly published: ReadonlySet<string>;
  /** Ids also marked as published. The others will be published again, under the same id, by the sweeper. */
  readonly completed: ReadonlySet<string>;
  /** Ids of findings that are listed in a window of suppression instead: its closing message tells of them. */
  readonly suppressed: ReadonlySet<string>;
}

/** Requests to the table under way at once: most of the client's fifty sockets. */
const REQUESTS = 45;
/** Requests to the topic under way at once. */
const LANES = 6;
/** Findings of one request to the topic. */
const TOGETHER = 10;

/**
 * Publishes what is not suppressed, then marks what was accepted, in this order: a crash in between repeats a finding, and loses none. Some are
 * marked while others are published.
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
