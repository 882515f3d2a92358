import { inert } from "../finding/inert.ts";
import {
  type About,
  entryOf,
  type QuarantineMessage,
  quarantinedLines,
  recordsOf,
  rejectedOf,
} from "../stream/quarantine.ts";
import type { Sender, StreamRecord } from "../stream/record.ts";
import type { Message, Walk } from "./queue.ts";
import { ties } from "./ties.ts";

/** Which documents are meant; all, where nothing is said. */
export interface Wanted {
  readonly reason?: string | undefined;
  /** A partition key, log group, log stream, account or stream, as it is or as `list` shows it; NOBODY for no sender. */
  readonly sender?: string | undefined;
}

/** Stands for the sender where a message names none. */
const NOBODY = "-";
/** The reason of a message that is none of the functions'. */
const UNREADABLE = "unreadable";

/** Documents that were put away for one reason and came of one sender. */
export interface Group {
  readonly reason: string;
  /** The stream's or delivery stream's name. */
  readonly stream: string;
  /** The log group, or else the partition key. */
  readonly sender: string;
  documents: number;
  bytes: number;
  /** ISO, of the stream's clock; empty where no message says one. */
  first: string;
  last: string;
}

export interface Listing {
  readonly messages: number;
  readonly documents: number;
  readonly bytes: number;
  /** The largest first. */
  readonly groups: readonly Group[];
}

/** Groups that are told apart: a sender may be another each time. */
const GROUPS = 10_000;
/** What those beyond have for a sender. */
const OTHERS = "(others)";

/** What is in the queue. */
export async function listed(walk: Walk): Promise<Listing> {
  const groups = new Map<string, Group>();
  let messages = 0;

  function add(reason: string, bytes: number, line?: QuarantineMessage): void {
    const { stream, sender } = shownOf(line?.sender);
    const key = (name: string) => JSON.stringify([reason, stream, name]);
    const name = groups.has(key(sender)) || groups.size < GROUPS ? sender : OTHERS;
    const group = groups.get(key(name)) ?? {
      reason,
      stream,
      sender: name,
      documents: 0,
      bytes: 0,
      first: "",
      last: "",
    };
    groups.set(key(name), group);
    group.documents++;
    group.bytes += bytes;
    const arrival = Date.parse(line?.arrival ?? "");
    if (Number.isNaN(arrival)) return;
    const at = new Date(arrival).toISOString();
    if (group.first === "" || at < group.first) group.first = at;
    if (at > group.last) group.last = at;
  }

  for await (const received of walk.messages()) {
    for (const { body } of received) {
      messages++;
      const lines = quarantinedLines(body);
      if (lines === undefined) add(UNREADABLE, Buffer.byteLength(body));
      for (const line of lines ?? []) {
        if (line.part <= 1) for (const { reason, length } of rejectedOf(line)) add(reason, length, line);
      }
    }
  }
  const all = [...groups.values()].sort((a, b) => b.documents - a.documents || b.bytes - a.bytes);
  const sum = (of: (group: Group) => number) => all.reduce((total, group) => total + of(group), 0);
  return { messages, documents: sum(({ documents }) => documents), bytes: sum(({ bytes }) => bytes), groups: all };
}

/** A document that was put away, with its bytes. */
export interface Shown extends About {
  readonly recordId: string;
  readonly arrival: string;
  readonly sender: Sender;
  readonly bytes: Buffer;
}

/** Documents that are wanted, one by one. What cannot be put together says why, in place of its bytes. */
export async function* shown(walk: Walk, wanted: Wanted): AsyncGenerator<Shown | string> {
  const join = joiner();
  for await (const received of walk.messages()) {
    for (const { id, body } of received) {
      const lines = quarantinedLines(body);
      if (lines === undefined) {
        if (isWanted(UNREADABLE, undefined, wanted)) yield `message ${id} is none of the functions'`;
        continue;
      }
      for (const line of lines) {
        const whole = join.add(line);
        if (whole === undefined) continue;
        const { recordId, arrival } = line;
        const abouts = rejectedOf(line);
        try {
          for (const [index, record] of recordsOf(whole).entries()) {
            const about = abouts[index] as About;
            const { bytes, sender = {} } = record;
            if (isWanted(about.reason, sender, wanted)) yield { ...about, recordId, arrival, sender, bytes };
          }
        } catch (error) {
          yield `${recordId}: ${error instanceof Error ? error.message : error}`;
        }
      }
    }
  }
  for (const reason of join.missing()) yield reason;
}

/** What a drop would take, and takes. */
export interface Drop {
  /** Messages that hold nothing else than what is wanted. */
  readonly messages: readonly string[];
  /** Messages that hold what is wanted and more: they stay. */
  readonly mixed: number;
  /** All that were there. */
  readonly total: number;
}

/** Messages that hold what is wanted; nothing is deleted. */
export async function droppable(walk: Walk, wanted: Wanted): Promise<Drop> {
  const held = ties();
  const touched = new Set<string>();
  for await (const received of walk.messages()) {
    for (const { id, body } of received) {
      const lines = quarantinedLines(body);
      if (lines === undefined) {
        held.tie(id, id);
        if (isWanted(UNREADABLE, undefined, wanted)) {
          held.settle(id);
          touched.add(id);
        }
      }
      for (const line of lines ?? []) {
        const entry = entryOf(line);
        held.tie(id, entry);
        const named = rejectedOf(line).map(({ reason }) => isWanted(reason, line.sender, wanted));
        if (named.every(Boolean)) held.settle(entry);
        if (named.some(Boolean)) touched.add(id);
      }
    }
  }
  const messages = held.free();
  return { messages, mixed: touched.size - messages.length, total: held.size };
}

