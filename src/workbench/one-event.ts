import { gunzipSync } from "node:zlib";
import { type EcsEvent, isObject, type JsonObject } from "../ecs/json.ts";
import { inertCut } from "../finding/inert.ts";
import { normalise } from "../normalize/normalize.ts";
import type { RawShape } from "../normalize/raw-shape.ts";
import { documents } from "../stream/documents.ts";
import { isEnvelope } from "../stream/envelope.ts";
import type { Block } from "./input/blocks.ts";
import { readInput } from "./input/input.ts";
import type { InputProblem } from "./input/problems.ts";

/** An event, and the bytes it would be on a stream; or why there is none. */
export type OneEvent =
  | {
      readonly kind: "event";
      /** As the rules see it. */
      readonly event: EcsEvent;
      /** Where it came raw. */
      readonly shape?: RawShape;
      readonly bytes: Buffer;
      /** When the stream received it, epoch ms, where the file says so. */
      readonly arrival?: number;
    }
  | { readonly kind: "unreadable"; readonly reason: string };

/** Of a record, unpacked. */
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_REASON = 200;

/**
 * The first event of a file, or that of a line as a replay numbers them. No more of the file is read than stands before it.
 * @param line 1-based
 * @throws InputError where the file cannot be read at all
 */
export async function eventIn(path: string, line?: number): Promise<OneEvent> {
  const problems: InputProblem[] = [];
  for await (const block of readInput([path], { onProblem: (problem) => problems.push(problem) })) {
    if (line !== undefined && block.first > line) break;
    const found = lineIn(block, line);
    if (found === undefined) continue;
    const before =
      line === undefined
        ? problems.find((problem) => (problem.line ?? Number.POSITIVE_INFINITY) < found.number)
        : undefined;
    if (before !== undefined) return unreadable(before.message);
    const { bytes, arrival } = found;
    return { ...oneEvent(bytes), ...(arrival === undefined ? {} : { arrival }) };
  }
  const problem = line === undefined ? problems[0] : problems.find((each) => each.line === line);
  const none = line === undefined ? "there is no JSON document" : `there is no line ${line}, or no event on it`;
  return unreadable(problem?.message ?? none);
}

const NEWLINE = 0x0a;

/** The wanted line, or the first that is not blank. */
function lineIn({ first, bytes, arrivals }: Block, wanted: number | undefined) {
  for (let start = 0, number = first; start < bytes.length; number++) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    const isIt = wanted === undefined ? bytes.toString("utf8", start, end).trim() !== "" : number === wanted;
    if (isIt) return { number, bytes: bytes.subarray(start, end), arrival: arrivals?.[number - first] };
    start = end + 1;
  }
  return undefined;
}

/** The first JSON document of a record or of a line. A hit of an Elasticsearch search is unwrapped. */
export function oneEvent(record: Buffer): OneEvent {
  const bytes = unpacked(record);
  if (bytes === undefined) return unreadable("gzip that is broken, or holds too much");
  for (const document of documents(bytes.toString("utf8"))) {
    if (document.kind === "pause") continue;
    if (document.kind === "too_many") break;
    if (document.kind === "rejected" && document.reason === "not_json") return unreadable(complaint(document.text));
    if (document.kind === "rejected" || (document.large && !isEnvelope(document.value))) {
      const reason = document.kind === "rejected" ? document.reason : "too_large";
      return unreadable(`the functions would put it away: ${reason}`);
    }
    if (isEnvelope(document.value)) return unreadable("an envelope of CloudWatch Logs: give one of its messages");
    const hit = hitOf(document.value);
    const bytes = Buffer.from(hit === undefined ? document.text : JSON.stringify(hit));
    const { event, shape } = normalise(hit ?? document.value);
    return { kind: "event", event, bytes, ...(shape === undefined ? {} : { shape }) };
  }
  return unreadable("there is no JSON document");
}

function unreadable(reason: string): OneEvent {
  return { kind: "unreadable", reason };
}

function unpacked(bytes: Buffer): Buffer | undefined {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BYTES });
  } catch {
    return undefined;
  }
}

/** What JSON.parse has against a text. It quotes the text, which may be an attacker's. */
function complaint(text: string): string {
  try {
    JSON.parse(text);
    return "JSON, but no object";
  } catch (error) {
    return `no JSON: ${inertCut(error instanceof Error ? error.message : String(error), MAX_REASON)}`;
  }
}

function hitOf(value: JsonObject): JsonObject | undefined {
  const source = Object.hasOwn(value, "_source") ? value["_source"] : undefined;
  return isObject(source) ? source : undefined;
}
