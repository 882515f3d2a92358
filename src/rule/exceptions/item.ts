import type { KeyPath, Place } from "../places.ts";
import type { Entry } from "./schema.ts";

/** One exception: what it asks of an event, until when, and where it was written. */
export interface ExceptionItem {
  /** Of the file. */
  readonly path: string;
  /** Where the item, or a key in it, stands in the file. */
  readonly placeOf: (key: KeyPath) => Place;
  readonly itemId: string | undefined;
  readonly name: string;
  readonly list: ListName;
  /** All of these must hold. */
  readonly entries: readonly Entry[];
  /** Where there are some, one of them must be the event's, too. */
  readonly osTypes: readonly string[];
  /** Epoch ms: an event later than that is not excepted any more. */
  readonly expireTime: number | undefined;
  /** Who answers for it, and why it is there, where the file says so. */
  readonly owner: string | undefined;
  readonly reason: string | undefined;
  /** Of each value list that the entries name. */
  readonly valueLists: ReadonlyMap<string, ValueList>;
}

/** What Kibana finds a list by. */
export interface ListName {
  readonly listId: string;
  readonly namespaceType: "single" | "agnostic";
}

export interface ValueList {
  readonly path: string;
  readonly values: readonly string[];
  /** 1-based, of each value. */
  readonly lines: readonly number[];
}

/** A list's name as a key. */
export function listKey({ listId, namespaceType }: ListName): string {
  return `${namespaceType} ${listId}`;
}
