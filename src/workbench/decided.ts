import type { Seen } from "./observer.ts";

/** What became of one sighting, and of the history's item for it. */
export interface Decided {
  readonly seen: Seen;
  readonly verdict: "new" | "known" | "learned";
  /** When the combination was last seen before, as the history had it; epoch ms. */
  readonly previousSeen: number | undefined;
  /** Of the finding that was made. */
  readonly findingId?: string;
  /** It is new, and counted into a window of alert suppression: its closing message tells of it. */
  readonly suppressed?: true;
}
