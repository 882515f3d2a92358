import { type KnownCache, refreshStep } from "../../history/settle.ts";
import type { HistoryTable } from "../../history/table.ts";
import { beforeNow } from "../../rule/window.ts";

interface Memory {
  readonly history: HistoryTable;
  readonly known: KnownCache;
}

const NOTHING: KnownCache = { get: () => undefined, set: () => undefined };

/**
 * A history whose last seen may get as stale as a scenario says, where that is not as stale as the engine lets it get:
 * what it refreshes too often is not written, and what it refreshes too seldom looks older than it is when it is read.
 * That may cost a claim, and a claim knows better.
 * @param refresh e.g. `1h`; undefined for the engine's own step
 */
export function withRefreshStep({ history, known }: Memory, windowMs: number, refresh: string | undefined): Memory {
  const own = refreshStep(windowMs);
  const step = refresh === undefined ? own : beforeNow(`now-${refresh}`);
  if (step === undefined) throw new Error(`"${refresh}" is not a duration such as 1h`);
  if (step === own) return { history, known };
  const aged = Math.max(own - step, 0);
  const isDue = async (key: string, lastSeen: number): Promise<boolean> => {
    const item = await history.get(key);
    return item !== undefined && lastSeen - item.lastSeen >= step;
  };
  return {
    known: NOTHING,
    history: {
      ...history,
      async read(keys) {
        const readings = await history.read(keys);
        return new Map(
          [...readings].map(([key, reading]) => [key, { ...reading, lastSeen: reading.lastSeen - aged }] as const),
        );
      },
      refresh: async (key, seen) => (await isDue(key, seen.lastSeen)) && history.refresh(key, seen),
      refreshPending: async (key, seen) => (await isDue(key, seen)) && history.refreshPending(key, seen),
    },
  };
}
