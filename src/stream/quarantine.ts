import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { sendableJson } from "../ecs/json.ts";
import type { Rejection, Sender, StreamRecord } from "./record.ts";

/** Bytes that cannot become an event. */
export interface Rejected {
  readonly reason: Rejection;
  readonly bytes: Buffer;
  /** Where in the record they stood; absent where they are the whole record, as it came. */
  readonly position?: string;
  /** The rule that threw, where one did. */
  readonly ruleId?: string;
}

/** What of one record is put away, with all that is needed to try it again. */
export interface Quarantined {
  readonly recordId: string;
  /** Epoch ms. */
  readonly arrival: number;
  /** Documents that were read of the record, these among them: how far its reading came. */
  readonly read: number;
  readonly sender?: Sender;
  readonly rejected: readonly [Rejected, ...Rejected[]];
}

/**
 * Puts bytes away, in order. Resolves to the entries that are safe, and never rejects: the others' records are to be
 * retried. Once the signal is aborted it begins nothing more, and resolves with what is safe by then.
 */
export type Quarantine = (entries: readonly Quarantined[], signal: AbortSignal) => Promise<ReadonlySet<Quarantined>>;

/** UTF-8 bytes of a body: under SQS's 256 KiB, which some APIs count with what stands around it. */
const BODY_LENGTH = 240 * 1024;
/** Base64 of one part, which has its body to itself, beside at most 35 KB of names and places. */
const PART_LENGTH = 200 * 1024;
/** UTF-16 units of each name of a sender's: the longest that AWS gives, of a log group, has no more. */
const NAME_LENGTH = 512;

/** What is said of a rejected document; its length in bytes. */
export type About = Pick<Rejected, "reason" | "position" | "ruleId"> & { readonly length: number };

/** A line of a message of the quarantine queue, as JSON. */
export interface QuarantineMessage extends About {
  readonly recordId: string;
  /** ISO. */
  readonly arrival: string;
  readonly read?: number;
  readonly sender?: Sender;
  /** What else of the record is in the same bytes, behind the first. */
  readonly more?: readonly About[];
  /** Of all the bytes. */
  readonly sha256?: string;
  /** From 1. */
  readonly part: number;
  readonly parts: number;
  /** Base64 of a part of the compressed bytes. */
  readonly gzip: string;
}

/** The lines that carry one entry: one, where it can hold it. All that is rejected of a record is compressed together. */
function linesOf({ recordId, arrival, read, sender, rejected }: Quarantined): string[] {
  const bytes = Buffer.concat(rejected.map((each) => each.bytes));
  const gzip = gzipSync(bytes).toString("base64");
  const parts = Math.max(1, Math.ceil(gzip.length / PART_LENGTH));
  const [first, ...more] = rejected.map(({ bytes: own, ...about }): About => ({ ...about, length: own.length }));
  return Array.from({ length: parts }, (_, part) =>
    sendableJson({
      recordId,
      arrival: new Date(arrival).toISOString(),
      read,
      sender: sender === undefined ? undefined : bounded(sender),
      ...first,
      ...(more.length === 0 ? {} : { more }),
      sha256: digestOf(bytes),
      part: part + 1,
      parts,
      gzip: gzip.slice(part * PART_LENGTH, (part + 1) * PART_LENGTH),
    }),
  );
}

const NAMES = ["stream", "deliveryStream", "partitionKey", "owner", "logGroup", "logStream"] as const;

/** The names that are texts, of any object, and no more of each than a message has room for. */
function bounded(sender: unknown): Sender {
  const given = Object(sender) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    NAMES.flatMap((name) => {
      const text = given[name];
      return typeof text === "string" && text !== "" ? [[name, text.slice(0, NAME_LENGTH).toWellFormed()]] : [];
    }),
  );
}

function digestOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Entries at a time: between them others have their turn. */
const AT_A_TIME = 2000;
/** Messages that these come to, if they can: one for each entry where there are few, and a flood is packed together. */
const MESSAGES = 80;

/** What was put away lately: a batch that is delivered again puts nothing away twice. */
export interface PutAwayBefore {
  has(id: string): boolean;
  set(id: string, done: true): unknown;
}

/** Quarantines by sending messages: an entry is safe when each of its parts was accepted. */
export function quarantineBy(
  send: (bodies: readonly string[], signal: AbortSignal) => Promise<ReadonlySet<number>>,
  before: PutAwayBefore = new Map(),
): Quarantine {
  return async (entries, signal) => {
    const safe = new Set<Quarantined>();
    for (let from = 0; from < entries.length && !signal.aborted; from += AT_A_TIME) {
      const group = new Map<Quarantined, string>();
      for (const entry of entries.slice(from, from + AT_A_TIME)) {
        const id = idOf(entry);
        if (before.has(id)) safe.add(entry);
        else group.set(entry, id);
      }
      const packs = packed([...group.keys()]);
      const accepted = await send(
        packs.map(({ lines }) => lines.join("\n")),
        signal,
      );
      const refused = new Set(packs.flatMap((pack, index) => (accepted.has(index) ? [] : pack.entries)));
      for (const [entry, id] of group) {
        if (refused.has(entry)) continue;
        safe.add(entry);
        before.set(id, true);
      }
    }
    return safe;
  };
}

/** A message's lines, and the entries they are of. */
interface Pack {
  readonly lines: string[];
  readonly entries: Quarantined[];
  length: number;
}

