import type { KinesisStreamRecord } from "aws-lambda";
import { base64Delivery, type Delivery } from "./delivery.ts";
import { arrivalAt } from "./record.ts";

/** A Kinesis delivery. Its records' arrival comes in seconds with a fraction. */
export function kinesisDelivery(records: readonly KinesisStreamRecord[]): Delivery {
  return base64Delivery(
    records.map(({ kinesis }) => kinesis.data),
    (index) => {
      const { eventID: id, eventSourceARN: stream, kinesis } = records[index] as KinesisStreamRecord;
      const sender = { stream, partitionKey: kinesis.partitionKey };
      return { id, arrival: arrivalAt(kinesis.approximateArrivalTimestamp * 1000), sender };
    },
  );
}
