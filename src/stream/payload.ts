import { isUtf8 } from "node:buffer";
import { gunzipSync } from "node:zlib";
import { isObject, type JsonObject, type JsonValue, parseExact } from "../ecs/json.ts";
import { type Document, documents } from "./documents.ts";
import { isAggregate, userRecords } from "./kpl.ts";
import type { Piece, Rejection, StreamRecord } from "./record.ts";

/** Bytes that one record may come to when inflated, all its parts together. */
export const MAX_INFLATED_BYTES = 20 * 1024 * 1024;

/** Documents that one record may hold: a few bytes of gzip can promise millions, and each rule looks at each. */
export const MAX_DOCUMENTS = 200_000;

/** What is left of the record's allowance. */
interface Allowance {
  bytes: number;
  documents: number;
}

/**
 * What a record holds: plain or gzip, alone or in a KPL aggregate, JSON in any of the framings of documents.ts, or
 * CloudWatch Logs envelopes of such. Decided by looking at the bytes, never by configuration. Pieces come one by one:
 * a payload's events are not all in memory at once.
 */
export function* pieces({ bytes, broken, position }: StreamRecord): Generator<Piece> {
  if (broken === true) {
    yield { kind: "rejected", reason: "base64", bytes, position: "0" };
    return;
  }
  // A part of a record that is put through again stands where it stood.
  const own: PositionOf = (ordinal) =>
    position === undefined ? String(ordinal) : ordinal === 0 ? position : `${position}#${ordinal}`;
  const allowance = { bytes: MAX_INFLATED_BYTES, documents: MAX_DOCUMENTS };
  const parts = isAggregate(bytes) ? userRecords(bytes) : undefined;
  if (parts === undefined) {
    yield* payload(bytes, own, allowance);
    return;
  }
  for (const [index, part] of parts.entries()) {
    yield* payload(part, (ordinal) => `${own(index)}.${ordinal}`, allowance);
  }
}

/** Names the place of the nth document. */
type PositionOf = (ordinal: number) => string;

function* payload(bytes: Buffer, positionOf: PositionOf, allowance: Allowance): Generator<Piece> {
  const inflated = isGzip(bytes) ? inflate(bytes, allowance) : bytes;
  if (typeof inflated === "string") {
    yield { kind: "rejected", reason: inflated, bytes, position: positionOf(0) };
    return;
  }
  const encoding = isUtf8(inflated) ? "utf8" : "latin1";
  if (encoding === "latin1") yield { kind: "repaired" };
  yield* textPieces(inflated.toString(encoding), encoding, positionOf, allowance);
}

function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function inflate(bytes: Buffer, allowance: Allowance): Buffer | Rejection {
  // zlib wants a limit of at least one byte.
  if (allowance.bytes < 1) return "inflated_too_large";
  try {
    const inflated = gunzipSync(bytes, { maxOutputLength: allowance.bytes });
    allowance.bytes -= inflated.length;
    return inflated;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code === "ERR_BUFFER_TOO_LARGE" ? "inflated_too_large" : "gzip";
  }
}

/**
 * @param encoding how the text came of its bytes: bytes that are no UTF-8 are split one unit a byte, so that a document
 * that is rejected keeps its own, and each document is then read with replacement characters
 */
function* textPieces(
  text: string,
  encoding: "utf8" | "latin1",
  positionOf: PositionOf,
  allowance: Allowance,
): Generator<Piece> {
  let ordinal = 0;
  for (const document of documents(text)) {
    const position = positionOf(ordinal++);
    if (allowance.documents-- <= 0) {
      const bytes = Buffer.from(text.slice(document.from), encoding);
      yield { kind: "rejected", reason: "too_many", bytes, position };
      return;
    }
    const parsed = document.kind === "object" ? parse(document, encoding) : undefined;
    if (parsed !== undefined && isEnvelope(parsed)) yield* envelopePieces(parsed, position, allowance);
    else if (parsed !== undefined && !(document.kind === "object" && document.large)) {
      yield { kind: "event", event: parsed, position };
    } else {
      const reason = document.kind === "rejected" ? document.reason : parsed === undefined ? "not_json" : "too_large";
      yield { kind: "rejected", reason, bytes: Buffer.from(document.text, encoding), position };
    }
  }
}

function parse(
  { text, exact }: Extract<Document, { kind: "object" }>,
  encoding: "utf8" | "latin1",
): JsonObject | undefined {
  const json = encoding === "utf8" ? text : Buffer.from(text, encoding).toString("utf8");
  try {
    const value = exact ? parseExact(json) : (JSON.parse(json) as JsonValue);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

interface Envelope extends JsonObject {
  readonly messageType: string;
  readonly logEvents: readonly JsonValue[];
}

function isEnvelope(value: JsonObject): value is Envelope {
  return (
    Object.hasOwn(value, "messageType") && typeof value["messageType"] === "string" && Array.isArray(value["logEvents"])
  );
}

/** The log events of a CloudWatch Logs subscription, each message a text of its own. */
function* envelopePieces(envelope: Envelope, position: string, allowance: Allowance): Generator<Piece> {
  if (envelope.messageType === "CONTROL_MESSAGE") {
    yield { kind: "control" };
    return;
  }
  const stream = [envelope["owner"], envelope["logGroup"], envelope["logStream"]].map(String).join("/");
  for (const [index, logEvent] of envelope.logEvents.entries()) {
    if (!isObject(logEvent) || typeof logEvent["message"] !== "string") {
      const bytes = Buffer.from(JSON.stringify(logEvent));
      yield { kind: "rejected", reason: "not_json", bytes, position: `${position}.${index}` };
      continue;
    }
    const id = typeof logEvent["id"] === "string" ? `${stream}/${logEvent["id"]}` : `${position}.${index}`;
    const positionOf: PositionOf = (ordinal) => (ordinal === 0 ? id : `${id}#${ordinal}`);
    yield* textPieces(logEvent["message"], "utf8", positionOf, allowance);
  }
}