function packed(entries: readonly Quarantined[]): Pack[] {
  const perMessage = Math.ceil(entries.length / MESSAGES);
  const packs: Pack[] = [];
  for (const entry of entries) {
    for (const line of linesOf(entry)) {
      const length = Buffer.byteLength(line) + 1;
      let pack = packs.at(-1);
      if (pack === undefined || pack.lines.length === perMessage || pack.length + length > BODY_LENGTH) {
        pack = { lines: [], entries: [], length: 0 };
        packs.push(pack);
      }
      pack.lines.push(line);
      pack.entries.push(entry);
      pack.length += length;
    }
  }
  return packs;
}

/** The same for the same bytes of the same places of a record, and for no others. */
function idOf({ recordId, rejected }: Quarantined): string {
  const digest = createHash("sha256");
  for (const { position, reason, ruleId, bytes } of rejected) {
    digest.update(JSON.stringify([position, reason, ruleId, bytes.length])).update(bytes);
  }
  return `${recordId} ${digest.digest("base64url")}`;
}

/** True of a line of such a message, read as JSON. */
export function isQuarantined(message: unknown): message is QuarantineMessage {
  if (typeof message !== "object" || message === null) return false;
  const { recordId, arrival, more = [], part, parts, gzip } = message as Record<keyof QuarantineMessage, unknown>;
  return (
    [recordId, arrival, gzip].every((text) => typeof text === "string") &&
    [part, parts].every(isCount) &&
    Array.isArray(more) &&
    [message, ...more].every(isAbout)
  );
}

function isAbout(value: unknown): value is About {
  const { reason, length, position = "", ruleId = "" } = Object(value) as Record<keyof About, unknown>;
  return [reason, position, ruleId].every((text) => typeof text === "string") && isCount(length);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** The lines of a message's body. @returns nothing where one of them is none */
export function quarantinedLines(body: string): readonly QuarantineMessage[] | undefined {
  const lines: QuarantineMessage[] = [];
  try {
    for (const text of body.split("\n")) {
      const line: unknown = JSON.parse(text);
      if (!isQuarantined(line)) return undefined;
      lines.push(line.sender === undefined ? line : { ...line, sender: bounded(line.sender) });
    }
  } catch {
    return undefined;
  }
  return lines;
}

/** What is said of each rejected document of an entry, of which each line says the same. */
export function rejectedOf({ reason, length, position, ruleId, more = [] }: QuarantineMessage): readonly About[] {
  const first = { reason, length, ...(position === undefined ? {} : { position }) };
  return [ruleId === undefined ? first : { ...first, ruleId }, ...more];
}

/** The same for all lines of an entry, and for those of the same entry sent twice. */
export function entryOf({ recordId, position, reason, length, parts, sha256 }: QuarantineMessage): string {
  return JSON.stringify([recordId, position, sha256 ?? [reason, length, parts]]);
}

/** What messages of the quarantine queue hold: records to be put through again, and why some cannot be. */
export interface Restored {
  readonly records: readonly StreamRecord[];
  readonly unreadable: readonly string[];
}

/** Puts lines of messages together, whatever their order. What was sent twice is one. */
export function quarantinedRecords(messages: readonly QuarantineMessage[]): Restored {
  const groups = Map.groupBy(messages, entryOf);
  const records: StreamRecord[] = [];
  const unreadable: string[] = [];
  for (const group of groups.values()) {
    try {
      for (const record of recordsOf(group)) records.push(record);
    } catch (error) {
      unreadable.push(`${group[0]?.recordId}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return { records, unreadable };
}

/** The most that a record of a budget comes to, so that a forged message is no bomb. */
const MAX_LENGTH = 64 * 1024 * 1024;

/**
 * The records of an entry, one for each rejected document.
 * @param group its lines, in any order
 * @throws Error where a part is missing, or the bytes are not what went in
 */
export function recordsOf(group: readonly QuarantineMessage[]): StreamRecord[] {
  const [line] = group as [QuarantineMessage];
  const { recordId, arrival, sha256, parts: count } = line;
  const parts = new Map(group.map(({ part, gzip }) => [part, gzip]));
  const texts = Array.from({ length: Math.min(count, 1000) }, (_, index) => parts.get(index + 1));
  const missing = texts.indexOf(undefined);
  if (missing >= 0) throw new Error(`part ${missing + 1} of ${count} is missing`);
  const all = rejectedOf(line);
  const total = all.reduce((sum, each) => sum + each.length, 0);
  const limit = Math.min(Math.max(total, 1), MAX_LENGTH);
  const bytes = gunzipSync(Buffer.from(texts.join(""), "base64"), { maxOutputLength: limit });
  if (bytes.length !== total) throw new Error(`${bytes.length} bytes instead of ${total}`);
  if (sha256 !== undefined && sha256 !== digestOf(bytes)) throw new Error("its bytes are not those that were put away");
  const time = Date.parse(arrival);
  if (Number.isNaN(time)) throw new Error(`"${arrival}" is no time`);
  const sender = bounded(line.sender);
  let end = 0;
  return all.map(({ reason: why, position: place, length: own }): StreamRecord => {
    const from = end;
    end += own;
    return {
      id: recordId,
      arrival: time,
      bytes: bytes.subarray(from, end),
      ...(Object.keys(sender).length === 0 ? {} : { sender }),
      ...(place === undefined ? {} : { position: place }),
      ...(why === "base64" ? { broken: true } : {}),
    };
  });
}
