import type { Publisher } from "../finding/publisher.ts";
import type { HistoryTable } from "../history/table.ts";
import type { Send } from "./send.ts";

// Ports that are opened when they are first used. Most batches match nothing, and a start has no time for what they do
// not need: loading the AWS clients takes longer than all else.

export function lazyTable(open: () => Promise<HistoryTable>): HistoryTable {
  const table = once(open);
  return {
    read: async (keys) => (await table()).read(keys),
    get: async (key) => (await table()).get(key),
    claim: async (key, claim) => (await table()).claim(key, claim),
    complete: async (key, done) => (await table()).complete(key, done),
    refresh: async (key, seen) => (await table()).refresh(key, seen),
    refreshPending: async (key, lastSeen) => (await table()).refreshPending(key, lastSeen),
    takeOver: async (key, lease) => (await table()).takeOver(key, lease),
    learn: async (key, learned) => (await table()).learn(key, learned),
    keepFragment: async (digest, fragment) => (await table()).keepFragment(digest, fragment),
    fragment: async (digest) => (await table()).fragment(digest),
    starts: async (keys) => (await table()).starts(keys),
    start: async (key, start) => (await table()).start(key, start),
    startEarlier: async (key, at) => (await table()).startEarlier(key, at),
    counts: async (keys) => (await table()).counts(keys),
    count: async (key, more) => (await table()).count(key, more),
    recount: async (key, before, count) => (await table()).recount(key, before, count),
    pending: async (partition) => (await table()).pending(partition),
    currentWindow: async (group) => (await table()).currentWindow(group),
    openWindow: async (opening) => (await table()).openWindow(opening),
    succeed: async (group, seen, next) => (await table()).succeed(group, seen, next),
    join: async (opener, members) => (await table()).join(opener, members),
    members: async (opener) => (await table()).members(opener),
    decideFate: async (key, fate) => (await table()).decideFate(key, fate),
  };
}

export function lazyPublisher(open: () => Promise<Publisher>): Publisher {
  const publisher = once(open);
  return { publish: async (messages) => (await publisher()).publish(messages) };
}

export function lazySend(open: () => Promise<Send>): Send {
  const send = once(open);
  return async (bodies, signal) => (bodies.length === 0 ? new Set() : (await send())(bodies, signal));
}

/** What cannot be opened is tried again the next time. */
function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
}
