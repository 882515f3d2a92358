import type { StreamRecord } from "./record.ts";

/** The records of one invocation. Their bytes lie end to end, to be searched at once; a record is made when asked for. */
export interface Delivery extends Stretch {
  readonly length: number;
  record(index: number): StreamRecord;
}

/** The bytes of several records, end to end. */
export interface Stretch {
  readonly bytes: Buffer;
  /** Where the bytes of each record end; they begin where those of the one before end. */
  readonly ends: readonly number[];
}

/** Says of each record whether it must be read: false of one that holds no event any rule could match. */
export type Prefilter = (records: Stretch) => readonly boolean[];

export function deliveryOf(records: readonly StreamRecord[]): Delivery {
  let end = 0;
  const ends = records.map(({ bytes }) => (end += bytes.length));
  const bytes = Buffer.concat(records.map((record) => record.bytes));
  return { length: records.length, bytes, ends, record: (index) => records[index] as StreamRecord };
}

/**
 * A delivery whose data is base64. Where that is broken, which no real delivery's is, a record's bytes are its text's
 * own: Buffer never refuses, but skips what is not base64 and cuts what is short.
 * @param identityOf what else the nth record has
 */
export function base64Delivery(
  data: readonly string[],
  identityOf: (index: number) => Pick<StreamRecord, "id" | "arrival" | "sender">,
): Delivery {
  const bytes = Buffer.allocUnsafeSlow(data.reduce((sum, { length }) => sum + Math.ceil((length * 3) / 4), 0));
  const broken = new Set<number>();
  let end = 0;
  const ends = data.map((text, index) => {
    const written = bytes.write(text, end, "base64");
    if (written === decodedLength(text)) end += written;
    else broken.add(index);
    return end;
  });
  return {
    length: data.length,
    bytes: bytes.subarray(0, end),
    ends,
    record(index) {
      const identity = identityOf(index);
      return broken.has(index)
        ? { ...identity, bytes: Buffer.from(data[index] ?? ""), broken: true }
        : { ...identity, bytes: bytes.subarray(ends[index - 1] ?? 0, ends[index]) };
    },
  };
}

function decodedLength(base64: string): number {
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  return base64.length % 4 === 0 ? (base64.length / 4) * 3 - padding : -1;
}
