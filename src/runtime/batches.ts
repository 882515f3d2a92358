/** What one batch request may hold. */
interface BatchLimits {
  readonly entries: number;
  /** UTF-8 bytes, all entries together. */
  readonly bytes: number;
}

/** The limits of SNS, SQS and EventBridge alike; bodies and attributes count. */
const LIMITS: BatchLimits = { entries: 10, bytes: 256 * 1024 };

/** Cuts entries into batches that fit, in order. An entry over the limit gets a batch of its own. */
export function batches<T>(entries: readonly T[], bytesOf: (entry: T) => number, limits: BatchLimits = LIMITS): T[][] {
  const result: T[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = bytesOf(entry);
    const batch = result.at(-1);
    if (batch === undefined || batch.length === limits.entries || bytes + size > limits.bytes) {
      result.push([entry]);
      bytes = size;
    } else {
      batch.push(entry);
      bytes += size;
    }
  }
  return result;
}
