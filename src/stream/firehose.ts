import type { FirehoseTransformationEventRecord } from "aws-lambda";
import { decodeBase64 } from "./base64.ts";
import type { StreamRecord } from "./record.ts";

/**
 * A record of a Firehose transformation. Of a stream behind Firehose the record's own identity there is taken, so that a
 * function on the stream itself would know it by the same; else Firehose's, which it keeps when it invokes again.
 */
export function firehoseRecord(
  deliveryStreamArn: string,
  { recordId, data, approximateArrivalTimestamp, kinesisRecordMetadata: source }: FirehoseTransformationEventRecord,
): StreamRecord {
  const sub = source?.subsequenceNumber;
  const id =
    source === undefined
      ? `${deliveryStreamArn}/${recordId}`
      : `${source.shardId}:${source.sequenceNumber}${sub === undefined || String(sub) === "0" ? "" : `.${sub}`}`;
  return { id, arrival: epochMs(approximateArrivalTimestamp), ...decodeBase64(data) };
}

const YEAR_2100_S = 4_102_444_800;

/** Milliseconds as documented; seconds or an ISO time as samples of other sources show. */
function epochMs(stamp: unknown): number {
  const number = typeof stamp === "string" && Number.isNaN(Number(stamp)) ? Date.parse(stamp) : Number(stamp);
  return Math.round(number < YEAR_2100_S ? number * 1000 : number);
}
