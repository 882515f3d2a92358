import { rmSync } from "node:fs";
import { join } from "node:path";
import { scratch } from "../scratch.ts";
import type { Block } from "./blocks.ts";
import { type InputOptions, readInput, sizeOfInput } from "./input.ts";
import { isS3 } from "./s3-url.ts";

/**
 * The events of files, folders and objects of S3 (`s3://BUCKET/PREFIX`), in bounded memory. An object is put into a file
 * while it is read, one at a time.
 * @throws InputError
 */
export async function* readArchive(paths: readonly string[], options: InputOptions): AsyncGenerator<Block> {
  let before = 0;
  let read = 0;
  const onProgress = (bytes: number) => {
    read = bytes;
    options.onProgress?.(before + bytes);
  };
  for (const path of paths) {
    if (isS3(path)) yield* objectsOf(path);
    else yield* readInput([path], { ...options, onProgress });
    before += read;
    read = 0;
  }

  async function* objectsOf(url: string): AsyncGenerator<Block> {
    const { s3Objects } = await import("./s3.ts");
    const folder = scratch();
    const copy = join(folder.path, "object");
    try {
      for await (const { name, save } of s3Objects(url)) {
        await save(copy);
        const onProblem: InputOptions["onProblem"] = (problem) => options.onProblem({ ...problem, source: name });
        for await (const block of readInput([copy], { onProblem, onProgress })) yield { ...block, source: name };
        rmSync(copy);
        before += read;
        read = 0;
      }
    } finally {
      folder.remove();
    }
  }
}

/** Bytes of the files, where all of it is files. @throws InputError */
export function sizeOfArchive(paths: readonly string[]): number | undefined {
  return paths.some(isS3) ? undefined : sizeOfInput(paths);
}
