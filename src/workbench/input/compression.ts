import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from "node:zlib";
import { InputError } from "../../cli/verb.ts";
import { headOf } from "./head.ts";
import type { Problems } from "./problems.ts";
import { CHUNK_BYTES, type Chunks } from "./sources.ts";

const GZIP = Buffer.from([0x1f, 0x8b]);
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
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
  if (head.subarray(0, ZSTD.length).equals(ZSTD)) return () => createZstdDecompress({ chunkSize: CHUNK_BYTES / 4 });
  return undefined;
}

async function* nothing(): AsyncGenerator<Buffer> {}

/**
 * A pipeline would throw away what was inflated before an error; here it is read to the end. Output waits for its reader,
 * and input for room, so that a small file that inflates to a large one takes no more memory than any other.
 */
async function* through(input: Chunks, create: () => Decompressor, problems: Problems): AsyncGenerator<Buffer> {
  const unzip = create();
  let failure: unknown;
  let isOver = false;
  let wake = () => {};
  const onChange = () => wake();
  unzip.on("readable", onChange);
  unzip.on("drain", onChange);
  unzip.on("end", () => {
    isOver = true;
    wake();
  });
  unzip.on("error", (error) => {
    failure = error;
    wake();
  });
  unzip.on("close", () => {
    isOver = true;
    wake();
  });
  const changed = () => new Promise<void>((resolve) => (wake = resolve));

  const source = input[Symbol.asyncIterator]();
  let isFed = false;
  try {
    for (;;) {
      for (let chunk = unzip.read(); chunk !== null; chunk = unzip.read()) yield chunk as Buffer;
      if (failure !== undefined || isOver) break;
      if (!isFed && !unzip.writableNeedDrain) {
        const { value, done } = await source.next();
        isFed = done === true;
        if (isFed) unzip.end();
        else unzip.write(value);
        continue;
      }
      // Nothing may have happened between the look and the wait: both are of one turn of the loop.
      await changed();
    }
    if (failure !== undefined) problems.add(`the compressed data ends or breaks here: ${messageOf(failure)}`);
  } finally {
    unzip.destroy();
    await source.return?.();
  }
}

function messageOf(error: unknown): string {
  if (error instanceof InputError) throw error;
  return error instanceof Error ? error.message : String(error);
}
