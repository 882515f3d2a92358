import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { MAX_MORE_MS, neighbours, openProvingGround } from "../support/proving-ground.ts";

// Deciding does not wait for quarantine, and what quarantine does not take is not taken for done.

const ground = await openProvingGround();
after(() => ground.close());

describe("where the quarantine is", () => {
  const bad = [Buffer.from("{poison"), Buffer.from("<14>not JSON")];
  for (const name of ["kinesis", "firehose"] as const) {
    for (const fault of ["refuses", "hangs"] as const) {
      test(`${name}, and the queue ${fault}: its record is not done with, its neighbours are found, and the answer is in time`, async () => {
        ground.begin();
        const running = await ground.start(name);
        try {
          const alone = await running.invoke(neighbours("alone"));
          ground.standIns.sqs[fault] = true;
          const [first, second, third] = neighbours("beside");
          const batch = [first, ...bad, second, third];
          const answer = await running.invoke(batch);
          const left = answer.done.flatMap((done, index) => (done ? [] : [index]));
          // Kinesis is told the first, and delivers from there; to Firehose each is ProcessingFailed, and so kept.
          assert.deepEqual(left, name === "kinesis" ? [1] : [1, 2]);
          assert.equal(answer.metrics["quarantineFailed"], 2);
          ground.assertFound("beside");
          // Twice the bound: other tests run on this machine at the same time.
          assert.ok(answer.milliseconds - alone.milliseconds < 2 * MAX_MORE_MS, `${answer.milliseconds} ms`);

          ground.begin();
          const again = await running.invoke(bad);
          assert.ok(again.done.every(Boolean));
          assert.equal(ground.quarantined().length, 2);
        } finally {
          await running.close();
        }
      });
    }
  }
});

describe("what was put away is not put away again by a batch that is delivered again", () => {
  test("as after a table that could not be reached", async () => {
    ground.begin();
    const running = await ground.start("kinesis");
    try {
      const delivery = running.delivery([Buffer.from("{poison"), ...neighbours("again")]);
      await running.deliver(delivery);
      await running.deliver(delivery);
      assert.equal(ground.quarantined().length, 1);
    } finally {
      await running.close();
    }
  });
});
