import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
  PutRecordsCommand,
  type PutRecordsRequestEntry,
} from "@aws-sdk/client-kinesis";
import type { KinesisStreamRecord } from "aws-lambda";
import type { Shard } from "./event-source-mapping.ts";

/** The shards of a stream, each read from its beginning in the shape Lambda delivers. */
export async function openShards(client: KinesisClient, streamName: string): Promise<Shard[]> {
  const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: streamName }));
  return Promise.all(Shards.map(({ ShardId = "" }) => openShard(client, streamName, ShardId)));
}

async function openShard(client: KinesisClient, StreamName: string, shardId: string): Promise<Shard> {
  const start = await client.send(
    new GetShardIteratorCommand({ StreamName, ShardId: shardId, ShardIteratorType: "TRIM_HORIZON" }),
  );
  let iterator = start.ShardIterator;
  return {
    shardId,
    async read(limit) {
      const { Records = [], NextShardIterator } = await client.send(
        new GetRecordsCommand({ ShardIterator: iterator, Limit: limit }),
      );
      iterator = NextShardIterator;
      return Records.map(({ SequenceNumber = "", PartitionKey = "", Data, ApproximateArrivalTimestamp }) =>
        lambdaRecord({
          shardId,
          streamName: StreamName,
          sequenceNumber: SequenceNumber,
          partitionKey: PartitionKey,
          data: Data ?? new Uint8Array(),
          arrival: ApproximateArrivalTimestamp?.getTime() ?? 0,
        }),
      );
    },
  };
}

export interface RecordFacts {
  readonly shardId: string;
  readonly streamName: string;
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** Epoch ms. */
  readonly arrival: number;
}

/** A record as Lambda hands it to a function. */
export function lambdaRecord(facts: RecordFacts): KinesisStreamRecord {
  return {
    kinesis: {
      kinesisSchemaVersion: "1.0",
      partitionKey: facts.partitionKey,
      sequenceNumber: facts.sequenceNumber,
      data: Buffer.from(facts.data).toString("base64"),
      approximateArrivalTimestamp: facts.arrival / 1000,
    },
    eventSource: "aws:kinesis",
    eventVersion: "1.0",
    eventID: `${facts.shardId}:${facts.sequenceNumber}`,
    eventName: "aws:kinesis:record",
    invokeIdentityArn: "arn:aws:iam::000000000000:role/local",
    awsRegion: "eu-west-1",
    eventSourceARN: `arn:aws:kinesis:eu-west-1:000000000000:stream/${facts.streamName}`,
  };
}

export interface SampleRecord {
  readonly partitionKey: string;
  readonly data: Buffer;
}

const PUT_RECORDS = 500;
const PUT_BYTES = 4 * 1024 * 1024;

/** Puts records in order, in requests as large as Kinesis takes, and again those it did not take. */
export async function putRecords(
  client: KinesisClient,
  StreamName: string,
  records: readonly SampleRecord[],
  onPut: (count: number) => void,
): Promise<void> {
  let waiting = records.map(
    ({ partitionKey, data }): PutRecordsRequestEntry => ({ PartitionKey: partitionKey, Data: data }),
  );
  while (waiting.length > 0) {
    const request = waiting.slice(0, fitting(waiting));
    const { Records = [] } = await client.send(new PutRecordsCommand({ StreamName, Records: request }));
    const refused = request.filter((_, index) => Records[index]?.ErrorCode !== undefined);
    waiting = [...refused, ...waiting.slice(request.length)];
    onPut(request.length - refused.length);
  }
}

function fitting(entries: readonly PutRecordsRequestEntry[]): number {
  let bytes = 0;
  let count = 0;
  for (const { Data, PartitionKey = "" } of entries) {
    bytes += (Data?.length ?? 0) + PartitionKey.length;
    if (count === PUT_RECORDS || (count > 0 && bytes > PUT_BYTES)) break;
    count++;
  }
  return count;
}
