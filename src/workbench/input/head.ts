import type { Chunks } from "./sources.ts";

/** The beginning of a stream, and the stream with it. */
export interface Headed {
  readonly head: Buffer;
  readonly chunks: Chunks;
  /** For a reader that does not want the chunks. */
  close(): Promise<void>;
}

/** Reads until there are so many bytes, or no more. */
export async function headOf(stream: Chunks, bytes: number): Promise<Headed> {
  const iterator = stream[Symbol.asyncIterator]();
  const first: Buffer[] = [];
  let length = 0;
  while (length < bytes) {
    const { value, done } = await iterator.next();
    if (done === true) break;
    first.push(value);
    length += value.length;
  }
  const close = async () => {
    await iterator.return?.();
  };
  async function* chunks(): AsyncGenerator<Buffer> {
    try {
      yield* first.splice(0);
      yield* { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) };
    } finally {
      await close();
    }
  }
  return { head: first.length === 1 ? (first[0] as Buffer) : Buffer.concat(first), chunks: chunks(), close };
}
