import type { HistoryTable } from "./table.ts";

/** A table whose fragments a warm environment asks for once. */
export interface RememberingTable extends HistoryTable {
  /** True where this environment knows that the fragment is stored. Asks nobody. */
  hasFragment(digest: string): boolean;
}

/** Of a few KB each; there are as many as versions of rules at work. */
const MAX_FRAGMENTS = 500;
/** After a failure no fragment is written for so long: findings are stored whole meanwhile, and wait for nothing. */
const PAUSE_MS = 60_000;

/** Nobody deletes a fragment; should somebody empty or restore the table, it is there again within so long. */
const TRUST_MS = 3_600_000;

/**
 * Remembers the fragments that were stored or found: their content for good, and that they are stored for an hour.
 * @param now epoch ms
 */
export function remembering(table: HistoryTable, now: () => number = Date.now): RememberingTable {
  const known = new Map<string, { readonly fragment: Uint8Array; readonly at: number }>();
  const writes = new Map<string, Promise<boolean>>();
  let pausedUntil = Number.NEGATIVE_INFINITY;

  function remember(digest: string, fragment: Uint8Array): void {
    known.set(digest, { fragment, at: now() });
    const [oldest] = known.keys();
    if (known.size > MAX_FRAGMENTS && oldest !== undefined) known.delete(oldest);
  }

  function hasFragment(digest: string): boolean {
    const { at = Number.NEGATIVE_INFINITY } = known.get(digest) ?? {};
    return now() - at < TRUST_MS;
  }

  async function write(digest: string, fragment: Uint8Array): Promise<boolean> {
    try {
      const isKept = await table.keepFragment(digest, fragment);
      if (isKept) remember(digest, fragment);
      return isKept;
    } catch (error) {
      pausedUntil = now() + PAUSE_MS;
      throw error;
    } finally {
      writes.delete(digest);
    }
  }

  return {
    ...table,

    hasFragment,

    async keepFragment(digest, fragment) {
      if (hasFragment(digest)) return true;
      if (now() < pausedUntil) return false;
      const sooner = writes.get(digest);
      // Who began it is told of its failure.
      if (sooner !== undefined) return sooner.catch(() => false);
      const own = write(digest, fragment);
      writes.set(digest, own);
      return own;
    },

    async fragment(digest) {
      const remembered = known.get(digest)?.fragment;
      if (remembered !== undefined) return remembered;
      const fragment = await table.fragment(digest);
      if (fragment !== undefined) remember(digest, fragment);
      return fragment;
    },
  };
}
