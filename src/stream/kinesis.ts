import type { KinesisStreamRecord } from "aws-lambda";
import type { StreamRecord } from "./record.ts";

/**
 * A record of a Kinesis delivery. Its arrival comes in seconds with a fraction.
 * @returns bytes as decoded; where the base64 is broken, which no real delivery's is, `broken` is true and the bytes are
 * the text's own
 */
export function kinesisRecord({ eventID, kinesis }: KinesisStreamRecord): StreamRecord {
  const { data, approximateArrivalTimestamp } = kinesis;
  const decoded = Buffer.from(data, "base64");
  // Buffer.from never throws: it skips what is not base64 and cuts what is short.
  const broken = decoded.length !== decodedLength(data);
  return {
    id: eventID,
    arrival: Math.round(approximateArrivalTimestamp * 1000),
    bytes: broken ? Buffer.from(data) : decoded,
    ...(broken ? { broken } : {}),
  };
}

function decodedLength(base64: string): number {
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  return base64.length % 4 === 0 ? (base64.length / 4) * 3 - padding : -1;
}
