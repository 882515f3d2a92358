import { isTime } from "../ecs/iso-date.ts";
import type { EcsEvent } from "../ecs/json.ts";

/** Who sent a record, as far as it is known. Partition keys and the names of logs are a sender's words, of any length. */
export interface Sender {
  /** A Kinesis stream's ARN. */
  readonly stream?: string;
  /** A Firehose delivery stream's ARN. */
  readonly deliveryStream?: string;
  readonly partitionKey?: string;
  /** The account, log group and log stream that a CloudWatch Logs envelope names. */
  readonly owner?: string;
  readonly logGroup?: string;
  readonly logStream?: string;
}

/** One record as the stream delivered it. */
export interface StreamRecord {
  /** Identity that is the same at every redelivery: a Kinesis `eventID`, a Firehose stream and `recordId`. */
  readonly id: string;
  /** When the stream received it, in epoch milliseconds: the only clock a sender cannot set. */
  readonly arrival: number;
  readonly bytes: Buffer;
  /** The delivery's own encoding was broken: the bytes are its text, and hold no events. */
  readonly broken?: boolean;
  /** Where these bytes stood in their record, where they are a part of one that is put through again. */
  readonly position?: string;
  readonly sender?: Sender;
}

/** A stream's stamp as epoch ms. A stamp that is no time, which no real stream gives, is taken for now. */
export function arrivalAt(ms: number): number {
  return isTime(ms) ? Math.round(ms) : Date.now();
}

/** Why bytes cannot become an event, or a record is not read on. A retry would end the same way, but of the last two. */
export type Rejection =
  | "base64" // the delivery's own encoding is broken
  | "gzip" // announced as gzip, cannot be inflated
  | "inflated_too_large" // more than the budget once inflated
  | "not_text" // some other format, or another compression
  | "not_json" // not a JSON object, cut short, or with other text on its line
  | "too_deep" // nesting over the limit
  | "too_large" // one event over the limit
  | "too_many" // more documents than the budget
  | "too_many_combinations" // more combinations of new_terms values than the budget
  | "too_slow" // more time than the budget
  | "read_failed" // the reader threw, or a rule's index did
  | "rule_failed" // a rule threw over an event that reads well
  | "out_of_time" // a Firehose record that the invocation had no time to read
  | "not_started"; // a Firehose record that came to a function with broken rules or settings

/** What a record holds, piece by piece, in order. */
export type Piece =
  | {
      readonly kind: "event";
      readonly event: EcsEvent;
      /** Where in the record it stood: a path of ordinals, the same at every redelivery. */
      readonly position: string;
      /** About how many bytes of memory it takes. */
      readonly weight: number;
      /** What the envelope says that it came in. */
      readonly sender?: Sender;
    }
  | {
      readonly kind: "rejected";
      readonly reason: Rejection;
      /** The offending bytes, no more than needed: the line, not the record, where a line is to blame. */
      readonly bytes: Buffer;
      readonly position: string;
      readonly sender?: Sender;
    }
  /** A log event of an envelope that holds nothing any rule asks for, unread. */
  | { readonly kind: "passed_over"; readonly message: string }
  /** The record is to be put away whole; nothing follows. */
  | { readonly kind: "cut"; readonly reason: Rejection; readonly sender?: Sender }
  /** Nothing yet, after some work: a moment to look at the clock. */
  | { readonly kind: "pause" }
  /** A CloudWatch Logs CONTROL_MESSAGE: a reachability probe, counted and otherwise ignored. */
  | { readonly kind: "control" }
  /** Bytes that were not valid UTF-8 were read with replacement characters; the pieces that follow are evaluated. */
  | { readonly kind: "repaired" };
