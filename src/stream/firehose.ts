import type { FirehoseTransformationEvent, FirehoseTransformationEventRecord } from "aws-lambda";
import { base64Delivery, type Delivery } from "./delivery.ts";
import { arrivalAt } from "./record.ts";

/** A delivery to a Firehose transformation. */
export function firehoseDelivery({
  deliveryStreamArn,
  sourceKinesisStreamArn: stream,
  records,
}: Pick<FirehoseTransformationEvent, "deliveryStreamArn" | "sourceKinesisStreamArn" | "records">): Delivery {
  return base64Delivery(
    records.map(({ data }) => data),
    (index) => {
      const record = records[index] as FirehoseTransformationEventRecord;
      const partitionKey = record.kinesisRecordMetadata?.partitionKey;
      const sender = {
        deliveryStream: deliveryStreamArn,
        ...(stream === undefined ? {} : { stream }),
        ...(partitionKey === undefined ? {} : { partitionKey }),
      };
      return { id: idOf(record, deliveryStreamArn), arrival: epochMs(record.approximateArrivalTimestamp), sender };
    },
  );
}

/**
 * Of a stream behind Firehose the record's own identity there, so that a function on the stream itself would know it by
 * the same; else Firehose's, which it keeps when it invokes again.
 */
function idOf(
  { recordId, kinesisRecordMetadata: source }: FirehoseTransformationEventRecord,
  deliveryStreamArn: string,
): string {
  if (source === undefined) return `${deliveryStreamArn}/${recordId}`;
  const sub = source.subsequenceNumber;
  return `${source.shardId}:${source.sequenceNumber}${sub === undefined || String(sub) === "0" ? "" : `.${sub}`}`;
}

const YEAR_2100_S = 4_102_444_800;

/** Milliseconds as documented; seconds or an ISO time as samples of other sources show. */
function epochMs(stamp: unknown): number {
  const number = typeof stamp === "string" && Number.isNaN(Number(stamp)) ? Date.parse(stamp) : Number(stamp);
  return arrivalAt(number < YEAR_2100_S ? number * 1000 : number);
}
