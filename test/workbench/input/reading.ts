import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import type { Block } from "../../../src/workbench/input/blocks.ts";
import { readInput } from "../../../src/workbench/input/input.ts";
import type { InputProblem } from "../../../src/workbench/input/problems.ts";

const folder = mkdtempSync(join(tmpdir(), "firstsight-input-"));
after(() => rmSync(folder, { recursive: true }));
let count = 0;

/** A file that is gone when the tests are over. */
export function fileOf(content: string | Buffer | Uint8Array): string {
  const path = join(folder, `file-${count++}`);
  writeFileSync(path, content);
  return path;
}

export interface Reading {
  readonly blocks: readonly Block[];
  readonly problems: readonly InputProblem[];
  /** The documents, parsed, in order. */
  readonly documents: readonly unknown[];
  readonly arrivals: readonly number[];
}

export async function read(...paths: string[]): Promise<Reading> {
  const problems: InputProblem[] = [];
  return { ...(await gather(readInput(paths, { onProblem: (problem) => problems.push(problem) }))), problems };
}

export async function gather(input: AsyncIterable<Block>): Promise<Omit<Reading, "problems">> {
  const blocks: Block[] = [];
  for await (const block of input) blocks.push(block);
  const lines = blocks.flatMap(({ bytes }) => bytes.toString().split("\n").slice(0, -1));
  return {
    blocks,
    documents: lines.filter((line) => line.trim() !== "").map((line) => JSON.parse(line)),
    arrivals: blocks.flatMap(({ arrivals = [] }) => arrivals),
  };
}
