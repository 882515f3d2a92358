import { gzipSync } from "node:zlib";
import type { Rejection } from "./record.ts";

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
