import { lstatSync, readdirSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "./input-error.ts";

/** Bytes as they come, each chunk its receiver's to keep. */
export type Chunks = AsyncIterable<Buffer>;

/** Large enough that no call for each chunk is felt, and small enough to have a few of them about. */
export const CHUNK_BYTES = 1024 * 1024;

export const STDIN = "-";

/**
 * The files that paths stand for: folders are walked in order of their names, hidden files and folders left out. A
 * symbolic link in a folder is followed to a file, never to a folder, so that no walk goes round in circles.
 * @throws InputError where one does not exist
 */
export function filesOf(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (path === STDIN) return [path];
    try {
      return statSync(path).isDirectory() ? filesIn(path) : [path];
    } catch (error) {
      throw inputError(path, error);
    }
  });
}

function filesIn(folder: string): string[] {
  const files: string[] = [];
  const names = readdirSync(folder)
    .filter((name) => !name.startsWith("."))
    .sort();
  for (const name of names) {
    const path = join(folder, name);
    const stat = lstatSync(path);
    if (stat.isDirectory()) files.push(...filesIn(path));
    else if (stat.isFile() || (stat.isSymbolicLink() && statSync(path, { throwIfNoEntry: false })?.isFile())) {
      files.push(path);
    }
  }
  return files;
}

/**
 * @param onRead told how many more bytes were read
 * @throws InputError
 */
export async function* chunksOf(path: string, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  if (path === STDIN) {
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
      onRead(chunk.length);
      yield chunk;
    }
    return;
  }
  const file = await open(path).catch((error: unknown) => {
    throw inputError(path, error);
  });
  try {
    for (;;) {
      // A buffer of its own for each chunk: blocks are views of it that outlive the next read.
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(CHUNK_BYTES), 0, CHUNK_BYTES, null);
      if (bytesRead === 0) return;
      onRead(bytesRead);
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw inputError(path, error);
  } finally {
    await file.close();
  }
}

function inputError(path: string, error: unknown): InputError {
  if (error instanceof InputError) return error;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return new InputError(`${path}: there is no such file`, { cause: error });
  if (code === "EACCES") return new InputError(`${path}: no permission to read it`, { cause: error });
  return new InputError(`${path} cannot be read: ${error instanceof Error ? error.message : error}`, { cause: error });
}
