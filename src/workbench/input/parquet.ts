import { open } from "node:fs/promises";
import { type AsyncBuffer, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import type { Block } from "./blocks.ts";
import { blockBuilder } from "./blocks.ts";
import type { Problems } from "./problems.ts";

const MARK = Buffer.from("PAR1");
/** A row group is in memory whole. */
const MAX_GROUP_BYTES = 512 * 1024 * 1024;

export function isParquet(head: Buffer): boolean {
  return head.subarray(0, MARK.length).equals(MARK);
}

/**
 * The rows of a Parquet file as JSON documents, row group by row group.
 * @param onRead told the share of a file's bytes that a row group is, by its rows
 */
export async function* parquetBlocks(
  path: string,
  problems: Problems,
  onRead: (bytes: number) => void,
): AsyncGenerator<Block> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    const file: AsyncBuffer = {
      byteLength: size,
      async slice(start, end = size) {
        const length = Math.max(0, Math.min(end, size) - start);
        const { buffer, bytesRead } = await handle.read(new Uint8Array(length), 0, length, start);
        return buffer.buffer.slice(0, bytesRead);
      },
    };
    const builder = blockBuilder(path);
    const metadata = await parquetMetadataAsync(file);
    let row = 0;
    for (const { num_rows, total_byte_size } of metadata.row_groups) {
      const rowStart = row;
      row += Number(num_rows);
      onRead((size * Number(num_rows)) / Number(metadata.num_rows));
      if (total_byte_size > MAX_GROUP_BYTES) {
        problems.add(
          `a row group of ${total_byte_size} bytes: left out, ${MAX_GROUP_BYTES} is the limit`,
          rowStart + 1,
        );
        continue;
      }
      try {
        const rows = await parquetReadObjects({ file, metadata, compressors, rowStart, rowEnd: row });
        for (const [index, each] of rows.entries()) {
          const block = builder.add(Buffer.from(jsonOf(each)), rowStart + index + 1);
          if (block !== undefined) yield block;
        }
      } catch (error) {
        problems.add(`a row group that cannot be read: ${messageOf(error)}`, rowStart + 1);
      }
    }
    const last = builder.flush();
    if (last !== undefined) yield last;
  } catch (error) {
    problems.add(`a Parquet file that cannot be read: ${messageOf(error)}`);
  } finally {
    await handle.close();
  }
}

/** An integer of 64 bits keeps its digits; a column without a value is a field that is not there; bytes become base64. */
function jsonOf(row: object): string {
  return JSON.stringify(row, (_, value: unknown) => {
    if (typeof value === "bigint") return JSON.rawJSON(String(value));
    if (value === null) return undefined;
    return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
