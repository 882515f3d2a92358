import type { Block } from "./input.ts";
import type { Problems } from "./problems.ts";
import type { Chunks } from "./sources.ts";

/** A file without a newline would else be in memory whole. */
export const MAX_LINE_BYTES = 10 * 1024 * 1024;

const NEWLINE = 10;
const END_OF_LINE = Buffer.from("\n");

/**
 * Lines as they stand, in blocks that are views of the chunks: nothing is copied but the line that two chunks share, and
 * no string is made.
 */
export async function* lines(source: string, chunks: Chunks, problems: Problems): AsyncGenerator<Block> {
  let line = 1;
  /** The pieces of a line that has not ended yet. */
  let carry: Buffer[] = [];
  let carried = 0;
  let isTooLong = false;

  for await (const chunk of chunks) {
    let from = 0;
    if (carried > 0 || isTooLong) {
      const end = chunk.indexOf(NEWLINE) + 1;
      const piece = end === 0 ? chunk : chunk.subarray(0, end);
      carried += piece.length;
      if (!isTooLong && carried > MAX_LINE_BYTES) {
        problems.add(`the line is longer than ${MAX_LINE_BYTES} bytes; it is left out`, line);
        isTooLong = true;
        carry = [];
      }
      if (!isTooLong) carry.push(piece);
      if (end === 0) continue;
      if (!isTooLong) yield { source, first: line, bytes: Buffer.concat(carry) };
      line++;
      isTooLong = false;
      from = end;
    }
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end > from) {
      const bytes = chunk.subarray(from, end);
      yield { source, first: line, bytes };
      line += newlinesOf(bytes);
      from = end;
    }
    carry = from < chunk.length ? [chunk.subarray(from)] : [];
    carried = chunk.length - from;
  }
  if (carried > 0 && !isTooLong) yield { source, first: line, bytes: Buffer.concat([...carry, END_OF_LINE]) };
}

function newlinesOf(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}
