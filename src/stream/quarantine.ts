import { gunzipSync, gzipSync } from "node:zlib";
import type { Rejection, StreamRecord } from "./record.ts";

/** Bytes that cannot become an event, with all that is needed to try them again. */
export interface Quarantined {
  readonly recordId: string;
  /** Where in the record the bytes stood. */
  readonly position: string;
  /** Epoch ms. */
  readonly arrival: number;
  readonly reason: Rejection;
  /** The rule that threw, where one did. */
  readonly ruleId?: string;
  readonly bytes: Buffer;
}

/** Puts bytes away. Resolves to the entries that are safe, and never rejects: the others' records are to be retried. */
export type Quarantine = (entries: readonly Quarantined[]) => Promise<ReadonlySet<Quarantined>>;

/** Base64 of one part, UTF-8 bytes: a part and its envelope stay under SQS's 256 KiB. */
const PART_LENGTH = 240 * 1024;

/**
 * The messages that carry one entry: JSON with `recordId`, `position`, `arrival` (ISO), `reason`, `ruleId` where a rule
 * threw, `length` of the bytes, and `gzip`, the base64 of the compressed bytes, cut into `parts` where one message cannot hold it.
 */
function quarantineMessages({ recordId, position, arrival, reason, ruleId, bytes }: Quarantined): string[] {
  const gzip = gzipSync(bytes).toString("base64");
  const parts = Math.max(1, Math.ceil(gzip.length / PART_LENGTH));
  return Array.from({ length: parts }, (_, part) =>
    JSON.stringify({
      recordId,
      position,
      arrival: new Date(arrival).toISOString(),
      reason,
      ...(ruleId === undefined ? {} : { ruleId }),
      length: bytes.length,
      part: part + 1,
      parts,
      gzip: gzip.slice(part * PART_LENGTH, (part + 1) * PART_LENGTH),
    }),
  );
}

/** Quarantines by sending messages: an entry is safe when each of its parts was accepted. */
export function quarantineBy(send: (bodies: readonly string[]) => Promise<ReadonlySet<number>>): Quarantine {
  return async (entries) => {
    const parts = entries.flatMap((entry) => quarantineMessages(entry).map((body) => ({ entry, body })));
    const accepted = await send(parts.map(({ body }) => body));
    const safe = new Set(entries);
    for (const [index, { entry }] of parts.entries()) if (!accepted.has(index)) safe.delete(entry);
    return safe;
  };
}

interface Part {
  readonly recordId: string;
  readonly position: string;
  readonly arrival: string;
  readonly reason: Rejection;
  readonly length: number;
  readonly part: number;
  readonly parts: number;
  readonly gzip: string;
}

/** True of a message of quarantineMessages, read as JSON. */
export function isQuarantined(message: unknown): message is Part {
  const names: readonly (keyof Part)[] = ["recordId", "position", "arrival", "part", "parts", "gzip"];
  return typeof message === "object" && message !== null && names.every((name) => name in message);
}

/**
 * The records that messages of the quarantine queue hold, to be put through again as what they were.
 * @throws Error where a part of one is missing, or its bytes are not what went in
 */
export function quarantinedRecords(messages: readonly Part[]): StreamRecord[] {
  const groups = Map.groupBy(messages, ({ recordId, position }) => JSON.stringify([recordId, position]));
  return [...groups.values()].map((group) => {
    const parts = new Map(group.map((message) => [message.part, message.gzip]));
    const [{ recordId, position, arrival, reason, length, parts: count }] = group as [Part];
    const texts = Array.from({ length: count }, (_, index) => parts.get(index + 1));
    const missing = texts.indexOf(undefined);
    if (missing >= 0) throw new Error(`${recordId} ${position}: part ${missing + 1} of ${count} is missing`);
    const bytes = gunzipSync(Buffer.from(texts.join(""), "base64"), { maxOutputLength: Math.max(length, 1) });
    if (bytes.length !== length) throw new Error(`${recordId} ${position}: ${bytes.length} bytes instead of ${length}`);
    const broken = reason === "base64" ? { broken: true } : {};
    return { id: recordId, arrival: Date.parse(arrival), bytes, position, ...broken };
  });
}
