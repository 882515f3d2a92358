import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { quarantinedRecords } from "../../src/stream/quarantine.ts";
import { anyRule, type Running } from "../support/built-function.ts";
import { HOSTILE, type Hostile } from "../support/hostile-records.ts";
import { MAX_MORE_MB, MAX_MORE_MS, neighbours, openProvingGround } from "../support/proving-ground.ts";

// The built functions with a small heap and slow queues: whatever one sender sends, the others' records are decided at
// the first try, in about the time and memory that they take alone, and his own bytes are safe, or found.

const ground = await openProvingGround();
after(() => ground.close());

/** Two batches in one process: neighbours alone, and neighbours around the sender. */
async function play(running: Running, contents: readonly Buffer[]) {
  const alone = await running.invoke(neighbours("alone"));
  ground.standIns.published.length = 0;
  const [first, second, third] = neighbours("beside");
  const half = Math.ceil(contents.length / 2);
  const batch = [first, ...contents.slice(0, half), second, ...contents.slice(half), third];
  const answer = await running.invoke(batch);
  const own = [...batch.keys()].filter((index) => ![0, half + 1, batch.length - 1].includes(index));
  return { alone, answer, own };
}

for (const name of ["kinesis", "firehose"] as const) {
  describe(name, () => {
    for (const hostile of HOSTILE) {
      test(hostile.name, async () => {
        ground.begin();
        const running = await ground.start(name);
        try {
          const contents = hostile.records();
          const { alone, answer, own } = await play(running, contents);
          assert.deepEqual(
            answer.done.flatMap((done, index) => (done ? [] : [index])),
            [],
            "all is done with",
          );
          ground.assertFound("beside");
          checkOwn(
            hostile,
            contents,
            own.map((index) => answer.ids[index] ?? ""),
          );
          // Other tests run on this machine at the same time.
          const more = answer.processorTime - alone.processorTime;
          assert.ok(more < MAX_MORE_MS, `${more} ms of a processor more`);
          assert.ok(answer.milliseconds - alone.milliseconds < 4 * MAX_MORE_MS, `${answer.milliseconds} ms`);
          const megabytes = answer.peakMemory - alone.peakMemory;
          assert.ok(megabytes < MAX_MORE_MB, `${megabytes} MB more`);
        } finally {
          await running.close();
        }
      });
    }
  });
}

function checkOwn({ away, reason, findings = 0, exactly, never }: Hostile, contents: readonly Buffer[], ids: string[]) {
  const found = ground.standIns.published.filter((body) => !body.includes("beside-"));
  assert.ok(exactly === true ? found.length === findings : found.length >= findings, `${found.length} findings`);
  if (never !== undefined) assert.ok(!found.some((body) => body.includes(never)), `a finding holds ${never}`);
  const messages = ground.quarantined();
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

describe("many rules", () => {
  test("245 of them, and a thousand combinations of one event for each", async () => {
    ground.begin();
    const rules = Object.fromEntries(Array.from({ length: 245 }, (_, at) => [`r${at}.toml`, anyRule(`rule-${at}`)]));
    for (const name of ["kinesis", "firehose"] as const) {
      const running = await ground.start(name, { rules });
      try {
        const alone = await running.invoke(neighbours("alone"));
        const [first, second] = neighbours("many-rules");
        const one = JSON.stringify({
          host: { id: "h" },
          process: { executable: Array.from({ length: 1200 }, (_, at) => `/${at}`) },
        });
        const answer = await running.invoke([first, Buffer.from(one), second]);
        assert.ok(answer.done.every(Boolean));
        for (const each of ["first", "second"]) {
          const found = ground.standIns.published.filter((body) => body.includes(`many-rules-${each}`));
          assert.ok(found.length >= 245, `${found.length} findings of the ${each} neighbour`);
        }
        assert.ok(answer.metrics["overflows"], "it is said");
        assert.equal(ground.quarantined().at(-1)?.reason, "too_many_combinations");
        assert.ok(
          answer.peakMemory - alone.peakMemory < MAX_MORE_MB,
          `${answer.peakMemory} MB, alone ${alone.peakMemory}`,
        );
      } finally {
        await running.close();
      }
    }
  });
});
