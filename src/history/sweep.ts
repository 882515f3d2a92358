import { OUTBOX_PARTITIONS } from "./key.ts";
import { type Duty, deliver, inParallel, type Publish } from "./outbox.ts";
import type { HistoryTable } from "./table.ts";

export interface SweepOptions {
  readonly table: HistoryTable;
  readonly publish: Publish;
  readonly now: () => number;
  readonly mayStart: () => boolean;
  readonly onError: (error: unknown) => void;
}

export interface SweepReport {
  /** Pending findings whose lease had ended. */
  readonly due: number;
  readonly published: number;
  /** The most often adopted of them, an alarm's number: over 5 means publishing has failed for half an hour. */
  readonly mostAttempts: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** How long a finding is left alone after its nth adoption: 1, 2, 4 minutes, an hour at most, for ever. */
function backoff(attempts: number): number {
  return Math.min(MINUTE_MS * 2 ** attempts, HOUR_MS);
}

/** Adopts the findings of invocations that died after their claim, publishes them as stored, and completes them. */
export async function sweep(options: SweepOptions): Promise<SweepReport> {
  const { table, publish, now, mayStart, onError } = options;
  const report = { due: 0, published: 0, mostAttempts: 0 };

  async function adopt(key: string): Promise<Duty | undefined> {
    const item = await table.get(key);
    // The index follows the table with a delay: the item itself decides.
    if (item?.state !== "P" || item.leaseUntil > now()) return undefined;
    const { findingId, leaseUntil } = item;
    const adopted = await table.takeOver(key, { findingId, seen: leaseUntil, until: now() + backoff(item.attempts) });
    if (adopted === undefined) return undefined;
    report.mostAttempts = Math.max(report.mostAttempts, adopted.attempts);
    return { key, findingId, outbox: adopted.outbox, windowMs: adopted.windowMs, lastSeen: adopted.lastSeen };
  }

  for (let partition = 0; partition < OUTBOX_PARTITIONS; partition++) {
    // Each adoption moves its item out of the page, so the next page is the first again.
    for (let adopted = -1; adopted !== 0 && mayStart(); ) {
      const duties: Duty[] = [];
      try {
        await inParallel(await table.due(partition, now()), async (key) => {
          const duty = await adopt(key);
          if (duty !== undefined) duties.push(duty);
        });
      } catch (error) {
        onError(error);
      }
      const { published } = await deliver(duties, publish, table, now, onError);
      adopted = duties.length;
      report.due += duties.length;
      report.published += published.size;
    }
  }
  return report;
}
