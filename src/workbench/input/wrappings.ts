import type { FirehoseTransformationEventRecord, KinesisStreamRecord } from "aws-lambda";
import { isObject, type JsonObject, type JsonValue } from "../../ecs/json.ts";
import { isCloudTrailRecord } from "../../stream/bag.ts";
import { base64Delivery } from "../../stream/delivery.ts";
import { documents } from "../../stream/documents.ts";
import { isControlMessage, isEnvelope } from "../../stream/envelope.ts";
import { firehoseDelivery } from "../../stream/firehose.ts";
import { kinesisDelivery } from "../../stream/kinesis.ts";
import { pieces } from "../../stream/payload.ts";
import { arrivalAt, type StreamRecord } from "../../stream/record.ts";
import { MEMBERS, type Member } from "./json-values.ts";
import { type Child, children, memberOf } from "./members.ts";

/** A document out of what it came wrapped in, or why there is none. */
export type Unwrapped =
  | { readonly kind: "document"; readonly bytes: Buffer; readonly arrival?: number }
  | { readonly kind: "problem"; readonly message: string };

const ACTIONS = ["index", "create", "update", "delete"].map((name) => Buffer.from(`{"${name}"`));

/**
 * The documents of one that wraps others: a hit or a search response of Elasticsearch, a delivery of Kinesis or Firehose,
 * records as `aws kinesis get-records` prints them, log events of CloudWatch Logs, a CloudTrail file. Told by looking,
 * and by more than a name: an event may have a field `records`. Any other document is itself.
 */
export function* unwrapped(bytes: Buffer): Generator<Unwrapped> {
  if (ACTIONS.some((action) => bytes.subarray(0, action.length).equals(action)) && isAction(bytes)) return;
  const source = sourceOf(bytes, 0);
  if (source !== undefined) return yield { kind: "document", bytes: source };
  for (const { key, from } of [...children(bytes, 0)]) {
    const member = MEMBERS.find((name) => name === key);
    if (member === undefined) continue;
    const array = member === "hits" ? memberOf(bytes, from, "hits")?.from : from;
    if (array === undefined || bytes[array] !== 91) continue;
    const elements = [...children(bytes, array)];
    if (elements.length === 0 && isEmptyWrapping(bytes, member)) return;
    if (member === "logEvents" && isControl(bytes)) return;
    // The first tells; one of the others that is different is a problem of its own.
    if (elements.length === 0 || !isElement(cut(bytes, elements[0]), member)) continue;
    for (const element of elements) yield* elementDocuments(cut(bytes, element), member);
    return;
  }
  yield { kind: "document", bytes };
}

/** The documents of one element of a wrapping that was too large to be held whole. */
export function* elementDocuments(bytes: Buffer, member: Member): Generator<Unwrapped> {
  if (member === "hits") {
    const source = sourceOf(bytes, 0);
    return yield source === undefined
      ? { kind: "problem", message: "a hit without _source" }
      : { kind: "document", bytes: source };
  }
  const element = parsed(bytes);
  const record = element === undefined ? undefined : recordOf(element, member);
  if (record !== undefined) return yield* recordDocuments(record);
  if (element !== undefined && isCloudTrail(element, member)) return yield { kind: "document", bytes };
  if (element !== undefined && isLogEvent(element, member)) {
    return yield* messageDocuments(element["message"] as string, arrivalAt(Number(element["timestamp"])));
  }
  yield { kind: "problem", message: `an element of ${member} that is unlike the first` };
}

/**
 * Lines in a file of log events: each message must be JSON throughout, as on the stream.
 * @param arrival epoch ms
 */
export function* messageDocuments(message: string, arrival: number): Generator<Unwrapped> {
  const found = [...documents(message)].filter(({ kind }) => kind !== "pause");
  if (found.length === 0 || found.some(({ kind }) => kind !== "object")) {
    return yield { kind: "problem", message: "a log event whose message is no JSON" };
  }
  for (const document of found) {
    if (document.kind === "object") yield { kind: "document", bytes: Buffer.from(document.text), arrival };
  }
}

