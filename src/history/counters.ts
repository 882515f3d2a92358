import { gate } from "./gate.ts";
import { type Count, type HistoryTable, MOST_COUNTED, READ_LIMIT } from "./table.ts";

/** The counters that a sighting is about: one for each value of its combination. */
export interface Counted {
  readonly keys: readonly string[];
  readonly ruleId: string;
  /** Epoch ms. */
  readonly at: number;
  readonly windowMs: number;
}

/**
 * How common the values of new combinations are: told before their findings are sealed, counted after they are claimed.
 * Best effort. No method rejects or takes long, and of a storm only the beginning is counted: no decision depends on it.
 */
export interface Counters {
  /** Reads what is counted of these. */
  look(counted: readonly Counted[]): Promise<void>;
  /** What look has read; undefined of a key where it could not be, and of one that nothing is counted of, a zero. */
  get(key: string): Count | typeof NOTHING | undefined;
  /** Counts these, each of them once. */
  count(counted: readonly Counted[]): Promise<void>;
}

const NOTHING = { combinations: 0 } as const;

/** Of one delivery: keys that are read, and counters that are written. A hundred keys are a request. */
const MOST_READ = 2000;
const MOST_WRITTEN = 500;
const WRITES_AT_ONCE = 8;
/** How long whoever looks or counts waits. */
const PATIENCE_MS = 300;

/**
 * For one delivery.
 * @param table asked beside what decides, and never waited for longer than PATIENCE_MS
 */
export function countersOf(table: Pick<HistoryTable, "counts" | "count">, onError: (error: unknown) => void): Counters {
  const read = new Map<string, Count | typeof NOTHING>();
  const write = gate(WRITES_AT_ONCE);
  let reads = 0;
  let writes = 0;
  let isDown = false;
  /** One look is waited for in vain, and no other: a combination may be new again and again. */
  let isSlow = false;

  /** Told once: what fails a thousand times fails for one reason. */
  function fail(error: unknown): void {
    if (!isDown) onError(error);
    isDown = true;
  }

  /** What comes later in the delivery is told of what came before. */
  function know(key: string, { by, at }: { readonly by: number; readonly at: number }): void {
    const before = read.get(key);
    if (before === undefined) return;
    const firstSeen = "firstSeen" in before ? before.firstSeen : at;
    read.set(key, { combinations: before.combinations + by, firstSeen, lastSeen: at });
  }

  return {
    async look(counted) {
      if (isSlow) return;
      const wanted = new Set(counted.flatMap(({ keys }) => keys));
      const keys = [...wanted].filter((key) => !read.has(key)).slice(0, MOST_READ - reads);
      reads += keys.length;
      const pages = Array.from({ length: Math.ceil(keys.length / READ_LIMIT) }, async (_, index) => {
        if (isDown) return;
        const page = keys.slice(index * READ_LIMIT, (index + 1) * READ_LIMIT);
        try {
          const found = await table.counts(page);
          for (const key of page) read.set(key, found.get(key) ?? NOTHING);
        } catch (error) {
          fail(error);
        }
      });
      if (!(await withPatience(pages))) isSlow = true;
    },

    get: (key) => read.get(key),

    async count(counted) {
      const sums = new Map<string, { by: number; at: number; readonly windowMs: number; readonly ruleId: string }>();
      for (const { keys, at, ...rest } of counted) {
        for (const key of keys) {
          const sum = sums.get(key) ?? { ...rest, by: 0, at };
          sums.set(key, sum);
          sum.by++;
          sum.at = Math.max(sum.at, at);
        }
      }
      const due = [...sums].filter(([key]) => (read.get(key)?.combinations ?? 0) <= MOST_COUNTED);
      // What many share is told of most findings, and costs one write for all of them.
      const some = due.sort(([, a], [, b]) => b.by - a.by).slice(0, MOST_WRITTEN - writes);
      writes += some.length;
      const deadline = Date.now() + PATIENCE_MS;
      await withPatience(
        some.map(([key, more]) =>
          write(async () => {
            if (isDown || Date.now() > deadline) return;
            try {
              await table.count(key, more);
              know(key, more);
            } catch (error) {
              fail(error);
            }
          }),
        ),
      );
    },
  };
}

/** @returns whether it was done in time */
async function withPatience(work: readonly Promise<void>[]): Promise<boolean> {
  if (work.length === 0) return true;
  const over = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => over.resolve(false), PATIENCE_MS);
  const isDone = await Promise.race([Promise.all(work).then(() => true), over.promise]);
  clearTimeout(timer);
  return isDone;
}
