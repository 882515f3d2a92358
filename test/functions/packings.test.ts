import assert from "node:assert/strict";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { kplAggregate } from "../../src/local/kpl-encode.ts";
import { cloudWatchLogs } from "../../src/local/sample-stream.ts";
import { quarantinedRecords } from "../../src/stream/quarantine.ts";
import { MAX_MORE_MB, MAX_MORE_MS, neighbours, openProvingGround } from "../support/proving-ground.ts";

const ground = await openProvingGround();
after(() => ground.close());

// Nested packings of odd documents, at random; one process for all of a function's runs.

const RUNS = Number(process.env["RUNS"] ?? 40);
/** Fixed, so that a run says something of the code and not of its luck; others are tried by hand. */
const SEED = Number(process.env["SEED"] ?? 11);

const odd = fc.constantFrom("\uffff", "\ufffe", "\ud800", "\u0000", "\u202e", "\n", '"', "\\", "{", "é", "\u{e0041}");
const word = fc.oneof(
  fc.string({ maxLength: 12 }),
  odd,
  odd.map((char) => char.repeat(3000)),
);
const name = fc.constantFrom(
  "@timestamp",
  "host",
  "id",
  "process",
  "executable",
  "event",
  "host.id",
  "user",
  "name",
  "message",
  "messageType",
  "logEvents",
  "data_stream",
  "dataset",
  "kibana",
  "__proto__",
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    word,
    fc.double(),
    fc.constantFrom<unknown>(null, true, JSON.rawJSON("1.0"), JSON.rawJSON("1e400"), [], {}),
    fc.tuple(word, fc.nat({ max: 400 })).map(([text, count]) => Array.from({ length: count }, (_, at) => text + at)),
    fc.nat({ max: 3000 }).map((keys) => Object.fromEntries(Array.from({ length: keys }, (_, at) => [`k${at}`, at]))),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.oneof(name, word), tie("value"), { maxKeys: 5 }),
  ),
}));
const event = fc
  .tuple(fc.dictionary(name, value, { maxKeys: 4 }), fc.nat({ max: 50 }), value)
  .map(([more, host, exe]) =>
    JSON.stringify({ ...more, host: { id: [`random-${host}`, exe] }, process: { executable: exe, name: exe } }),
  );
const line = fc.oneof(
  event,
  value.map((each) => JSON.stringify(each) ?? "null"),
  word,
  fc.tuple(word, event).map(([text, each]) => `${text}${each}`),
  event.map((each) => each.slice(0, each.length / 2)),
  fc.nat({ max: 50_000 }).map((count) => "x\n".repeat(count)),
  fc.nat({ max: 50_000 }).map((count) => "{\n".repeat(count)),
);
const { packed } = fc.letrec<{ packed: Buffer }>((tie) => ({
  packed: fc.oneof(
    { depthSize: "small" },
    fc
      .tuple(fc.array(line, { maxLength: 12 }), fc.constantFrom("\n", ",", "", "\u001e"))
      .map(([lines, between]) => Buffer.from(lines.join(between))),
    fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes)),
    fc
      .tuple(line, fc.nat({ max: 2000 }))
      .map(([each, count]) => gzipSync(`${each}\n`.repeat(Math.min(count, Math.ceil(20_000_000 / (each.length + 1)))))),
    tie("packed").map((bytes) => gzipSync(bytes)),
    fc.array(tie("packed"), { maxLength: 5 }).map((parts) => kplAggregate("k", parts)),
    fc
      .tuple(fc.array(tie("packed"), { maxLength: 5 }), word)
      .map(([messages, id]) => Buffer.from(cloudWatchLogs(messages.map(String), id))),
    fc.tuple(tie("packed"), fc.nat(), fc.nat({ max: 255 })).map(([bytes, at, byte]) => {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[at % copy.length] = byte;
      return copy;
    }),
  ),
}));

/** The batch itself may have megabytes: its seed says it as well. */
async function said<T>({ failed, seed, counterexamplePath, errorInstance }: fc.RunDetails<T>): Promise<void> {
  if (failed) throw new Error(`SEED=${seed}, path ${counterexamplePath}`, { cause: errorInstance });
}

for (const name of ["kinesis", "firehose"] as const) {
  test(`${name}: any packings of odd documents, ${RUNS} batches`, async () => {
    ground.begin();
    const running = await ground.start(name, { memory: 400 });
    try {
      const alone = await running.invoke(neighbours("random-alone"));
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(packed, { maxLength: 8 }), async (contents) => {
          ground.begin();
          const label = `random-${run++}`;
          const [first, second, third] = neighbours(label);
          const batch = [first, ...contents.map((each) => each.subarray(0, 1_000_000)), second, third];
          const answer = await running.invoke(batch);
          assert.ok(answer.done.every(Boolean), "all is done with");
          ground.assertFound(label);
          const { records, unreadable } = quarantinedRecords(ground.quarantined());
          assert.deepEqual(unreadable, []);
          assert.equal(new Set(records.map(({ id, position }) => `${id} ${position}`)).size, records.length, "once");
          for (const [index, id] of answer.ids.entries()) {
            const own = records.filter((record) => record.id === id);
            const [whole] = own.filter(({ position }) => position === undefined);
            if (whole === undefined) continue;
            assert.equal(own.length, 1, "whole or in parts");
            assert.ok(whole.bytes.equals(batch[index] as Buffer), "byte for byte");
          }
          assert.ok(
            answer.processorTime - alone.processorTime < MAX_MORE_MS * (1 + contents.length),
            `${answer.processorTime} ms of a processor`,
          );
          assert.ok(answer.peakMemory - alone.peakMemory < 2 * MAX_MORE_MB, `${answer.peakMemory} MB`);
        }),
        {
          numRuns: RUNS,
          endOnFailure: true,
          asyncReporter: said,
          seed: SEED,
        },
      );
    } finally {
      await running.close();
    }
  });
}
