import type { KinesisStreamRecord } from "aws-lambda";
import { decodeBase64 } from "./base64.ts";
import type { StreamRecord } from "./record.ts";

/** A record of a Kinesis delivery. Its arrival comes in seconds with a fraction. */
export function kinesisRecord({ eventID: id, kinesis }: KinesisStreamRecord): StreamRecord {
  const arrival = Math.round(kinesis.approximateArrivalTimestamp * 1000);
  const { bytes, broken } = decodeBase64(kinesis.data);
  return broken === true ? { id, arrival, bytes, broken } : { id, arrival, bytes };
}
