import type { KinesisStreamRecord } from "aws-lambda";
import { kinesisDelivery } from "../stream/kinesis.ts";
import { isQuarantined, type QuarantineMessage, quarantinedRecords } from "../stream/quarantine.ts";
import type { StreamRecord } from "../stream/record.ts";

/** What texts hold that is to be put through again. */
export interface Found {
  /** Of failed batches. */
  readonly failed: readonly StreamRecord[];
  /** Of messages of the quarantine queue. */
  readonly quarantined: readonly StreamRecord[];
  /** Why something could not be read, with its place. */
  readonly unreadable: readonly string[];
}

/** A text, and where it is from. */
export interface Source {
  readonly name: string;
  readonly text: string;
}

/** Messages of the quarantine queue, as lines or as the AWS CLI prints them, and objects of the failed-batch bucket. */
export function recordsIn(sources: Iterable<Source>): Found {
  const unreadable: string[] = [];
  const failed: KinesisStreamRecord[] = [];
  const messages: QuarantineMessage[] = [];
  for (const { name, text } of sources) {
    for (const { value, place } of valuesIn(text, name, unreadable)) {
      const batch = failedBatchRecords(value);
      if (batch !== undefined) for (const record of batch) failed.push(record);
      else if (isQuarantined(value)) messages.push(value);
      else unreadable.push(`${place}: neither a quarantine message nor a failed batch with its records`);
    }
  }
  const delivery = kinesisDelivery(failed);
  // Parts of one may lie in several files.
  const restored = quarantinedRecords(messages);
  return {
    failed: failed.map((_, index) => delivery.record(index)),
    quarantined: restored.records,
    unreadable: [...unreadable, ...restored.unreadable],
  };
}

interface Placed {
  readonly value: unknown;
  readonly place: string;
}

/** What a text holds: one JSON value, or one a line; of what the AWS CLI prints of a queue, the lines of the bodies. */
function valuesIn(given: string, name: string, unreadable: string[]): Placed[] {
  const read = (text: string, place: string): Placed[] => {
    const whole = parsed(text);
    if (whole !== undefined) return unwrapped(whole.value, place);
    return text.split("\n").flatMap((line, index): Placed[] => {
      if (line.trim() === "") return [];
      const one = parsed(line);
      if (one === undefined) unreadable.push(`${place}:${index + 1}: not JSON`);
      return one === undefined ? [] : unwrapped(one.value, `${place}:${index + 1}`);
    });
  };
  const unwrapped = (value: unknown, place: string): Placed[] => {
    const { Messages } = Object(value) as { readonly Messages?: unknown };
    if (!Array.isArray(Messages)) return [{ value, place }];
    return Messages.flatMap((message: { readonly Body?: unknown } | null, index) => {
      const where = `${place}: message ${index + 1}`;
      if (typeof message?.Body === "string") return read(message.Body, where);
      unreadable.push(`${where}: no body`);
      return [];
    });
  };
  // Some shells write a byte order mark.
  return read(given.replace(/^\ufeff/, ""), name);
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/** Of a failed-batch object the records that are some. Lambda writes the event as an object; a copy may hold it as text. */
function failedBatchRecords(value: unknown): readonly KinesisStreamRecord[] | undefined {
  const { payload } = Object(value) as { readonly payload?: unknown };
  const event: unknown = typeof payload === "string" ? parsed(payload)?.value : payload;
  const { Records } = Object(event) as { readonly Records?: unknown };
  return Array.isArray(Records) && Records.every(isKinesisRecord) ? Records : undefined;
}

function isKinesisRecord(record: unknown): record is KinesisStreamRecord {
  const { eventID, kinesis } = Object(record) as { readonly eventID?: unknown; readonly kinesis?: unknown };
  const { data, approximateArrivalTimestamp: arrival } = Object(kinesis) as Record<string, unknown>;
  return typeof eventID === "string" && typeof data === "string" && typeof arrival === "number";
}
