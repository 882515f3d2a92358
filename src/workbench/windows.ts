import { WINDOW_MEMBERS } from "../history/suppression-window.ts";

/** What a new combination of a rule that suppresses comes to. */
interface Entered {
  /** True where its finding is published by itself; else a window lists it. */
  readonly isPublished: boolean;
  /** Of the first that a window lists: when that ends, and its closing message is due; epoch ms. */
  readonly closesAt?: number;
}

/** Windows of alert suppression by group, for counting: what src/history/suppression.ts does over a table. */
export interface Windows {
  /**
   * Takes new combinations in order of time.
   * @param batch what is decided together joins a window together: one that was full before takes none of it
   */
  enter(group: string, at: number, durationMs: number, batch: number): Entered;
}

interface Window {
  readonly end: number;
  members: number;
  /** How many it listed when the batch began. */
  before: number;
  batch: number;
}

/** Groups are as many as a sender likes: windows that are over are let go. */
const KEPT = 10_000;

export function windows(): Windows {
  const current = new Map<string, Window>();
  let most = KEPT;

  return {
    enter(group, at, durationMs, batch) {
      const window = current.get(group);
      if (window !== undefined && window.batch !== batch) {
        window.batch = batch;
        window.before = window.members;
      }
      if (window !== undefined && at <= window.end && window.before < WINDOW_MEMBERS) {
        window.members++;
        return window.members === 1 ? { isPublished: false, closesAt: window.end } : { isPublished: false };
      }
      current.set(group, { end: at + durationMs, members: 0, before: 0, batch });
      if (current.size > most) {
        for (const [key, { end }] of current) if (end < at) current.delete(key);
        most = Math.max(KEPT, current.size * 2);
      }
      return { isPublished: true };
    },
  };
}
