import type { Closing, Suppression, SuppressionTable } from "./suppression-window.ts";

/** An item without an unpublished finding: D, published; L, seen while learning. */
interface Settled {
  readonly state: "D" | "L";
  /** The sighting that made the combination new, or the first while learning; epoch ms. */
  readonly firstSeen: number;
  /** Latest sighting, epoch ms. Only grows. */
  readonly lastSeen: number;
}

/** A claimed combination whose finding is not known to be published: the item is its own outbox. */
export interface Pending {
  readonly state: "P";
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly findingId: string;
  /** The event that made the combination new. */
  readonly triggerId: string;
  /** The finding as it was sealed. */
  readonly outbox: Uint8Array;
  /** Until then, epoch ms, whoever claimed or took over is at work on it. */
  readonly leaseUntil: number;
  /** How often it was taken over. */
  readonly attempts: number;
  /** The rule's window, so that anyone can complete the item. */
  readonly windowMs: number;
  /** Of a combination whose finding may be suppressed. */
  readonly suppression?: Suppression | undefined;
  /** Of an item that is a window of suppression, and no combination. */
  readonly closing?: Closing | undefined;
}

export type Item = Settled | Pending;

/** What an eventually consistent read tells. It may be stale, and may confirm no more than *known*. */
export type Reading = Settled | Omit<Pending, "findingId" | "outbox" | "windowMs" | "suppression" | "closing">;

/** What the outbox index tells of a pending item. It follows the table with a delay: the item itself decides. */
export interface OutboxEntry {
  readonly key: string;
  /** Epoch ms. */
  readonly leaseUntil: number;
}

export interface Claim extends Omit<Pending, "state" | "attempts" | "closing"> {
  readonly ruleId: string;
  /** The combination for people to read, bounded. */
  readonly preview: readonly string[];
}

export interface Learned {
  readonly lastSeen: number;
  readonly windowMs: number;
  readonly ruleId: string;
  readonly preview: readonly string[];
}

/** Since when a rule's history is kept. */
export interface Start {
  /** Epoch ms, of the stream: the arrival of what the rule was first shown. */
  readonly at: number;
  /** For people, and for `status`. */
  readonly ruleId: string;
  readonly windowMs: number;
}

/** A rule's start as it is kept. */
export interface Started {
  /** Since when its history is kept, epoch ms. A backfill moves it back. */
  readonly since: number;
  /** When a function first showed it the stream: what arrived from then on is for the functions to see. */
  readonly shown: number;
}

/** How common a value of one of a rule's fields is. Approximate: it may miss sightings, and count some twice. */
export interface Count {
  /** New combinations that held it. Past MOST_COUNTED nobody counts on. */
  readonly combinations: number;
  /** The first of them, and the last that was counted; epoch ms. */
  readonly firstSeen: number;
  readonly lastSeen: number;
}

/**
 * The history of combinations. Each verb is one conditional write; a condition that does not hold is an answer, not an
 * error. Every method rejects when the table cannot be asked: then nothing is known of the outcome.
 */
export interface HistoryTable extends SuppressionTable {
  /** State and times, and of pending ones lease, attempts and trigger, of up to READ_LIMIT distinct keys, eventually consistent; keys not in the answer were not found. */
  read(keys: readonly string[]): Promise<ReadonlyMap<string, Reading>>;
  /** One item, strongly consistent. */
  get(key: string): Promise<Item | undefined>;
  /** Makes a combination known and stores its finding, unless it is known, or pending. */
  claim(key: string, claim: Claim): Promise<ClaimOutcome>;
  /** Marks a finding as published and lets the item age. */
  complete(
    key: string,
    done: { readonly findingId: string; readonly now: number; readonly windowMs: number; readonly lastSeen: number },
  ): Promise<boolean>;
  /** Moves last seen of a settled item forward. */
  refresh(key: string, seen: { readonly lastSeen: number; readonly windowMs: number }): Promise<boolean>;
  /** Moves last seen of a pending item forward; it still does not age. */
  refreshPending(key: string, lastSeen: number): Promise<boolean>;
  /** Adopts a pending item whose lease is still the one that was seen. */
  takeOver(
    key: string,
    lease: { readonly findingId: string; readonly seen: number; readonly until: number },
  ): Promise<Pending | undefined>;
  /** Makes a combination known without a finding. */
  learn(key: string, learned: Learned): Promise<boolean>;
  /**
   * Stores what many findings have the same, unless it is there. It stays as long as the table does.
   * @param digest of its content, so that who stores it a second time stores the same
   * @returns true once it is there; false where it is not tried, and findings must be stored whole
   */
  keepFragment(digest: string, fragment: Uint8Array): Promise<boolean>;
  /** What keepFragment stored, strongly consistent: what is not found is not there. */
  fragment(digest: string): Promise<Uint8Array | undefined>;
  /** The starts of up to READ_LIMIT rules, strongly consistent; keys not in the answer have not begun. */
  starts(keys: readonly string[]): Promise<ReadonlyMap<string, Started>>;
  /** Begins a rule's history, unless it has begun. Nothing deletes it. @returns since when it is kept, epoch ms */
  start(key: string, start: Start): Promise<number>;
  /** Moves a beginning that there is back, never forward. @param at epoch ms */
  startEarlier(key: string, at: number): Promise<boolean>;
  /** What is counted of up to READ_LIMIT values, eventually consistent. */
  counts(keys: readonly string[]): Promise<ReadonlyMap<string, Count>>;
  /** Counts new combinations of a value, last seen `at`, until there are more than MOST_COUNTED. */
  count(
    key: string,
    more: { readonly by: number; readonly at: number; readonly windowMs: number; readonly ruleId: string },
  ): Promise<boolean>;
  /** Puts a count in the place of one that is still what it was; of none, where `before` is undefined. */
  recount(
    key: string,
    before: Count | undefined,
    count: Count & { readonly windowMs: number; readonly ruleId: string },
  ): Promise<boolean>;
  /** The first PENDING_PAGE pending items of one of the OUTBOX_PARTITIONS, soonest lease end first. */
  pending(partition: number): Promise<readonly OutboxEntry[]>;
}

type ClaimOutcome =
  | { readonly claimed: true }
  /** The item in the way; undefined where it was gone when looked at. */
  | { readonly claimed: false; readonly item: Item | undefined };

/** Keys of one read: BatchGetItem's limit. */
export const READ_LIMIT = 100;

/** Spread of the outbox index, so that pending items never meet in one hot partition. */
export const OUTBOX_PARTITIONS = 16;

/** Pending items that are told of at once: not more than READ_LIMIT, so that one read can look at them all. */
export const PENDING_PAGE = 100;

/** What is over it is only "over 1,000": a value that everybody has is written no more. */
export const MOST_COUNTED = 1000;

/** Longest lag of a consumer that history must bridge: the stream's retention of 7 days, and a day. */
export const LAG_MS = 8 * 86_400_000;

/**
 * When an item may be deleted, in epoch *seconds*: past the window for any record still in the stream. Deletion is
 * garbage collection; no decision depends on it.
 */
export function expiry(lastSeen: number, windowMs: number): number {
  return Math.floor((lastSeen + windowMs + LAG_MS) / 1000);
}

/** A counter is written when a combination is new, and not while old ones are seen: so it stays for so many windows. */
const COUNTER_WINDOWS = 12;

/** When a counter may be deleted, epoch seconds. */
export function counterExpiry(lastSeen: number, windowMs: number): number {
  return expiry(lastSeen, windowMs * COUNTER_WINDOWS);
}
