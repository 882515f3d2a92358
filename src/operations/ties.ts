/** Which messages may go: each holds entries, and an entry may lie in several messages. */
export interface Ties {
  /** Says that a message holds an entry. */
  tie(message: string, entry: string): void;
  /** Says that an entry is done with, now and whenever it comes again. */
  settle(entry: string): void;
  isSettled(entry: string): boolean;
  /** Messages all of whose entries are done with, and the other messages of these entries, too: none is left in part. */
  free(): string[];
  /** Takes a message that is gone out of it. */
  forget(message: string): void;
  /** How many messages are in it. */
  readonly size: number;
}

export function ties(): Ties {
  const entriesOf = new Map<string, Set<string>>();
  const messagesOf = new Map<string, Set<string>>();
  const settled = new Set<string>();

  function add(map: Map<string, Set<string>>, from: string, to: string): void {
    const set = map.get(from);
    if (set === undefined) map.set(from, new Set([to]));
    else set.add(to);
  }

  return {
    tie(message, entry) {
      add(entriesOf, message, entry);
      add(messagesOf, entry, message);
    },
    settle: (entry) => void settled.add(entry),
    isSettled: (entry) => settled.has(entry),
    free() {
      const stays = new Set<string>();
      for (const [message, entries] of entriesOf) {
        if ([...entries].some((entry) => !settled.has(entry))) stays.add(message);
      }
      // A set goes on to what is added while it is walked.
      for (const message of stays) {
        for (const entry of entriesOf.get(message) ?? []) {
          for (const other of messagesOf.get(entry) ?? []) stays.add(other);
        }
      }
      return [...entriesOf.keys()].filter((message) => !stays.has(message));
    },
    forget(message) {
      for (const entry of entriesOf.get(message) ?? []) {
        const messages = messagesOf.get(entry);
        messages?.delete(message);
        if (messages?.size === 0) messagesOf.delete(entry);
      }
      entriesOf.delete(message);
    },
    get size() {
      return entriesOf.size;
    },
  };
}
