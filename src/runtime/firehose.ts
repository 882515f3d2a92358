import { FirehoseClient, PutRecordBatchCommand } from "@aws-sdk/client-firehose";
import { inertJson } from "../finding/inert.ts";
import { idOf } from "../render/digest.ts";
import { ocsfOf } from "../render/ocsf.ts";
import { batches } from "./batches.ts";
import { LIMITS } from "./limits.ts";
import { endingWith, type Sink, takenBy } from "./sink.ts";

/** Of PutRecordBatch: 500 records and 4 MiB. */
const BATCH = { entries: 500, bytes: 4 * 1024 * 1024 };

/** A Firehose delivery stream that takes OCSF, a finding a line. */
export function firehoseSink(
  streamName: string,
  onError: (error: unknown) => void,
  signal: () => AbortSignal | undefined,
): Sink {
  const client = new FirehoseClient(LIMITS);
  return (findings) => {
    const entries = findings.map(({ finding }) => ({
      id: idOf(finding),
      entry: { Data: Buffer.from(`${inertJson(ocsfOf(finding), 0)}\n`) },
    }));
    return takenBy({
      name: "Firehose",
      batches: batches(entries, ({ entry }) => entry.Data.length, BATCH),
      async send(Records) {
        const command = new PutRecordBatchCommand({ DeliveryStreamName: streamName, Records: [...Records] });
        const { RequestResponses = [] } = await client.send(command, endingWith(signal()));
        return RequestResponses.map(({ RecordId, ErrorCode }) =>
          RecordId === undefined || ErrorCode !== undefined ? (ErrorCode ?? "no record id") : undefined,
        );
      },
      onError,
    });
  };
}
