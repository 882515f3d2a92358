import { type DeliverOptions, type Duty, deliverGates, dutyOf } from "./duty.ts";
import { gate } from "./gate.ts";
import { isWindowKey } from "./key.ts";
import { deliver } from "./outbox.ts";
import { OUTBOX_PARTITIONS, type OutboxEntry, PENDING_PAGE } from "./table.ts";

export type SweepOptions = DeliverOptions;

interface SweepReport {
  /** Pending findings whose lease had ended. */
  readonly due: number;
  readonly published: number;
  /** Findings that were listed in a window of suppression instead. */
  readonly suppressed: number;
  /** Findings still pending, leases alive or not: of each partition no more than PENDING_PAGE are counted. */
  readonly pending: number;
  /** How long ago the oldest of them was first seen, by arrival; 0 where there is none. */
  readonly oldestSeconds: number;
  /**
   * The same of those that were adopted, and are not out for it: an alarm's number. Of a backlog the findings just
   * claimed are old too, and somebody is at work on them.
   */
  readonly overdueSeconds: number;
  /** The most often adopted of them: over 5 means publishing has failed for half an hour. */
  readonly mostAttempts: number;
  /** Items, and pages of the outbox, that an error kept from being worked. */
  readonly failed: number;
}

export interface Sweep {
  readonly report: SweepReport;
  /** Where partitions could not be read, how many and why: what waits in them is in none of the numbers. */
  readonly failure: Error | undefined;
}

/** Partitions worked side by side. */
const PARTITIONS = 4;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** How long a finding is left alone after its nth adoption: 1, 2, 4 minutes, an hour at most, for ever. */
function backoff(attempts: number): number {
  return Math.min(MINUTE_MS * 2 ** attempts, HOUR_MS);
}

/**
 * Adopts the findings of invocations that died after their claim, publishes them as stored, and completes them. A
 * failure costs its own item, or its own partition, and is in the report: it never rejects.
 */
export async function sweep(options: SweepOptions): Promise<Sweep> {
  const { table, now, mayStart, onError } = options;
  const gates = deliverGates();
  const turn = gate(PARTITIONS);
  const report = {
    due: 0,
    published: 0,
    suppressed: 0,
    pending: 0,
    oldestSeconds: 0,
    overdueSeconds: 0,
    mostAttempts: 0,
    failed: 0,
  };
  const causes: unknown[] = [];
  let oldest = Number.POSITIVE_INFINITY;
  let overdue = Number.POSITIVE_INFINITY;

  function fail(error: unknown): void {
    report.failed++;
    onError(error);
  }

  // Each run begins one partition further: time that runs out is not always missed by the same ones.
  const begin = Math.floor(now() / MINUTE_MS);
  const partitions = Array.from({ length: OUTBOX_PARTITIONS }, (_, step) => (begin + step) % OUTBOX_PARTITIONS);
  await Promise.all(
    partitions.map((partition) =>
      turn(async () => {
        try {
          if (mayStart()) await age(await work(partition));
        } catch (error) {
          causes.push(error);
          fail(error);
        }
      }),
    ),
  );
  report.oldestSeconds = secondsSince(oldest, now());
  report.overdueSeconds = secondsSince(overdue, now());
  return { report, failure: causes.length === 0 ? undefined : unreadError(causes) };

  /** Works one partition, a page at a time. @returns those of the last page that are still pending */
  async function work(partition: number): Promise<string[]> {
    const tried = new Set<string>();
    const settled = new Set<string>();
    for (;;) {
      const page = await table.pending(partition);
      // What was adopted has moved out of the page's beginning. What could not be adopted has its next try in the next
      // run: a page with nothing else in it is the last.
      const due = page.filter(({ key, leaseUntil }) => leaseUntil <= now() && !tried.has(key));
      for (const { key } of due) tried.add(key);
      await workPage(due, settled);
      if (due.length === 0 || page.length < PENDING_PAGE || !mayStart()) {
        return page.flatMap(({ key }) => (settled.has(key) ? [] : [key]));
      }
    }
  }

  async function workPage(due: readonly OutboxEntry[], settled: Set<string>): Promise<void> {
    const duties: Duty[] = [];
    const adoptions = due.map(({ key }) =>
      gates.request(async () => {
        try {
          const duty = await adopt(key, settled);
          if (duty !== undefined) duties.push(duty);
        } catch (error) {
          fail(error);
        }
      }),
    );
    await Promise.all(adoptions);
    const { published, completed, suppressed } = await deliver(duties, options, gates);
    report.published += published.size;
    report.suppressed += suppressed.size;
    for (const { key, findingId } of duties) if (completed.has(findingId)) settled.add(key);
  }

  async function adopt(key: string, settled: Set<string>): Promise<Duty | undefined> {
    const item = await table.get(key);
    // The index follows the table with a delay: the item itself decides.
    if (item?.state !== "P") {
      settled.add(key);
      return undefined;
    }
    if (item.leaseUntil > now()) return undefined;
    report.due++;
    const { findingId, leaseUntil } = item;
    const adopted = await table.takeOver(key, { findingId, seen: leaseUntil, until: now() + backoff(item.attempts) });
    if (adopted === undefined) return undefined;
    report.mostAttempts = Math.max(report.mostAttempts, adopted.attempts);
    return dutyOf(key, adopted);
  }

  /** Counts what is pending, and looks how old it is. */
  async function age(keys: readonly string[]): Promise<void> {
    report.pending += keys.length;
    if (keys.length === 0) return;
    for (const [key, item] of await table.read(keys)) {
      // A window of suppression that is open is not late: it is published when it is over.
      if (item.state !== "P" || (isWindowKey(key) && item.attempts === 0)) {
        report.pending--;
        continue;
      }
      oldest = Math.min(oldest, item.firstSeen);
      if (item.attempts > 0) overdue = Math.min(overdue, item.firstSeen);
    }
  }
}

function secondsSince(then: number, now: number): number {
  return then <= now ? Math.round((now - then) / 1000) : 0;
}

function unreadError(causes: readonly unknown[]): Error {
  const [cause] = causes;
  const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  const count = `${causes.length} of ${OUTBOX_PARTITIONS}`;
  return new Error(`${count} partitions of the outbox could not be read, the first for ${reason}`, { cause });
}
