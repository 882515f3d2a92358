import type { Delivery } from "./delivery.ts";

/** Records up to this many bytes are read in a moment, whatever they hold. */
const LIGHT = 64 * 1024;

/**
 * The order in which records are read, where it is not their own: the first of them first, so that each try of a batch
 * gets on, and then the lighter before the heavier, by what they say they come to. Who sends what takes long to read
 * waits longest.
 * @returns indexes of the delivery; undefined where all are light, as mostly they are
 */
export function readingOrder({ length, bytes, ends }: Delivery): readonly number[] | undefined {
  const weights = new Float64Array(length);
  let start = 0;
  let isAnyHeavy = false;
  for (let index = 0; index < length; index++) {
    const end = ends[index] ?? start;
    const weight = weightOf(bytes, start, end);
    if (index > 0 && weight > LIGHT) {
      weights[index] = weight;
      isAnyHeavy = true;
    }
    start = end;
  }
  if (!isAnyHeavy) return undefined;
  return [...weights.keys()].sort((a, b) => (weights[a] ?? 0) - (weights[b] ?? 0));
}

/** Bytes that a record comes to once inflated: gzip says so at its end. */
function weightOf(bytes: Buffer, start: number, end: number): number {
  const isGzip = bytes[start] === 0x1f && bytes[start + 1] === 0x8b && end - start > 18;
  return isGzip ? Math.max(end - start, bytes.readUInt32LE(end - 4)) : end - start;
}
