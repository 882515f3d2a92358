import type { KinesisStreamRecord } from "aws-lambda";
import { decodeBase64 } from "./base64.ts";
import type { StreamRecord } from "./record.ts";

/** A record of a Kinesis delivery. Its arrival comes in seconds with a fraction. */
export function kinesisRecord({ eventID, kinesis }: KinesisStreamRecord): StreamRecord {
  const arrival = Math.round(kinesis.approximateArrivalTimestamp * 1000);
  return { id: eventID, arrival, ...decodeBase64(kinesis.data) };
}
