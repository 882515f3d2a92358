import { statSync } from "node:fs";
import type { Block } from "./blocks.ts";
import { decompressed } from "./compression.ts";
import { utf8Of } from "./encoding.ts";
import { headOf } from "./head.ts";
import { jsonBlocks } from "./json-blocks.ts";
import { isParquet, parquetBlocks } from "./parquet.ts";
import { type InputProblem, type Problems, problemsOf } from "./problems.ts";
import { chunksOf, filesOf, STDIN } from "./sources.ts";

export interface InputOptions {
  readonly onProblem: (problem: InputProblem) => void;
  /** Bytes of the files read so far (compressed), for progress. */
  readonly onProgress?: (bytes: number) => void;
}

/**
 * The events of files, of the files in folders, and of standard input (`-`), in order, in bounded memory.
 *
 * Lines of a file of lines are passed on as they stand: one may be blank, or no JSON.
 * @throws InputError where a path cannot be read at all
 */
export async function* readInput(paths: readonly string[], options: InputOptions): AsyncGenerator<Block> {
  let read = 0;
  const onRead = (bytes: number) => {
    read += bytes;
    options.onProgress?.(read);
  };
  for (const source of filesOf(paths)) {
    const problems = problemsOf(source, options.onProblem);
    yield* blocksOf(source, onRead, problems);
    problems.close();
  }
}

/** What a source is, its bytes tell, and never its name. */
async function* blocksOf(source: string, onRead: (bytes: number) => void, problems: Problems): AsyncGenerator<Block> {
  const { head, chunks, close } = await headOf(chunksOf(source, onRead), 4);
  if (isParquet(head) && source !== STDIN) {
    await close();
    onRead(-head.length);
    return yield* parquetBlocks(source, problems, onRead);
  }
  const unpacked = await headOf(await decompressed(chunks, problems), 4);
  if (isParquet(unpacked.head)) {
    await unpacked.close();
    // Its table of contents is at the end.
    return problems.add("Parquet can be read from a file only, not packed and not from standard input");
  }
  yield* jsonBlocks(source, await utf8Of(unpacked.chunks), problems);
}

/**
 * Sum of file sizes, where known (stdin: undefined).
 * @throws InputError
 */
export function sizeOfInput(paths: readonly string[]): number | undefined {
  const files = filesOf(paths);
  if (files.includes(STDIN)) return undefined;
  return files.reduce((sum, path) => sum + statSync(path).size, 0);
}
