import type { Delivery } from "./delivery.ts";

/** Records up to this many bytes are read in a moment, whatever they hold. */
const LIGHT = 64 * 1024;

/**
 * The order in which records are read: the first of them first, so that each try of a batch gets on, and then the
 * lighter before the heavier, by what they say they come to. Who sends what takes long to read waits longest.
 * @returns indexes of the delivery
 */
export function readingOrder({ length, bytes, ends }: Delivery): Iterable<number> {
  const weights = Array.from({ length }, (_, index) =>
    index === 0 ? 0 : weightOf(bytes.subarray(ends[index - 1] ?? 0, ends[index])),
  );
  // Few batches hold anything heavy.
  if (weights.every((weight) => weight <= LIGHT)) return weights.keys();
  return [...weights.keys()].sort((a, b) => (weights[a] ?? 0) - (weights[b] ?? 0));
}

/** Bytes that it comes to once inflated: gzip says so at its end. */
function weightOf(record: Buffer): number {
  const isGzip = record[0] === 0x1f && record[1] === 0x8b && record.length > 18;
  const weight = isGzip ? Math.max(record.length, record.readUInt32LE(record.length - 4)) : record.length;
  return weight <= LIGHT ? LIGHT : weight;
}