function* recordDocuments(record: StreamRecord): Generator<Unwrapped> {
  for (const piece of pieces(record)) {
    if (piece.kind === "event") {
      yield { kind: "document", bytes: Buffer.from(JSON.stringify(piece.event)), arrival: record.arrival };
    } else if (piece.kind === "rejected" || piece.kind === "cut") {
      yield { kind: "problem", message: `a record that the function would put in quarantine: ${piece.reason}` };
    }
  }
}

function isElement(bytes: Buffer, member: Member): boolean {
  if (member === "hits") return sourceOf(bytes, 0) !== undefined;
  const element = parsed(bytes);
  if (element === undefined) return false;
  return recordOf(element, member) !== undefined || isCloudTrail(element, member) || isLogEvent(element, member);
}

/** A search without hits, a shard without records, a control message: they hold no documents. */
function isEmptyWrapping(bytes: Buffer, member: Member): boolean {
  const mark = { hits: "_shards", Records: "MillisBehindLatest", records: "deliveryStreamArn" } as const;
  const name = member === "hits" || member === "Records" || member === "records" ? mark[member] : "messageType";
  return memberOf(bytes, 0, name) !== undefined;
}

/** CloudWatch Logs asks in this way whether it may send. */
function isControl(bytes: Buffer): boolean {
  const value = memberOf(bytes, 0, "messageType") === undefined ? undefined : parsed(bytes);
  return value !== undefined && isEnvelope(value) && isControlMessage(value);
}

function recordOf(element: JsonObject, member: Member): StreamRecord | undefined {
  if (member === "Records") {
    const kinesis = own(element, "kinesis");
    if (isObject(kinesis) && typeof own(kinesis, "data") === "string") {
      return kinesisDelivery([element as unknown as KinesisStreamRecord]).record(0);
    }
    const data = own(element, "Data");
    if (typeof data !== "string" || own(element, "SequenceNumber") === undefined) return undefined;
    const stamp = own(element, "ApproximateArrivalTimestamp");
    const arrival = typeof stamp === "string" ? Date.parse(stamp) : Number(stamp) * 1000;
    return base64Delivery([data], () => ({ id: "", arrival: arrivalAt(arrival) })).record(0);
  }
  if (member !== "records" || typeof own(element, "data") !== "string" || own(element, "recordId") === undefined) {
    return undefined;
  }
  const records = [element as unknown as FirehoseTransformationEventRecord];
  return firehoseDelivery({ deliveryStreamArn: "", records }).record(0);
}

function isCloudTrail(element: JsonObject, member: Member): boolean {
  return member === "Records" && isCloudTrailRecord(element);
}

function isLogEvent(element: JsonObject, member: Member): boolean {
  const isList = member === "logEvents" || member === "events";
  return isList && typeof own(element, "message") === "string" && typeof own(element, "timestamp") === "number";
}

function sourceOf(bytes: Buffer, open: number): Buffer | undefined {
  const source = memberOf(bytes, open, "_source");
  if (source === undefined || bytes[source.from] !== 123) return undefined;
  const isHit = memberOf(bytes, open, "_index") !== undefined || memberOf(bytes, open, "_id") !== undefined;
  return isHit ? cut(bytes, source) : undefined;
}

/** The line before a document in the body of a bulk request. */
function isAction(bytes: Buffer): boolean {
  const members = [...children(bytes, 0)];
  const [action] = members;
  if (action === undefined || members.length !== 1 || bytes[action.from] !== 123) return false;
  return [...children(bytes, action.from)].every(({ key }) => key.startsWith("_") || BULK_KEYS.has(key));
}

const BULK_KEYS = new Set(["routing", "require_alias", "dynamic_templates", "pipeline", "version", "version_type"]);

function cut(bytes: Buffer, child: Child | undefined): Buffer {
  return child === undefined ? bytes.subarray(0, 0) : bytes.subarray(child.from, child.end);
}

function own(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function parsed(bytes: Buffer): JsonObject | undefined {
  try {
    const value = JSON.parse(bytes.toString()) as JsonValue;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
