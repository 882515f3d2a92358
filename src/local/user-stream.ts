import { documents } from "../stream/documents.ts";
import { readInput } from "../workbench/input/input.ts";
import { InputError } from "../workbench/input/input-error.ts";
import type { InputProblem } from "../workbench/input/problems.ts";
import type { SampleRecord } from "./kinesis-shards.ts";

export interface UserStream {
  readonly records: readonly SampleRecord[];
  /** What was left out, and what is sent and will be quarantined. */
  readonly problems: readonly InputProblem[];
}

/** All of it is in memory, here and in the local Kinesis. */
const MAX_BYTES = 512 * 1024 * 1024;
/** Kinesis takes a megabyte, key included. */
const MAX_RECORD_BYTES = 1000 * 1000;

/**
 * The events of a file or a folder, in any shape that the input is read in, each as a record.
 * @throws InputError
 */
export async function readUserStream(path: string): Promise<UserStream> {
  const records: SampleRecord[] = [];
  const problems: InputProblem[] = [];
  let total = 0;
  for await (const block of readInput([path], { onProblem: (problem) => problems.push(problem) })) {
    total += block.bytes.length;
    if (total > MAX_BYTES)
      throw new InputError(`${path} holds more than ${MAX_BYTES} bytes: too much for a stream here`);
    for (const [index, text] of block.bytes.toString().split("\n").entries()) {
      if (text.trim() === "") continue;
      const place = { source: block.source, line: block.first + index };
      const data = Buffer.from(text);
      if (data.length > MAX_RECORD_BYTES) {
        throw new InputError(
          `${place.source}:${place.line}: the event has ${data.length} bytes, and a Kinesis record takes ${MAX_RECORD_BYTES}`,
        );
      }
      const found = [...documents(text)];
      if (found.length !== 1 || found[0]?.kind !== "object") {
        problems.push({ ...place, message: "not one JSON object; sent as it stands" });
      }
      records.push({ partitionKey: String(records.length), data });
    }
  }
  if (records.length === 0) {
    const [first] = problems;
    const why = first === undefined ? "expected JSON objects, as one a line or in an array" : first.message;
    throw new InputError(`${path} holds no events: ${why}`);
  }
  return { records, problems };
}
