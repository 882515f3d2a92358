import type { Gate } from "./gate.ts";
import type { HistoryTable, Pending } from "./table.ts";

/** A finding that is claimed and not known to be published: to publish it is the holder's duty. */
export type Duty = Pick<Pending, "findingId" | "outbox" | "windowMs" | "lastSeen"> & { readonly key: string };

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
  readonly onError: (error: unknown) => void;
}

export interface Delivered {
  /** Ids accepted by the topic. */
  readonly published: ReadonlySet<string>;
  /** Ids also marked as published. The others will be published again, under the same id, by the sweeper. */
  readonly completed: ReadonlySet<string>;
}

/** Requests to the table under way at once: half of the client's sockets. */
export const REQUESTS = 25;

/**
 * Publishes, then marks what was accepted, in this order: a crash in between repeats a finding, and loses none.
 * @param request each request to the table goes through it
 */
export async function deliver(
  duties: readonly Duty[],
  { table, publish, now, onError }: DeliverOptions,
  request: Gate,
): Promise<Delivered> {
  const published = duties.length === 0 ? new Set<string>() : await publish(duties, onError);
  const completed = new Set<string>();
  const accepted = duties.filter(({ findingId }) => published.has(findingId));
  await Promise.all(
    accepted.map(({ key, findingId, windowMs, lastSeen }) =>
      request(async () => {
        try {
          const done = { findingId, windowMs, lastSeen, now: now() };
          if (await table.complete(key, done)) completed.add(findingId);
        } catch (error) {
          onError(error);
        }
      }),
    ),
  );
  return { published, completed };
}
