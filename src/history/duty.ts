import { type Gate, gate } from "./gate.ts";
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

/** Requests to the table under way at once: most of the client's fifty sockets. */
const REQUESTS = 45;
/** Requests to the topic under way at once. */
const LANES = 6;

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
