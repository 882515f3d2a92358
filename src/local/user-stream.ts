import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { documents } from "../stream/documents.ts";
import type { SampleRecord } from "./kinesis-shards.ts";

/** A file of the user's that cannot be put on the stream, in words for the user. */
export class FileError extends Error {}

export interface UserStream {
  readonly records: readonly SampleRecord[];
  /** 1-based numbers of lines that are no JSON object; they are sent, and will be quarantined. */
  readonly brokenLines: readonly number[];
}

const MAX_BYTES = 512 * 1024 * 1024;
/** Kinesis takes a megabyte, key included. */
const MAX_RECORD_BYTES = 1000 * 1000;

/**
 * The events of a file, one a line; gzip is understood.
 * @throws FileError
 */
export function readUserStream(path: string): UserStream {
  const records: SampleRecord[] = [];
  const brokenLines: number[] = [];
  for (const [index, line] of readText(path).split("\n").entries()) {
    if (line.trim() === "") continue;
    const found = [...documents(line)];
    if (found.length !== 1 || found[0]?.kind !== "object") brokenLines.push(index + 1);
    const data = Buffer.from(line);
    if (data.length > MAX_RECORD_BYTES) {
      throw new FileError(
        `${path}:${index + 1}: the line has ${data.length} bytes, and a Kinesis record takes ${MAX_RECORD_BYTES}`,
      );
    }
    records.push({ partitionKey: String(index), data });
  }
  if (records.length === 0) throw new FileError(`${path} holds no events: expected one JSON object a line`);
  return { records, brokenLines };
}

function readText(path: string): string {
  try {
    const bytes = readFileSync(path);
    return (path.endsWith(".gz") ? gunzipSync(bytes, { maxOutputLength: MAX_BYTES }) : bytes).toString("utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") throw new FileError(`${path}: there is no such file`);
    if (code === "EISDIR") throw new FileError(`${path} is a folder: name a file of events, one JSON object a line`);
    throw new FileError(`${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}
