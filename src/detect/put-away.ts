import type { Quarantine } from "../stream/quarantine.ts";
import type { Ledger } from "./ledger.ts";
import type { PutAway } from "./read.ts";

/** Bytes on their way to quarantine while all else goes on. */
export interface PuttingAway {
  add(entries: readonly PutAway[]): void;
  /**
   * Waits for what is under way, until the signal is aborted.
   * @returns indexes of the records whose bytes are not known to be safe
   */
  end(patience: AbortSignal): Promise<ReadonlySet<number>>;
}

/** Puts away in order, beside deciding: a quarantine that is slow or down holds nothing else up. */
export function puttingAway(
  quarantine: Quarantine,
  onError: (error: unknown) => void,
  ledger: Pick<Ledger, "quarantineFailed">,
): PuttingAway {
  const over = new AbortController();
  const unsafe = new Set<number>();
  let underWay: Promise<void> | undefined;

  async function put(entries: readonly PutAway[], before: Promise<void> | undefined): Promise<void> {
    await before;
    let safe: ReadonlySet<unknown> = new Set();
    try {
      const all = entries.map(({ entry }) => entry);
      safe = over.signal.aborted ? safe : await untilAborted(quarantine(all, over.signal), over.signal);
    } catch (error) {
      onError(error);
    }
    for (const { record, entry } of entries) {
      if (safe.has(entry)) continue;
      ledger.quarantineFailed += entry.rejected.length;
      unsafe.add(record);
    }
  }

  return {
    add(entries) {
      if (entries.length > 0) underWay = put(entries, underWay);
    },
    async end(patience) {
      if (underWay === undefined) return unsafe;
      const stop = () => over.abort();
      if (patience.aborted) stop();
      patience.addEventListener("abort", stop, { once: true });
      await underWay;
      patience.removeEventListener("abort", stop);
      return unsafe;
    },
  };
}

/** How long a port may take to notice that it was told to stop, ms. */
const NOTICE_MS = 250;

/** What a promise resolves to, or nothing soon after the signal is aborted: a port that hangs does not hold the answer. */
function untilAborted<T>(promise: Promise<ReadonlySet<T>>, signal: AbortSignal): Promise<ReadonlySet<T>> {
  return new Promise((resolve, reject) => {
    const giveUp = () => setTimeout(() => resolve(new Set()), NOTICE_MS);
    signal.addEventListener("abort", giveUp, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}
