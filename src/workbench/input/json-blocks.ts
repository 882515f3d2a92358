import type { Block } from "./blocks.ts";
import { blockBuilder } from "./blocks.ts";
import { headOf } from "./head.ts";
import { type Found, jsonScanner } from "./json-values.ts";
import { logLineOf } from "./log-line.ts";
import type { Problems } from "./problems.ts";
import { CHUNK_BYTES, type Chunks } from "./sources.ts";
import { elementDocuments, messageDocuments, type Unwrapped, unwrapped } from "./wrappings.ts";

/** Lines at the head of a file that are looked at. */
const LOOKED_AT = 20;

/**
 * The documents of a text in UTF-8. Where a file has one a line, its lines are passed on as they stand, in blocks that are
 * views of the chunks: no document is copied but the one that two chunks share, and no string is made.
 */
export async function* jsonBlocks(source: string, stream: Chunks, problems: Problems): AsyncGenerator<Block> {
  const { head, chunks } = await headOf(stream, CHUNK_BYTES / 4);
  const layout = layoutOf(head);
  const scanner = jsonScanner(layout !== "documents");
  const builder = blockBuilder(source);
  let ordinal = 1;

  function* built(found: readonly Found[]): Generator<Block> {
    for (const each of found) {
      if (each.kind === "problem") {
        problems.add(each.message, each.line);
        continue;
      }
      const isPlain = layout === "lines" && each.kind === "value" && each.bytes[0] !== 91;
      for (const document of isPlain ? [plain(each.bytes)] : documentsOf(each)) {
        if (document.kind === "problem") problems.add(document.message, each.line);
        else {
          const number = layout === "documents" ? ordinal++ : each.line;
          const block = builder.add(document.bytes, number, document.arrival);
          if (block !== undefined) yield block;
        }
      }
    }
  }

  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      if (layout === "lines" && scanner.isAtLineStart) {
        const { end, count } = wholeLines(chunk, at);
        if (end > at) {
          const before = builder.flush();
          if (before !== undefined) yield before;
          yield { source, first: scanner.line, bytes: chunk.subarray(at, end) };
          scanner.line += count;
          at = end;
          if (at === chunk.length) break;
        }
      }
      const found: Found[] = [];
      at = scanner.scan(chunk, at, layout === "lines", found);
      yield* built(found);
    }
  }
  const found: Found[] = [];
  scanner.end(found);
  yield* built(found);
  const last = builder.flush();
  if (last !== undefined) yield last;
}

/** `lines`: a plain document a line; `wrapped lines`: a line for each too, but to be unwrapped; `documents`: anything else. */
type Layout = "lines" | "wrapped lines" | "documents";

/** Decided by the first line that holds one whole object. */
function layoutOf(head: Buffer): Layout {
  let from = head[0] === 0xef ? 3 : 0;
  for (let looked = 0; looked < LOOKED_AT && from < head.length; looked++) {
    const newline = head.indexOf(10, from);
    const line = head.subarray(from, newline < 0 ? head.length : newline);
    const found: Found[] = [];
    jsonScanner().scan(line, 0, false, found);
    if (line[0] === 91) return "documents";
    const [first, ...more] = found;
    if (first?.kind === "value") {
      if (more.length > 0 || line[0] !== 123) return "documents";
      const [document, ...others] = documentsOf(first);
      if (document?.kind !== "document" || others.length > 0) return "documents";
      if (document.arrival !== undefined) return "documents";
      return document.bytes === first.bytes ? "lines" : "wrapped lines";
    }
    if (newline < 0) break;
    from = newline + 1;
  }
  return "documents";
}

function documentsOf(found: Exclude<Found, { kind: "problem" }>): Iterable<Unwrapped> {
  if (found.kind === "text") {
    const line = logLineOf(found.bytes);
    return line === undefined
      ? [{ kind: "problem", message: "no JSON object" }]
      : messageDocuments(line.message, line.arrival);
  }
  if (found.bytes[0] === 91) return [{ kind: "problem", message: "an array within an array is no event" }];
  if (found.member !== undefined) return elementDocuments(found.bytes, found.member);
  return found.mayWrap ? unwrapped(found.bytes) : [plain(found.bytes)];
}

function plain(bytes: Buffer): Unwrapped {
  return { kind: "document", bytes };
}

/**
 * The lines from an index on that begin and end as an object, or are empty. A line with a joint of two objects is left to
 * the scan, which knows whether it stands in a string: Firehose puts batches of lines end to end.
 */
function wholeLines(chunk: Buffer, from: number): { readonly end: number; readonly count: number } {
  let start = from;
  let count = 0;
  const joint = chunk.indexOf("}{", from, "latin1");
  for (let end = chunk.indexOf(10, from); end >= 0; end = chunk.indexOf(10, start)) {
    const last = chunk[end - 1] === 13 ? end - 2 : end - 1;
    if (joint >= 0 && joint < end) break;
    if (last >= start && (chunk[start] !== 123 || chunk[last] !== 125)) break;
    start = end + 1;
    count++;
  }
  return { end: start, count };
}
