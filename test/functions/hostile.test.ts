import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { type QuarantineMessage, quarantinedRecords } from "../../src/stream/quarantine.ts";
import { buildForTest, type Running } from "../support/built-function.ts";
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
  standIns.messages(standIns.queueUrl("quarantine")).map((body) => JSON.parse(body) as QuarantineMessage);

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
  if (away === "nothing") assert.deepEqual(records, []);
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
