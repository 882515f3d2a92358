import type { Closing, Suppression, SuppressionTable } from "./suppression.ts";

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

/** Longest lag of a consumer that history must bridge: the stream's retention of 7 days, and a day. */
export const LAG_MS = 8 * 86_400_000;

/**
 * When an item may be deleted, in epoch *seconds*: past the window for any record still in the stream. Deletion is
 * garbage collection; no decision depends on it.
 */
export function expiry(lastSeen: number, windowMs: number): number {
  return Math.floor((lastSeen + windowMs + LAG_MS) / 1000);
}
