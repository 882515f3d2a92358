import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { quarantinedRecords } from "../../src/stream/quarantine.ts";
import { anyRule, type StartOptions } from "../support/built-function.ts";
import { neighbours, openProvingGround } from "../support/proving-ground.ts";

const ground = await openProvingGround();
after(() => ground.close());

describe("a Firehose function that cannot start", () => {
  const broken: Readonly<Record<string, StartOptions>> = {
    "a rule that is no TOML": { rules: { "broken.toml": "[rule" } },
    "a rule that is refused": { rules: { "refused.toml": anyRule("r").replace("host.id:*", "host.id:(") } },
    "no rules": { rules: {} },
    "a setting that is none": { environment: { LEARN_UNTIL: "next week" } },
    "a database of networks that is not there": { environment: { ASN_DATABASE: "dist/gone.mmdb" } },
    "no table": { environment: { HISTORY_TABLE: undefined } },
  };
  for (const [name, options] of Object.entries(broken)) {
    test(`${name}: every record passes untouched, and is kept for later`, async () => {
      ground.begin();
      const running = await ground.start("firehose", options);
      try {
        const batch = neighbours("kept");
        const { done, ids, metrics } = await running.invoke(batch);
        assert.ok(done.every(Boolean));
        assert.deepEqual(
          [metrics["records"], metrics["unread"], metrics["quarantineFailed"]],
          [3, 3, 0],
          "it is counted",
        );
        const { records } = quarantinedRecords(ground.quarantined());
        assert.deepEqual(
          records.map(({ id }) => id),
          ids,
        );
        for (const [index, { bytes }] of records.entries()) assert.ok(bytes.equals(batch[index] as Buffer));
        assert.ok(ground.quarantined().every(({ reason }) => reason === "not_started"));
      } finally {
        await running.close();
      }
    });
  }
  test("without even a queue: nothing is lost, since Firehose keeps what failed", async () => {
    ground.begin();
    const running = await ground.start("firehose", { environment: { QUARANTINE_QUEUE_URL: "no queue" } });
    try {
      assert.deepEqual((await running.invoke(neighbours("failed"))).done, [false, false, false]);
    } finally {
      await running.close();
    }
  });
  test("the stream's does not start, and the stream keeps the data", async () => {
    await assert.rejects(ground.start("kinesis", { rules: { "broken.toml": "[rule" } }), /cannot start.*broken\.toml/s);
  });
});
