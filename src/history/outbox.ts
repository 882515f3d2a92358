import type { HistoryTable, Pending } from "./table.ts";

/** A finding that is claimed and not known to be published: to publish it is the holder's duty. */
export type Duty = Pick<Pending, "findingId" | "outbox" | "windowMs" | "lastSeen"> & { readonly key: string };

/** Publishes stored findings as they are. Resolves to the ids that were accepted; an outage accepts none. */
export type Publish = (duties: readonly Duty[]) => Promise<ReadonlySet<string>>;

export interface Delivered {
  /** Ids accepted by the topic. */
  readonly published: ReadonlySet<string>;
  /** Ids also marked as published. The others will be published again, under the same id, by the sweeper. */
  readonly completed: ReadonlySet<string>;
}

/** Publishes, then marks what was accepted, in this order: a crash in between repeats a finding, and loses none. */
export async function deliver(
  duties: readonly Duty[],
  publish: Publish,
  table: HistoryTable,
  now: () => number,
  onError: (error: unknown) => void,
): Promise<Delivered> {
  const published = duties.length === 0 ? new Set<string>() : await publish(duties);
  const completed = new Set<string>();
  await inParallel(
    duties.filter(({ findingId }) => published.has(findingId)),
    async ({ key, ...duty }) => {
      try {
        if (await table.complete(key, { ...duty, now: now() })) completed.add(duty.findingId);
      } catch (error) {
        onError(error);
      }
    },
  );
  return { published, completed };
}

/** Requests under way at once: half of the client's sockets. */
const PARALLEL = 25;

export async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let from = 0; from < items.length; from += PARALLEL) {
    await Promise.all(items.slice(from, from + PARALLEL).map(work));
  }
}
