import { closingId, windowKey } from "./key.ts";
import { type CurrentWindow, WINDOW_KEPT_MS, WINDOW_MEMBERS } from "./suppression-window.ts";
import {
  type Count,
  counterExpiry,
  expiry,
  type HistoryTable,
  type Item,
  MOST_COUNTED,
  PENDING_PAGE,
  type Pending,
  type Reading,
  type Started,
} from "./table.ts";

/** A history in the process's memory, by the same conditions as the DynamoDB table. */
export interface MemoryTable extends HistoryTable {
  /** What DynamoDB's TTL does in its own time: deletes each item whose stamp has passed. */
  expire(now: number): void;
  /** Every item by key, for whoever wants to look. */
  readonly items: ReadonlyMap<string, Stored>;
  /** Every fragment by digest; whoever wants one lost, deletes it. */
  readonly fragments: Map<string, Uint8Array>;
  /** Each rule's start, by its key. */
  readonly began: Map<string, Started>;
  /** Every counter by key. */
  readonly counters: Map<string, Count & { readonly expires: number }>;
}

type Stored = Item & {
  /** TTL stamp in epoch seconds; a pending item has none and so cannot be deleted. */
  readonly expires?: number;
};

export function memoryTable(): MemoryTable {
  const items = new Map<string, Stored>();
  const fragments = new Map<string, Uint8Array>();
  const windows = new Map<string, CurrentWindow>();
  /** By opener; of closed windows too. */
  const listed = new Map<string, Set<string>>();

  const began: MemoryTable["began"] = new Map();
  const counters: MemoryTable["counters"] = new Map();

  function withMembers<T extends Item | undefined>(item: T): T {
    if (item?.state !== "P" || item.closing === undefined) return item;
    const { closing } = item;
    return { ...item, closing: { ...closing, members: [...(listed.get(closing.opener) ?? [])] } };
  }

  return {
    items,
    fragments,
    began,
    counters,

    async read(keys) {
      return new Map(
        keys.flatMap((key): [string, Reading][] => {
          const item = items.get(key);
          if (item === undefined) return [];
          const seen = { firstSeen: item.firstSeen, lastSeen: item.lastSeen };
          if (item.state !== "P") return [[key, { state: item.state, ...seen }]];
          const { state, leaseUntil, attempts, triggerId } = item;
          return [[key, { state, ...seen, leaseUntil, attempts, triggerId }]];
        }),
      );
    },

    async get(key) {
      return withMembers(items.get(key));
    },

    async claim(key, { ruleId: _, preview: __, ...rest }) {
      const item = items.get(key);
      const free = item === undefined || (item.state !== "P" && item.lastSeen < rest.firstSeen - rest.windowMs);
      if (!free) return { claimed: false, item };
      items.set(key, { state: "P", ...rest, attempts: 0 });
      return { claimed: true };
    },

    async complete(key, { findingId, now, windowMs, lastSeen }) {
      const item = items.get(key);
      if (item?.state !== "P" || item.findingId !== findingId) return false;
      const expires = expiry(Math.max(now, lastSeen), windowMs);
      items.set(key, { state: "D", firstSeen: item.firstSeen, lastSeen: item.lastSeen, expires });
      return true;
    },

    async refresh(key, { lastSeen, windowMs }) {
      const item = items.get(key);
      if (item === undefined || item.state === "P" || item.lastSeen >= lastSeen) return false;
      items.set(key, { ...item, lastSeen, expires: expiry(lastSeen, windowMs) });
      return true;
    },

    async refreshPending(key, lastSeen) {
      const item = items.get(key);
      if (item?.state !== "P" || item.lastSeen >= lastSeen) return false;
      items.set(key, { ...item, lastSeen });
      return true;
    },

    async takeOver(key, { findingId, seen, until }) {
      const item = items.get(key);
      if (item?.state !== "P" || item.findingId !== findingId || item.leaseUntil !== seen) return undefined;
      const adopted: Pending = { ...item, leaseUntil: until, attempts: item.attempts + 1 };
      items.set(key, adopted);
      return withMembers(adopted);
    },

    async learn(key, { lastSeen, windowMs }) {
      const item = items.get(key);
      if (item !== undefined && (item.state === "P" || item.lastSeen >= lastSeen)) return false;
      const { state = "L", firstSeen = lastSeen } = item ?? {};
      items.set(key, { state, firstSeen, lastSeen, expires: expiry(lastSeen, windowMs) });
      return true;
    },

    async keepFragment(digest, fragment) {
      fragments.set(digest, fragment);
      return true;
    },

    async fragment(digest) {
      return fragments.get(digest);
    },

    async starts(keys) {
      return new Map(
        keys.flatMap((key): [string, Started][] => {
          const start = began.get(key);
          return start === undefined ? [] : [[key, start]];
        }),
      );
    },

    async start(key, { at }) {
      const start = began.get(key) ?? { since: at, shown: at };
      began.set(key, start);
      return start.since;
    },

    async startEarlier(key, at) {
      const start = began.get(key);
      if (start === undefined || at >= start.since) return false;
      began.set(key, { ...start, since: at });
      return true;
    },

    async counts(keys) {
      return new Map(
        keys.flatMap((key): [string, Count][] => {
          const found = counters.get(key);
          if (found === undefined) return [];
          const { expires: _, ...count } = found;
          return [[key, count]];
        }),
      );
    },

    async count(key, { by, at, windowMs }) {
      const { combinations = 0, firstSeen = at } = counters.get(key) ?? {};
      if (combinations > MOST_COUNTED) return false;
      const expires = counterExpiry(at, windowMs);
      counters.set(key, { combinations: combinations + by, firstSeen, lastSeen: at, expires });
      return true;
    },

    async recount(key, before, { windowMs, ruleId: _, ...count }) {
      if (counters.get(key)?.combinations !== before?.combinations) return false;
      counters.set(key, { ...count, expires: counterExpiry(count.lastSeen, windowMs) });
      return true;
    },

    async pending(partition) {
      // No index, and nothing to spread over one: all that is pending is in the first partition.
      if (partition !== 0) return [];
      const pending = [...items].flatMap(([key, item]) =>
        item.state === "P" ? [{ key, leaseUntil: item.leaseUntil }] : [],
      );
      return pending.sort((a, b) => a.leaseUntil - b.leaseUntil).slice(0, PENDING_PAGE);
    },

    async currentWindow(group) {
      return windows.get(group);
    },

    async openWindow({ opener, start, end, due, outbox }) {
      const key = windowKey(opener);
      if (items.has(key)) return;
      const seen = { firstSeen: start, lastSeen: end, windowMs: WINDOW_KEPT_MS };
      const finding = { findingId: closingId(opener), triggerId: "", outbox, closing: { opener, end, members: [] } };
      items.set(key, { state: "P", ...seen, ...finding, leaseUntil: due, attempts: 0 });
      listed.set(opener, new Set());
    },

    async succeed(group, seen, next) {
      if (windows.get(group)?.opener !== seen) return false;
      windows.set(group, next);
      return true;
    },

    async join(opener, members) {
      const item = items.get(windowKey(opener));
      const list = listed.get(opener);
      if (item?.state !== "P" || item.attempts > 0 || list === undefined || list.size >= WINDOW_MEMBERS) return false;
      for (const member of members) list.add(member);
      return true;
    },

    async members(opener) {
      return [...(listed.get(opener) ?? [])];
    },

    async decideFate(key, { findingId, from, to }) {
      const item = items.get(key);
      if (item?.state !== "P" || item.findingId !== findingId || item.suppression?.fate !== from) return false;
      if (item.suppression === undefined) return false;
      items.set(key, { ...item, suppression: { ...item.suppression, fate: to } });
      return true;
    },

    expire(now) {
      for (const [key, { expires }] of items) if (expires !== undefined && expires < now / 1000) items.delete(key);
      for (const opener of listed.keys()) if (!items.has(windowKey(opener))) listed.delete(opener);
      for (const [key, { expires }] of counters) if (expires < now / 1000) counters.delete(key);
    },
  };
}
