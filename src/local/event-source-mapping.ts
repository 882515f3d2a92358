import type { KinesisStreamEvent, KinesisStreamRecord } from "aws-lambda";

/** One shard as the mapping reads it: records from a position on, none where there is nothing yet. */
export interface Shard {
  readonly shardId: string;
  read(limit: number): Promise<readonly KinesisStreamRecord[]>;
}

export interface MappingOptions {
  readonly batchSize: number;
  /** Retries after the first attempt; a split of a batch costs none. */
  readonly maximumRetryAttempts: number;
  readonly bisectBatchOnFunctionError: boolean;
  readonly reportBatchItemFailures: boolean;
  readonly invoke: (event: KinesisStreamEvent) => Promise<unknown>;
  /** What ran out of attempts, as the on-failure destination is told. */
  readonly onFailure: (failure: FailedBatch) => Promise<void>;
}

/** The message of an on-failure queue: metadata only, the records stay in the stream. */
export interface FailedBatch {
  readonly requestContext: { readonly condition: "RetryAttemptsExhausted"; readonly approximateInvokeCount: number };
  readonly KinesisBatchInfo: {
    readonly shardId: string;
    readonly startSequenceNumber: string;
    readonly endSequenceNumber: string;
    readonly batchSize: number;
  };
}

/** What became of an invocation: all done, all failed, or everything from an index on to be delivered again. */
type Outcome =
  | { readonly kind: "success" }
  | { readonly kind: "failure" }
  | { readonly kind: "from"; readonly index: number };

/** Lambda's limit on an invocation's JSON, base64 and all. */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;
/** Of a record's JSON beside its data. */
const ENVELOPE_BYTES = 450;

/**
 * Lambda's event source mapping for one Kinesis shard, until the shard has nothing more to read. The shard stands still
 * while a batch is tried again; a batch without attempts left goes to the destination, and the shard moves on.
 */
export async function drainShard(shard: Shard, options: MappingOptions): Promise<void> {
  let waiting: readonly KinesisStreamRecord[] = [];
  for (;;) {
    if (waiting.length === 0) waiting = await shard.read(options.batchSize);
    if (waiting.length === 0) return;
    const size = fitting(waiting, options.batchSize);
    await work(shard.shardId, waiting.slice(0, size), options);
    waiting = waiting.slice(size);
  }
}

function fitting(records: readonly KinesisStreamRecord[], limit: number): number {
  let bytes = 0;
  let count = 0;
  for (const { kinesis } of records) {
    bytes += kinesis.data.length + ENVELOPE_BYTES;
    if (count === limit || (count > 0 && bytes > MAX_PAYLOAD_BYTES)) break;
    count++;
  }
  return count;
}

async function work(shardId: string, batch: readonly KinesisStreamRecord[], options: MappingOptions): Promise<void> {
  const bisect = options.bisectBatchOnFunctionError;
  let rest = batch;
  for (let attempt = 0; ; attempt++) {
    const outcome = await tryBatch(rest, options);
    if (outcome.kind === "success") return;
    const done = outcome.kind === "from" ? outcome.index : 0;
    if (bisect && done > 0) return work(shardId, rest.slice(done), options);
    if (bisect && rest.length > 1) {
      const middle = Math.ceil(rest.length / 2);
      await work(shardId, rest.slice(0, middle), options);
      return work(shardId, rest.slice(middle), options);
    }
    // Without bisection what stands behind the failure shares its attempts, and its end.
    rest = rest.slice(done);
    if (attempt === options.maximumRetryAttempts) return options.onFailure(failedBatch(shardId, rest, attempt + 1));
  }
}

async function tryBatch(batch: readonly KinesisStreamRecord[], options: MappingOptions): Promise<Outcome> {
  let answer: unknown;
  try {
    answer = await options.invoke({ Records: [...batch] });
  } catch {
    return { kind: "failure" };
  }
  return options.reportBatchItemFailures ? judge(answer, batch) : { kind: "success" };
}

/**
 * Lambda's reading of an answer, as recorded from it: open on a wrong outer shape, which counts as success, and closed
 * on a wrong inner one, which fails the whole batch. Of several failures the lowest sequence number is the checkpoint.
 */
export function judge(answer: unknown, batch: readonly KinesisStreamRecord[]): Outcome {
  const failures = isObject(answer) ? answer["batchItemFailures"] : undefined;
  if (!Array.isArray(failures) || failures.length === 0) return { kind: "success" };
  const indexes = failures.map((failure: unknown) => {
    const identifier = isObject(failure) ? failure["itemIdentifier"] : undefined;
    return batch.findIndex(({ kinesis }) => kinesis.sequenceNumber === identifier);
  });
  if (indexes.includes(-1)) return { kind: "failure" };
  return { kind: "from", index: Math.min(...indexes) };
}

function failedBatch(shardId: string, records: readonly KinesisStreamRecord[], invokeCount: number): FailedBatch {
  return {
    requestContext: { condition: "RetryAttemptsExhausted", approximateInvokeCount: invokeCount },
    KinesisBatchInfo: {
      shardId,
      startSequenceNumber: records[0]?.kinesis.sequenceNumber ?? "",
      endSequenceNumber: records.at(-1)?.kinesis.sequenceNumber ?? "",
      batchSize: records.length,
    },
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
