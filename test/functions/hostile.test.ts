import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { kplAggregate } from "../../src/local/kpl-encode.ts";
import { cloudWatchLogs } from "../../src/local/sample-stream.ts";
import { type QuarantineMessage, quarantinedRecords } from "../../src/stream/quarantine.ts";
import { anyRule, buildForTest, type Running, type StartOptions } from "../support/built-function.ts";
import { suspiciousEvent } from "../support/cloud.ts";
import { HOSTILE, type Hostile } from "../support/hostile-records.ts";
import { openStandIns } from "../support/stand-ins.ts";

// The built functions with a small heap and slow queues: whatever one sender sends, the others' records are decided at
// the first try, in about the time and memory that they take alone, and his own bytes are safe, or found.

const standIns = await openStandIns();
const built = await buildForTest(standIns);
after(async () => {
  await standIns.close();
  built.remove();
});

const MAX_MORE_MS = 3000;
const MAX_MORE_MB = 200;

const neighbours = (name: string) =>
  ["first", "second", "third"].map((each) => Buffer.from(suspiciousEvent(`${name}-${each}`)));
const quarantine = () =>
  standIns
    .messages(standIns.queueUrl("quarantine"))
    .flatMap((body) => body.split("\n"))
    .map((line) => JSON.parse(line) as QuarantineMessage);

/** Two batches in one process: neighbours alone, and neighbours around the sender. */
async function play(running: Running, contents: readonly Buffer[]) {
  const alone = await running.invoke(neighbours("alone"));
  standIns.published.length = 0;
  const [first, second, third] = neighbours("beside") as [Buffer, Buffer, Buffer];
  const half = Math.ceil(contents.length / 2);
  const batch = [first, ...contents.slice(0, half), second, ...contents.slice(half), third];
  const answer = await running.invoke(batch);
  const own = [...batch.keys()].filter((index) => ![0, half + 1, batch.length - 1].includes(index));
  return { alone, answer, own };
}

function politelySlow(): void {
  standIns.reset();
  standIns.sqs.latencyMs = 12;
  standIns.sns.latencyMs = 10;
}

for (const name of ["kinesis", "firehose"] as const) {
  describe(name, () => {
    for (const hostile of HOSTILE) {
      test(hostile.name, async () => {
        politelySlow();
        const running = await built.start(name);
        try {
          const contents = hostile.records();
          const { alone, answer, own } = await play(running, contents);
          assert.deepEqual(
            answer.done.flatMap((done, index) => (done ? [] : [index])),
            [],
            "all is done with",
          );
          for (const each of ["first", "second", "third"]) {
            assert.ok(
              standIns.published.some((body) => body.includes(`beside-${each}`)),
              `${each} neighbour is found`,
            );
          }
          checkOwn(
            hostile,
            contents,
            own.map((index) => answer.ids[index] ?? ""),
          );
          assert.ok(
            answer.milliseconds - alone.milliseconds < MAX_MORE_MS,
            `${answer.milliseconds} ms, alone ${alone.milliseconds}`,
          );
          const more = answer.peakMemory - alone.peakMemory;
          assert.ok(more < MAX_MORE_MB, `${more} MB more`);
        } finally {
          await running.close();
        }
      });
    }
  });
}

function checkOwn({ away, reason, findings = 0, exactly, never }: Hostile, contents: readonly Buffer[], ids: string[]) {
  const found = standIns.published.filter((body) => !body.includes("beside-"));
  assert.ok(exactly === true ? found.length === findings : found.length >= findings, `${found.length} findings`);
  if (never !== undefined) assert.ok(!found.some((body) => body.includes(never)), `a finding holds ${never}`);
  const messages = quarantine();
  const { records, unreadable } = quarantinedRecords(messages);
  assert.deepEqual(unreadable, []);
  if (away === "nothing") assert.equal(records.length, 0, messages[0]?.reason);
  if (reason !== undefined) assert.deepEqual([...new Set(messages.map((message) => message.reason))], [reason]);
  if (away !== "whole") return;
  const byId = Map.groupBy(records, ({ id }) => id);
  for (const [index, id] of ids.entries()) {
    const [only, ...others] = byId.get(id) ?? [];
    assert.equal(others.length, 0, "once");
    assert.ok(only?.bytes.equals(contents[index] as Buffer), "byte for byte");
  }
  assert.equal(byId.size, ids.length);
}

describe("where the quarantine is", () => {
  const bad = [Buffer.from("{poison"), Buffer.from("<14>not JSON")];
  for (const name of ["kinesis", "firehose"] as const) {
    for (const fault of ["refuses", "hangs"] as const) {
      test(`${name}, and the queue ${fault}: its record is not done with, its neighbours are found, and the answer is in time`, async () => {
        politelySlow();
        const running = await built.start(name);
        try {
          const alone = await running.invoke(neighbours("alone"));
          standIns.sqs[fault] = true;
          const [first, second, third] = neighbours("beside") as [Buffer, Buffer, Buffer];
          const batch = [first, ...bad, second, third];
          const answer = await running.invoke(batch);
          const left = answer.done.flatMap((done, index) => (done ? [] : [index]));
          // Kinesis is told the first, and delivers from there; to Firehose each is ProcessingFailed, and so kept.
          assert.deepEqual(left, name === "kinesis" ? [1] : [1, 2]);
          assert.equal(answer.metrics["quarantineFailed"], 2);
          for (const each of ["first", "second", "third"]) {
            assert.ok(
              standIns.published.some((body) => body.includes(`beside-${each}`)),
              `${each} neighbour is found`,
            );
          }
          assert.ok(answer.milliseconds - alone.milliseconds < MAX_MORE_MS, `${answer.milliseconds} ms`);

          politelySlow();
          const again = await running.invoke(bad);
          assert.ok(again.done.every(Boolean));
          assert.equal(quarantine().length, 2);
        } finally {
          await running.close();
        }
      });
    }
  }
});

