import type { KinesisStreamEvent, KinesisStreamRecord } from "aws-lambda";

/** One shard as the mapping reads it: records from a position on, none where there is nothing yet. */
export interface Shard {
  readonly shardId: string;
  /** Shards that this one was split or merged from: they are read to their end before it. */
  readonly parents?: readonly string[];
  read(limit: number): Promise<readonly KinesisStreamRecord[]>;
}

export interface MappingOptions {
  readonly batchSize: number;
  /** Concurrent batches of one shard; records of one partition key stay in order. Default 1. */
  readonly parallelizationFactor?: number;
  /** Retries after the first attempt; a split of a batch costs none. */
  readonly maximumRetryAttempts: number;
  /** Records older than this go to the destination untried. Default: none does. */
  readonly maximumRecordAgeMs?: number;
  readonly bisectBatchOnFunctionError: boolean;
  readonly reportBatchItemFailures: boolean;
  readonly invoke: (event: KinesisStreamEvent) => Promise<unknown>;
  /** What was given up, as the on-failure destination is told. */
  readonly onFailure: (failure: FailedBatch) => Promise<void>;
  /** Epoch ms. */
  readonly now?: () => number;
  /** Waits before a retry; the attempts so far are given. Default: not at all. */
  readonly pause?: (attempts: number) => Promise<void>;
}

/** What Lambda writes to an on-failure bucket: what a queue would be told, and the records. */
export interface FailedBatch {
  readonly requestContext: {
    readonly condition: "RetryAttemptsExhausted" | "RecordAgeExceeded";
    readonly approximateInvokeCount: number;
  };
  readonly KinesisBatchInfo: {
    readonly shardId: string;
    readonly startSequenceNumber: string;
    readonly endSequenceNumber: string;
    readonly batchSize: number;
  };
  readonly payload: KinesisStreamEvent;
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

/** Lambda's event source mapping for a Kinesis stream: its shards side by side, a child after its parents. */
export async function drainStream(shards: readonly Shard[], options: MappingOptions): Promise<void> {
  const drained = new Map<string, Promise<void>>();
  const drain = async (shard: Shard): Promise<void> => {
    await Promise.all((shard.parents ?? []).map((parent) => drained.get(parent)));
    await drainShard(shard, options);
  };
  // Parents stand before their children in a stream's list.
  for (const shard of shards) drained.set(shard.shardId, drain(shard));
  await Promise.all(drained.values());
}

/**
 * One shard, until it has nothing more to read. The shard stands still while a batch is tried again; a batch without
 * attempts left goes to the destination, and the shard moves on.
 */
export async function drainShard(shard: Shard, options: MappingOptions): Promise<void> {
  const { batchSize, parallelizationFactor = 1 } = options;
  for (;;) {
    const read = await shard.read(batchSize * parallelizationFactor);
    if (read.length === 0) return;
    await Promise.all(lanes(read, parallelizationFactor).map((lane) => drainLane(shard.shardId, lane, options)));
  }
}

/** Records by their partition keys, each key in one lane. */
function lanes(records: readonly KinesisStreamRecord[], factor: number): KinesisStreamRecord[][] {
  const result: KinesisStreamRecord[][] = Array.from({ length: factor }, () => []);
  for (const record of records) result[hash(record.kinesis.partitionKey) % factor]?.push(record);
  return result.filter(({ length }) => length > 0);
}

function hash(text: string): number {
  let value = 0;
  for (let at = 0; at < text.length; at++) value = (Math.imul(value, 31) + text.charCodeAt(at)) >>> 0;
  return value;
}

async function drainLane(
  shardId: string,
  records: readonly KinesisStreamRecord[],
  options: MappingOptions,
): Promise<void> {
  for (let waiting = records; waiting.length > 0; ) {
    const size = fitting(waiting, options.batchSize);
    await work(shardId, waiting.slice(0, size), options);
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
  const { bisectBatchOnFunctionError: bisect, maximumRetryAttempts, onFailure, pause } = options;
  let rest = batch;
  for (let attempt = 0; ; attempt++) {
    const expired = rest.findIndex((record) => !isTooOld(record, options));
    const old = expired < 0 ? rest.length : expired;
    if (old > 0) {
      await onFailure(failedBatch(shardId, rest.slice(0, old), attempt, "RecordAgeExceeded"));
      rest = rest.slice(old);
    }
    if (rest.length === 0) return;
    const outcome = await tryBatch(rest, options);
    if (outcome.kind === "success") return;
    await pause?.(attempt + 1);
    const done = outcome.kind === "from" ? outcome.index : 0;
    if (bisect && done > 0) return work(shardId, rest.slice(done), options);
    if (bisect && rest.length > 1) {
      const middle = Math.ceil(rest.length / 2);
      await work(shardId, rest.slice(0, middle), options);
      return work(shardId, rest.slice(middle), options);
    }
    // Without bisection what stands behind the failure shares its attempts, and its end.
    rest = rest.slice(done);
    if (attempt === maximumRetryAttempts) {
      return onFailure(failedBatch(shardId, rest, attempt + 1, "RetryAttemptsExhausted"));
    }
  }
}

function isTooOld({ kinesis }: KinesisStreamRecord, { maximumRecordAgeMs, now = Date.now }: MappingOptions): boolean {
  return maximumRecordAgeMs !== undefined && now() - kinesis.approximateArrivalTimestamp * 1000 > maximumRecordAgeMs;
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

function failedBatch(
  shardId: string,
  records: readonly KinesisStreamRecord[],
  approximateInvokeCount: number,
  condition: FailedBatch["requestContext"]["condition"],
): FailedBatch {
  return {
    requestContext: { condition, approximateInvokeCount },
    KinesisBatchInfo: {
      shardId,
      startSequenceNumber: records[0]?.kinesis.sequenceNumber ?? "",
      endSequenceNumber: records.at(-1)?.kinesis.sequenceNumber ?? "",
      batchSize: records.length,
    },
    payload: { Records: [...records] },
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
