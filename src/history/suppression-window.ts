/** What a claimed combination keeps, where its finding may be suppressed. */
export interface Suppression {
  /** Key of the group, from suppressionKey. */
  readonly group: string;
  readonly durationMs: number;
  /** How a window lists it, from memberOf. */
  readonly member: string;
  /** OUT, or the window it goes into; nothing as long as that is open. */
  readonly fate?: string | undefined;
}

/** The fate of a finding that is published by itself. */
export const OUT = "out";

/** The window that a group has now, or had last. */
export interface CurrentWindow {
  readonly opener: string;
  /** By the events' time, epoch ms: what is seen later opens another. */
  readonly end: number;
}

interface Opening extends CurrentWindow {
  /** When its first finding was seen, epoch ms. */
  readonly start: number;
  /** When it is published, epoch ms. */
  readonly due: number;
  /** The opener's finding, as it was sealed: what the closing message says of the rule. */
  readonly outbox: Uint8Array;
}

/** Of a pending item that is a window. */
export interface Closing {
  /** As memberOf wrote them, in no order. */
  readonly members: readonly string[];
  readonly opener: string;
  readonly end: number;
}

/** The part of a history that suppresses. Each verb that writes is one conditional write. */
export interface SuppressionTable {
  /** Strongly consistent. */
  currentWindow(group: string): Promise<CurrentWindow | undefined>;
  /** Stores an open window in the outbox, unless it is there, open or not. */
  openWindow(opening: Opening): Promise<void>;
  /** Makes a window the group's, if the one it has is the one that was seen. */
  succeed(group: string, seen: string | undefined, next: CurrentWindow): Promise<boolean>;
  /** Lists members in a window, each once; false where it is closed, full or not there. */
  join(opener: string, members: readonly string[]): Promise<boolean>;
  /** What a window lists, closed or not, strongly consistent. */
  members(opener: string): Promise<readonly string[]>;
  /** Writes down what becomes of a pending finding, if that is what it was. */
  decideFate(
    key: string,
    fate: { readonly findingId: string; readonly from: string | undefined; readonly to: string },
  ): Promise<boolean>;
}

/** A window that lists so many takes no more; a join may exceed it by JOINED_AT_ONCE less one. */
export const WINDOW_MEMBERS = 200;
/** So much longer than any record in the stream a closed window is kept: a finding may wait to be told whether it is in it. */
export const WINDOW_KEPT_MS = 30 * 86_400_000;
