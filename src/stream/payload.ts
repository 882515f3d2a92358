import { isUtf8 } from "node:buffer";
import { gunzipSync } from "node:zlib";
import { isObject, type JsonValue } from "../ecs/json.ts";
import { bagged } from "./bag.ts";
import { type Allowance, RECORD_BUDGET } from "./budget.ts";
import type { Prefilter } from "./delivery.ts";
import { type Document, documents, MAX_EVENT_BYTES } from "./documents.ts";
import { type Envelope, isControlMessage, isEnvelope, senderOf } from "./envelope.ts";
import { isAggregate, userRecords } from "./kpl.ts";
import { type LogEvent, lookedInto } from "./log-events.ts";
import type { Piece, Rejection, Sender, StreamRecord } from "./record.ts";

/**
 * What a record holds: plain or gzip, alone or in a KPL aggregate, JSON in any of the framings of documents.ts, or
 * CloudWatch Logs envelopes of such. Decided by looking at the bytes, never by configuration. Pieces come one by one:
 * a payload's events are not all in memory at once.
 *
 * A piece's position is its path of ordinals within the record, the same at every redelivery, and no word of the sender's.
 * @param left what the record may still cost; where it is used up, a `cut` is the last piece
 * @param mayMatch tells which log events of an envelope are passed over; without it none is
 */
export function* pieces(
  { bytes, broken, position }: StreamRecord,
  left: Allowance = { ...RECORD_BUDGET },
  mayMatch?: Prefilter,
): Generator<Piece> {
  if (broken === true) return yield { kind: "rejected", reason: "base64", bytes, position: "0" };
  // A part of a record that is put through again stands where it stood.
  const own: PositionOf = (ordinal) =>
    position === undefined ? String(ordinal) : ordinal === 0 ? position : `${position}#${ordinal}`;
  const parts = isAggregate(bytes) ? userRecords(bytes) : undefined;
  if (parts === undefined) return yield* payload(bytes, own, left, mayMatch);
  for (const [index, part] of parts.entries()) {
    yield* counted(
      left,
      payload(part, (ordinal) => `${own(index)}.${ordinal}`, left, mayMatch),
    );
    if (left.documents < 0) return;
  }
}

/** A part counts as a document, however little it holds. */
function* counted(left: Allowance, part: Generator<Piece>, sender?: Sender): Generator<Piece> {
  const before = left.documents;
  if (before > 0) yield* part;
  if (left.documents === before) left.documents--;
  if (before <= 0) yield { kind: "cut", reason: "too_many", ...(sender === undefined ? {} : { sender }) };
}

/** Names the place of the nth document. */
type PositionOf = (ordinal: number) => string;

function* payload(
  bytes: Buffer,
  positionOf: PositionOf,
  left: Allowance,
  mayMatch: Prefilter | undefined,
): Generator<Piece> {
  const inflated = isGzip(bytes) ? inflate(bytes, left) : bytes;
  if (typeof inflated === "string") {
    return yield { kind: "rejected", reason: inflated, bytes, position: positionOf(0) };
  }
  const encoding = isUtf8(inflated) ? "utf8" : "latin1";
  if (encoding === "latin1") {
    // Cut into lines, what is another format could never be put together again.
    if (!beginsAsJson(inflated)) return yield { kind: "rejected", reason: "not_text", bytes, position: positionOf(0) };
    yield { kind: "repaired" };
  }
  yield* textPieces(inflated.toString(encoding), encoding, positionOf, left, { mayMatch });
}

function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** What `info` makes of zlib's answer. */
interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

function inflate(bytes: Buffer, left: Allowance): Buffer | Rejection {
  // zlib wants a limit of at least one byte.
  if (left.inflatedBytes < 1) return "inflated_too_large";
  try {
    const { buffer, engine } = gunzipSync(bytes, {
      maxOutputLength: left.inflatedBytes,
      info: true,
    }) as unknown as Inflated;
    left.inflatedBytes -= buffer.length;
    // Behind a zero it stops without a word; padding is of zeros throughout.
    return bytes.subarray(engine.bytesWritten).every((byte) => byte === 0) ? buffer : "gzip";
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code === "ERR_BUFFER_TOO_LARGE" ? "inflated_too_large" : "gzip";
  }
}

const BEFORE_JSON = new Set(Buffer.from(" \t\r\n\u001e\ufeff"));
const OPENS_JSON = new Set(Buffer.from("{["));

function beginsAsJson(bytes: Buffer): boolean {
  const first = bytes.find((byte) => !BEFORE_JSON.has(byte));
  return first !== undefined && OPENS_JSON.has(first);
}

