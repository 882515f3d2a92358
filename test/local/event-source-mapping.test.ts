import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KinesisStreamRecord } from "aws-lambda";
import {
  drainShard,
  drainStream,
  type FailedBatch,
  judge,
  type MappingOptions,
} from "../../src/local/event-source-mapping.ts";
import { lambdaRecord } from "../../src/local/kinesis-shards.ts";

function records(count: number, bytes = 1): KinesisStreamRecord[] {
  return Array.from({ length: count }, (_, index) =>
    lambdaRecord({
      shardId: "s",
      streamName: "n",
      sequenceNumber: String(index).padStart(4, "0"),
      partitionKey: "p",
      data: Buffer.alloc(bytes),
      arrival: 0,
    }),
  );
}

const failures = (...itemIdentifiers: unknown[]) => ({
  batchItemFailures: itemIdentifiers.map((itemIdentifier) => ({ itemIdentifier })),
});

describe("what an answer means", () => {
  const batch = records(4);
  const rows: readonly (readonly [string, unknown, ReturnType<typeof judge>])[] = [
    ["nothing", undefined, { kind: "success" }],
    ["null", null, { kind: "success" }],
    ["{}", {}, { kind: "success" }],
    ["an empty list", failures(), { kind: "success" }],
    ["a null list", { batchItemFailures: null }, { kind: "success" }],
    ["one record", failures("0002"), { kind: "from", index: 2 }],
    ["several: the lowest counts", failures("0003", "0001"), { kind: "from", index: 1 }],
    ["an unknown identifier", failures("9999"), { kind: "failure" }],
    ["an empty identifier", failures(""), { kind: "failure" }],
    ["a null identifier", failures(null), { kind: "failure" }],
    ["a wrong inner key", { batchItemFailures: [{ id: "0001" }] }, { kind: "failure" }],
    ["one known and one unknown", failures("0001", "9999"), { kind: "failure" }],
  ];
  for (const [name, answer, expected] of rows) {
    test(name, () => assert.deepEqual(judge(answer, batch), expected));
  }
});

/** Runs a shard of records through a function, and tells which batches it was given. */
async function drained(
  given: readonly KinesisStreamRecord[],
  answer: (ids: string[]) => unknown,
  over: Partial<MappingOptions> = {},
) {
  const batches: string[][] = [];
  const failed: FailedBatch[] = [];
  let at = 0;
  const read = async (limit: number) => {
    at += limit;
    return given.slice(at - limit, at);
  };
  await drainShard(
    { shardId: "s", read },
    {
      batchSize: 4,
      maximumRetryAttempts: 2,
      bisectBatchOnFunctionError: true,
      reportBatchItemFailures: true,
      invoke: async ({ Records }) => {
        const ids = Records.map(({ kinesis }) => kinesis.sequenceNumber);
        batches.push(ids);
        return answer(ids);
      },
      onFailure: async (failure) => {
        failed.push(failure);
      },
      ...over,
    },
  );
  return { batches, failed };
}

test("a poison record is cut out by bisection, spends its attempts alone, and every other is done", async () => {
  const done = new Set<string>();
  const { failed } = await drained(records(8), (ids) => {
    if (ids.includes("0005")) throw new Error("poison");
    for (const id of ids) done.add(id);
    return {};
  });
  assert.equal(done.size, 7);
  assert.deepEqual(
    failed.map(({ KinesisBatchInfo }) => [KinesisBatchInfo.startSequenceNumber, KinesisBatchInfo.batchSize]),
    [["0005", 1]],
  );
  assert.equal(failed[0]?.requestContext.approximateInvokeCount, 3);
});

test("a partial answer delivers again from the record it names, before anything newer", async () => {
  let first = true;
  const { batches } = await drained(records(6), () => {
    const answer = first ? failures("0002") : {};
    first = false;
    return answer;
  });
  assert.deepEqual(batches, [
    ["0000", "0001", "0002", "0003"],
    ["0002", "0003"],
    ["0004", "0005"],
  ]);
});

test("without ReportBatchItemFailures the answer is not looked at", async () => {
  const { batches } = await drained(records(4), () => failures("0000"), { reportBatchItemFailures: false });
  assert.equal(batches.length, 1);
});

test("a batch is never over six megabytes of JSON", async () => {
  const { batches } = await drained(records(8, 1_000_000), () => ({}), { batchSize: 1000 });
  assert.deepEqual(
    batches.map(({ length }) => length),
    [4, 4],
  );
});

test("a failed batch comes with its records, for they will be gone from the stream", async () => {
  const given = records(2);
  const { failed } = await drained(given, () => failures("nothing"), { maximumRetryAttempts: 0 });
  assert.deepEqual(
    failed.flatMap(({ payload }) => payload.Records),
    given,
  );
});

test("records that are too old go to the destination untried, and the others are tried", async () => {
  const young = records(4).map((record, index) => ({
    ...record,
    kinesis: { ...record.kinesis, approximateArrivalTimestamp: index < 2 ? 0 : 100 },
  }));
  const options = { maximumRecordAgeMs: 50_000, now: () => 110_000 };
  const { batches, failed } = await drained(young, () => ({}), options);
  assert.deepEqual(batches, [["0002", "0003"]]);
  assert.deepEqual(
    failed.map(({ requestContext, KinesisBatchInfo }) => [requestContext.condition, KinesisBatchInfo.batchSize]),
    [["RecordAgeExceeded", 2]],
  );
});

test("with parallelization, records of one partition key stay in order", async () => {
  const given = records(40).map((record, index) => ({
    ...record,
    kinesis: { ...record.kinesis, partitionKey: `key-${index % 5}` },
  }));
  const order: string[] = [];
  let running = 0;
  let most = 0;
  await drained(
    given,
    async (ids) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(...ids);
      running--;
      return {};
    },
    { parallelizationFactor: 4 },
  );
  assert.ok(most > 1, "batches run side by side");
  for (let key = 0; key < 5; key++) {
    const own = order.filter((id) => Number(id) % 5 === key);
    assert.deepEqual(own, own.toSorted());
    assert.equal(own.length, 8);
  }
});

test("after a split the parent is read to its end before its children", async () => {
  const order: string[] = [];
  const shard = (shardId: string, count: number, parents: string[] = []) => {
    let left = records(count);
    const read = async (limit: number) => {
      await new Promise((resolve) => setImmediate(resolve));
      const taken = left.slice(0, limit);
      left = left.slice(limit);
      return taken.map((record) => ({ ...record, eventID: `${shardId}:${record.kinesis.sequenceNumber}` }));
    };
    return { shardId, parents, read };
  };
  await drainStream([shard("parent", 20), shard("left", 3, ["parent"]), shard("right", 3, ["parent"])], {
    batchSize: 4,
    maximumRetryAttempts: 0,
    bisectBatchOnFunctionError: true,
    reportBatchItemFailures: true,
    invoke: async ({ Records }) => {
      order.push(...Records.map(({ eventID }) => eventID.split(":")[0] ?? ""));
    },
    onFailure: async () => {},
  });
  assert.deepEqual(
    order.slice(0, 20),
    Array.from({ length: 20 }, () => "parent"),
  );
  assert.equal(order.length, 26);
});
