import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from "node:zlib";
import { headOf } from "./head.ts";
import type { Problems } from "./problems.ts";
import { CHUNK_BYTES, type Chunks } from "./sources.ts";

const GZIP = Buffer.from([0x1f, 0x8b]);
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
/** A frame that holds no data, as parallel and seekable zstd put before and between others: 0x184D2A50 to 5F. */
const ZSTD_SKIPPABLE = Buffer.from([0x2a, 0x4d, 0x18]);
/** A file packed more often than this is a riddle. */
const MAX_LAYERS = 4;

/** A stream with all its layers of gzip and zstd taken off. What was readable of one that is broken comes first. */
export async function decompressed(stream: Chunks, problems: Problems): Promise<Chunks> {
  let chunks = stream;
  for (let layer = 0; ; layer++) {
    const headed = await headOf(chunks, ZSTD.length);
    const unzip = decompressorOf(headed.head);
    if (unzip === undefined) return headed.chunks;
    if (layer === MAX_LAYERS) {
      await headed.close();
      problems.add(`compressed more than ${MAX_LAYERS} times over`);
      return nothing();
    }
    chunks = through(headed.chunks, unzip, problems);
  }
}

type Decompressor = Gunzip | ZstdDecompress;

function decompressorOf(head: Buffer): (() => Decompressor) | undefined {
  if (head.subarray(0, GZIP.length).equals(GZIP)) return () => createGunzip({ chunkSize: CHUNK_BYTES / 4 });
  const isSkippable = ((head[0] ?? 0) & 0xf0) === 0x50 && head.subarray(1, 4).equals(ZSTD_SKIPPABLE);
  if (isSkippable || head.subarray(0, ZSTD.length).equals(ZSTD))
    return () => createZstdDecompress({ chunkSize: CHUNK_BYTES / 4 });
  return undefined;
}

async function* nothing(): AsyncGenerator<Buffer> {}

/** One after another: members of a gzip file, frames of a zstd file (Node reads the first of those, and no more). */
async function* through(input: Chunks, create: () => Decompressor, problems: Problems): AsyncGenerator<Buffer> {
  const source = input[Symbol.asyncIterator]();
  try {
    let rest: Buffer = Buffer.alloc(0);
    do {
      const { failure, unused } = yield* one(source, rest, create());
      if (failure !== undefined) return problems.add(`the compressed data breaks off: ${failure.message}`);
      rest = await atLeast(ZSTD.length, unused, source);
    } while (decompressorOf(rest) !== undefined);
    // Files on tapes and in blocks are padded with zeros.
    if (rest.some((byte) => byte !== 0)) problems.add("there is something else behind the compressed data");
  } finally {
    await source.return?.();
  }
}

async function atLeast(length: number, bytes: Buffer, source: AsyncIterator<Buffer>): Promise<Buffer> {
  let all = bytes;
  while (all.length < length) {
    const { value, done } = await source.next();
    if (done === true) break;
    all = Buffer.concat([all, value]);
  }
  return all;
}

interface Ending {
  readonly failure?: Error;
  /** Of what was read, the bytes behind its end. */
  readonly unused: Buffer;
}

/**
 * A pipeline would throw away what was inflated before an error; here it is read to the end. Output waits for its reader,
 * and input for room, so that a small file that inflates to a large one takes no more memory than any other.
 * @param start bytes that come before those of the source
 */
async function* one(source: AsyncIterator<Buffer>, start: Buffer, unzip: Decompressor): AsyncGenerator<Buffer, Ending> {
  let failure: Error | undefined;
  let isOver = false;
  let isBusy = false;
  let wake = () => {};
  const note = (change: () => void) => () => {
    change();
    wake();
  };
  unzip.on("readable", () => wake());
  unzip.on(
    "end",
    note(() => {
      isOver = true;
    }),
  );
  unzip.on("error", (error) => {
    failure = error;
    wake();
  });
  const written = note(() => {
    isBusy = false;
  });

  let chunk = start;
  let given = 0;
  let isFed = false;
  const give = (bytes: Buffer) => {
    chunk = bytes;
    given += bytes.length;
    isBusy = true;
    unzip.write(bytes, written);
  };
  try {
    if (start.length > 0) give(start);
    for (;;) {
      for (let out = unzip.read(); out !== null; out = unzip.read()) yield out as Buffer;
      if (failure !== undefined || isOver) break;
      if (isBusy || isFed) {
        // Events come between turns, never between the look above and this wait.
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      const { value, done } = await source.next();
      isFed = done === true;
      if (isFed) unzip.end();
      else give(value);
    }
    const unused = chunk.subarray(chunk.length - Math.min(chunk.length, given - unzip.bytesWritten));
    return failure === undefined ? { unused } : { failure, unused };
  } finally {
    unzip.destroy();
  }
}