/**
 * @param encoding how the text came of its bytes: bytes that are no UTF-8 are split one unit a byte, so that a document
 * that is rejected keeps its own, and each document is then read with replacement characters
 * @param sender of the envelope that the text stands in, and no envelope stands in another
 */
function* textPieces(
  text: string,
  encoding: "utf8" | "latin1",
  positionOf: PositionOf,
  left: Allowance,
  { sender, mayMatch }: { readonly sender?: Sender; readonly mayMatch?: Prefilter | undefined },
): Generator<Piece> {
  const from = sender === undefined ? {} : { sender };
  const decode = (part: string) => (encoding === "utf8" ? part : Buffer.from(part, encoding).toString("utf8"));
  let ordinal = 0;
  for (const document of documents(text, decode, left.documents)) {
    if (document.kind === "pause") {
      yield document;
      continue;
    }
    if (document.kind === "too_many" || left.documents-- <= 0)
      return yield { kind: "cut", reason: "too_many", ...from };
    const position = positionOf(ordinal++);
    const value = document.kind === "object" ? document.value : undefined;
    const isWhole = value !== undefined && sender === undefined;
    const envelope = isWhole && isEnvelope(value) ? value : undefined;
    const bag = isWhole && envelope === undefined ? bagged(value) : undefined;
    if (document.kind === "rejected" || (document.large && envelope === undefined && bag === undefined)) {
      const reason = document.kind === "rejected" ? document.reason : "too_large";
      yield { kind: "rejected", reason, bytes: Buffer.from(document.text, encoding), position, ...from };
    } else if (envelope !== undefined) yield* envelopePieces(envelope, position, left, mayMatch);
    else if (bag !== undefined) yield* bagPieces(bag, document, position, left);
    else yield { kind: "event", event: document.value, position, weight: document.weight, ...from };
  }
}

/** The events of a bag, each with a share of its weight; one over the limit of an event is rejected by itself. */
function* bagPieces(
  bag: readonly JsonValue[],
  { large, weight }: Extract<Document, { kind: "object" }>,
  within: string,
  left: Allowance,
): Generator<Piece> {
  const share = Math.ceil(weight / Math.max(bag.length, 1));
  for (const [index, element] of bag.entries()) {
    if (left.documents-- <= 0) return yield { kind: "cut", reason: "too_many" };
    const position = `${within}.${index}`;
    const text = large || !isObject(element) ? JSON.stringify(element) : "";
    const isTooLarge = Buffer.byteLength(text) > MAX_EVENT_BYTES;
    if (isObject(element) && !isTooLarge) yield { kind: "event", event: element, position, weight: share };
    else {
      const reason = isTooLarge ? "too_large" : "not_json";
      yield { kind: "rejected", reason, bytes: Buffer.from(text), position };
    }
  }
}

/** The log events of a CloudWatch Logs subscription, each message a text of its own. */
function* envelopePieces(
  envelope: Envelope,
  position: string,
  left: Allowance,
  mayMatch: Prefilter | undefined,
): Generator<Piece> {
  if (isControlMessage(envelope)) return yield { kind: "control" };
  const sender = senderOf(envelope);
  let index = 0;
  for (const logEvent of lookedInto(envelope.logEvents, mayMatch)) {
    yield* counted(left, logEventPieces(logEvent, `${position}.${index}`, left, sender), sender);
    if (left.documents < 0) return;
    index++;
  }
}

function* logEventPieces(
  { logEvent, message, isPassedOver }: LogEvent,
  position: string,
  left: Allowance,
  sender: Sender,
): Generator<Piece> {
  if (message !== undefined && isPassedOver) return yield { kind: "passed_over", message };
  if (message === undefined || !(yield* isAllDocuments(message))) {
    const bytes = Buffer.from(message ?? JSON.stringify(logEvent));
    return yield { kind: "rejected", reason: "not_json", bytes, position, sender };
  }
  const positionOf: PositionOf = (ordinal) => (ordinal === 0 ? position : `${position}#${ordinal}`);
  // CloudWatch Logs wraps once: an envelope in a message is somebody's event.
  yield* textPieces(message, "utf8", positionOf, left, { sender });
}

/**
 * Of a message every line is JSON, or none is an event: a log event is one thing of one sender's, and may hold lines that
 * somebody else has put there.
 */
function* isAllDocuments(message: string): Generator<Piece, boolean> {
  if (!message.trimEnd().includes("\n")) return true;
  for (const document of documents(message)) {
    if (document.kind === "rejected" && document.reason === "not_json") return false;
    yield { kind: "pause" };
  }
  return true;
}