/** What became of the queue's messages. */
export interface Redriven {
  readonly messages: number;
  readonly deleted: number;
  readonly left: number;
  /** Why something could not be put through, in words. */
  readonly unreadable: readonly string[];
}

/** Records at a time, and their bytes. */
const RECORDS = 500;
const BYTES = 32 * 1024 * 1024;

/**
 * Puts the queue's records through, and deletes the messages whose entries are all decided; the others stay as they are.
 * @param put puts records through, and tells which of them are not decided by it
 */
export async function redriveQueue(
  walk: Walk,
  put: (records: readonly StreamRecord[]) => Promise<ReadonlySet<number>>,
): Promise<Redriven> {
  const held = ties();
  const join = joiner();
  const unreadable: string[] = [];
  let total = 0;
  let deleted = 0;
  let waiting: { readonly record: StreamRecord; readonly entry: string }[] = [];
  let bytes = 0;

  async function work(): Promise<void> {
    const now = waiting;
    waiting = [];
    bytes = 0;
    const left = now.length === 0 ? new Set<number>() : await put(now.map(({ record }) => record));
    const stays = new Set([...left].map((index) => now[index]?.entry));
    for (const { entry } of now) if (!stays.has(entry)) held.settle(entry);
    const gone = await walk.remove(held.free());
    for (const id of gone) held.forget(id);
    deleted += gone.size;
  }

  function take({ id, body }: Message): void {
    total++;
    const lines = quarantinedLines(body);
    if (lines === undefined) {
      held.tie(id, id);
      unreadable.push(`message ${id}: none of the functions'`);
    }
    for (const line of lines ?? []) {
      const entry = entryOf(line);
      held.tie(id, entry);
      // What was sent twice is one.
      const whole = held.isSettled(entry) ? undefined : join.add(line);
      if (whole === undefined) continue;
      try {
        for (const record of recordsOf(whole)) {
          waiting.push({ record, entry });
          bytes += record.bytes.length;
        }
      } catch (error) {
        unreadable.push(`${line.recordId}: ${error instanceof Error ? error.message : error}`);
      }
    }
  }

  for await (const received of walk.messages()) {
    for (const message of received) {
      take(message);
      if (waiting.length >= RECORDS || bytes >= BYTES) await work();
    }
  }
  await work();
  return { messages: total, deleted, left: total - deleted, unreadable: [...unreadable, ...join.missing()] };
}

/** Puts the parts of entries together, as they come. */
interface Joiner {
  /** @returns all lines of its entry, once, when the last has come */
  add(line: QuarantineMessage): readonly QuarantineMessage[] | undefined;
  /** What still misses parts. */
  missing(): string[];
}

/** Base64 of parts that wait for others: beyond it an entry is not put together. */
const WAITING = 256 * 1024 * 1024;
/** Parts of the largest record, and some more. */
const PARTS = 1000;

function joiner(): Joiner {
  const waiting = new Map<string, Map<number, QuarantineMessage>>();
  const complete = new Set<string>();
  let length = 0;
  return {
    add(line) {
      const entry = entryOf(line);
      if (complete.has(entry)) return undefined;
      if (line.parts <= 1) {
        complete.add(entry);
        return [line];
      }
      const parts = waiting.get(entry) ?? new Map<number, QuarantineMessage>();
      waiting.set(entry, parts);
      if (parts.has(line.part) || line.part > Math.min(line.parts, PARTS) || length > WAITING) return undefined;
      parts.set(line.part, line);
      length += line.gzip.length;
      if (parts.size < line.parts) return undefined;
      waiting.delete(entry);
      complete.add(entry);
      const whole = [...parts.values()];
      for (const { gzip } of whole) length -= gzip.length;
      return whole;
    },
    missing: () =>
      [...waiting].map(([entry, parts]) => {
        const [recordId] = JSON.parse(entry) as readonly [string];
        const [first] = parts.values();
        return `${recordId}: ${parts.size} of ${first?.parts ?? "many"} parts are there`;
      }),
  };
}

function isWanted(reason: string, sender: Sender | undefined, wanted: Wanted): boolean {
  return (
    (wanted.reason === undefined || wanted.reason === reason) &&
    (wanted.sender === undefined || isFrom(sender, wanted.sender))
  );
}

function isFrom(sender: Sender | undefined, wanted: string): boolean {
  const { stream, sender: name } = shownOf(sender);
  const names = [...Object.values(sender ?? {}), stream, name];
  return names.some((each) => typeof each === "string" && (each === wanted || inert(each) === wanted));
}

/** What a person tells senders apart by. */
function shownOf({ stream, deliveryStream, partitionKey, logGroup }: Sender = {}): Pick<Group, "stream" | "sender"> {
  const arn = stream ?? deliveryStream;
  return { stream: arn?.slice(arn.lastIndexOf("/") + 1) ?? NOBODY, sender: logGroup ?? partitionKey ?? NOBODY };
}
