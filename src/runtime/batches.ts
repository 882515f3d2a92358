/** Entries of one batch request: the limit of SNS and SQS alike. */
const BATCH_ENTRIES = 10;
/** UTF-8 bytes of one batch request, bodies and attributes together: the limit of SNS and SQS alike. */
const BATCH_BYTES = 256 * 1024;

/** Cuts entries into batches that fit, in order. An entry over the limit gets a batch of its own. */
export function batches<T>(entries: readonly T[], bytesOf: (entry: T) => number): T[][] {
  const result: T[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = bytesOf(entry);
    const batch = result.at(-1);
    if (batch === undefined || batch.length === BATCH_ENTRIES || bytes + size > BATCH_BYTES) {
      result.push([entry]);
      bytes = size;
    } else {
      batch.push(entry);
      bytes += size;
    }
  }
  return result;
}
