import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KinesisStreamRecord } from "aws-lambda";
import { drainShard, type FailedBatch, judge, type MappingOptions } from "../../src/local/event-source-mapping.ts";
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