describe("what was put away is not put away again by a batch that is delivered again", () => {
  test("as after a table that could not be reached", async () => {
    politelySlow();
    const running = await built.start("kinesis");
    try {
      const delivery = running.delivery([Buffer.from("{poison"), ...neighbours("again")]);
      await running.deliver(delivery);
      await running.deliver(delivery);
      assert.equal(quarantine().length, 1);
    } finally {
      await running.close();
    }
  });
});

describe("many rules", () => {
  test("245 of them, and a thousand combinations of one event for each", async () => {
    politelySlow();
    const rules = Object.fromEntries(Array.from({ length: 245 }, (_, at) => [`r${at}.toml`, anyRule(`rule-${at}`)]));
    for (const name of ["kinesis", "firehose"] as const) {
      const running = await built.start(name, { rules });
      try {
        const alone = await running.invoke([]);
        const [first, second] = neighbours("many-rules") as [Buffer, Buffer];
        const one = JSON.stringify({
          host: { id: "h" },
          process: { executable: Array.from({ length: 1200 }, (_, at) => `/${at}`) },
        });
        const answer = await running.invoke([first, Buffer.from(one), second]);
        assert.ok(answer.done.every(Boolean));
        for (const each of ["first", "second"]) {
          const found = standIns.published.filter((body) => body.includes(`many-rules-${each}`));
          assert.ok(found.length >= 245, `${found.length} findings of the ${each} neighbour`);
        }
        assert.ok(answer.metrics["overflows"], "it is said");
        assert.equal(quarantine().at(-1)?.reason, "too_many_combinations");
        assert.ok(answer.peakMemory - alone.peakMemory < MAX_MORE_MB, `${answer.peakMemory} MB`);
      } finally {
        await running.close();
      }
    }
  });
});

describe("a Firehose function that cannot start", () => {
  const broken: Readonly<Record<string, StartOptions>> = {
    "a rule that is no TOML": { rules: { "broken.toml": "[rule" } },
    "a rule that is refused": { rules: { "refused.toml": anyRule("r").replace("host.id:*", "host.id:(") } },
    "no rules": { rules: {} },
    "a setting that is none": { environment: { LEARN_UNTIL: "next week" } },
    "no table": { environment: { HISTORY_TABLE: undefined } },
  };
  for (const [name, options] of Object.entries(broken)) {
    test(`${name}: every record passes untouched, and is kept for later`, async () => {
      politelySlow();
      const running = await built.start("firehose", options);
      try {
        const batch = neighbours("kept");
        const { done, ids, metrics } = await running.invoke(batch);
        assert.ok(done.every(Boolean));
        assert.deepEqual(
          [metrics["records"], metrics["unread"], metrics["quarantineFailed"]],
          [3, 3, 0],
          "it is counted",
        );
        const { records } = quarantinedRecords(quarantine());
        assert.deepEqual(
          records.map(({ id }) => id),
          ids,
        );
        for (const [index, { bytes }] of records.entries()) assert.ok(bytes.equals(batch[index] as Buffer));
        assert.ok(quarantine().every(({ reason }) => reason === "not_started"));
      } finally {
        await running.close();
      }
    });
  }
  test("without even a queue: nothing is lost, since Firehose keeps what failed", async () => {
    politelySlow();
    const running = await built.start("firehose", { environment: { QUARANTINE_QUEUE_URL: "no queue" } });
    try {
      assert.deepEqual((await running.invoke(neighbours("failed"))).done, [false, false, false]);
    } finally {
      await running.close();
    }
  });
  test("the stream's does not start, and the stream keeps the data", async () => {
    await assert.rejects(built.start("kinesis", { rules: { "broken.toml": "[rule" } }), /cannot start.*broken\.toml/s);
  });
});

// Nested packings of odd documents, at random; one process for all of a function's runs.

const RUNS = Number(process.env["RUNS"] ?? 40);
const SEED = process.env["SEED"];

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
    politelySlow();
    const running = await built.start(name, { memory: 400 });
    try {
      const alone = await running.invoke(neighbours("random-alone"));
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(packed, { maxLength: 8 }), async (contents) => {
          politelySlow();
          const label = `random-${run++}`;
          const [first, second, third] = neighbours(label) as [Buffer, Buffer, Buffer];
          const batch = [first, ...contents.map((each) => each.subarray(0, 1_000_000)), second, third];
          const answer = await running.invoke(batch);
          assert.ok(answer.done.every(Boolean), "all is done with");
          for (const each of ["first", "second", "third"]) {
            assert.ok(
              standIns.published.some((body) => body.includes(`${label}-${each}`)),
              `${each} neighbour is found`,
            );
          }
          const { records, unreadable } = quarantinedRecords(quarantine());
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
            answer.milliseconds - alone.milliseconds < MAX_MORE_MS * (1 + contents.length),
            `${answer.milliseconds} ms`,
          );
          assert.ok(answer.peakMemory - alone.peakMemory < 2 * MAX_MORE_MB, `${answer.peakMemory} MB`);
        }),
        {
          numRuns: RUNS,
          endOnFailure: true,
          asyncReporter: said,
          ...(SEED === undefined ? {} : { seed: Number(SEED) }),
        },
      );
    } finally {
      await running.close();
    }
  });
}
