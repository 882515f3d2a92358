import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { lambdaRecord } from "../../src/local/kinesis-shards.ts";
import { cloudWatchLogs } from "../../src/local/sample-stream.ts";
import type { Delivery } from "../../src/stream/delivery.ts";
import { firehoseDelivery } from "../../src/stream/firehose.ts";
import { kinesisDelivery } from "../../src/stream/kinesis.ts";
import { quarantineBy, quarantinedLines, recordsOf } from "../../src/stream/quarantine.ts";
import type { Sender, StreamRecord } from "../../src/stream/record.ts";
import { someDetector } from "../support/rules.ts";
import { invoke, newWorld } from "../support/world.ts";

const STREAM = "arn:aws:kinesis:eu-west-1:000000000000:stream/events";
const DELIVERY_STREAM = "arn:aws:firehose:eu-west-1:000000000000:deliverystream/events";
const LOGS = { owner: "000000000000", logGroup: "/endpoint/events", logStream: "collector-1" };

function fromKinesis(data: string | Buffer, partitionKey = "host-1"): Delivery {
  const about = { shardId: "shardId-0", streamName: "events", sequenceNumber: "1", arrival: Date.now() };
  return kinesisDelivery([lambdaRecord({ ...about, partitionKey, data: Buffer.from(data) })]);
}

/** Who is said to have sent what is put away of a record. */
async function sendersOf(record: StreamRecord, options = {}): Promise<(Sender | undefined)[]> {
  const world = newWorld();
  await invoke(world, [record], [someDetector()], { options });
  return world.quarantined.map(({ sender }) => sender);
}

/** A sender as it comes out of the queue again. */
async function restored(sender: Sender): Promise<{ readonly body: string; readonly sender: Sender | undefined }> {
  const bodies: string[] = [];
  await quarantineBy(async (sent) => {
    bodies.push(...sent);
    return new Set(sent.keys());
  })(
    [{ recordId: "r", arrival: 0, read: 1, sender, rejected: [{ reason: "not_json", bytes: Buffer.from("x") }] }],
    new AbortController().signal,
  );
  const [body = ""] = bodies;
  return { body, sender: recordsOf(quarantinedLines(body) ?? [])[0]?.sender };
}

describe("a sender", () => {
  test("on a stream: its ARN and the partition key", async () => {
    const record = fromKinesis("no event").record(0);
    assert.deepEqual(await sendersOf(record), [{ stream: STREAM, partitionKey: "host-1" }]);
  });
  test("on a delivery stream: its ARN, and of the stream behind it what is known", async () => {
    const record = { recordId: "1", approximateArrivalTimestamp: Date.now(), data: "bm8gZXZlbnQ=" };
    const direct = firehoseDelivery({ deliveryStreamArn: DELIVERY_STREAM, records: [record] });
    assert.deepEqual(await sendersOf(direct.record(0)), [{ deliveryStream: DELIVERY_STREAM }]);
    const kinesisRecordMetadata = {
      shardId: "shardId-0",
      partitionKey: "host-2",
      approximateArrivalTimestamp: Date.now(),
      sequenceNumber: "1",
      subsequenceNumber: 0,
    } as never;
    const behind = firehoseDelivery({
      deliveryStreamArn: DELIVERY_STREAM,
      sourceKinesisStreamArn: STREAM,
      records: [{ ...record, kinesisRecordMetadata }],
    });
    assert.deepEqual(await sendersOf(behind.record(0)), [
      { deliveryStream: DELIVERY_STREAM, stream: STREAM, partitionKey: "host-2" },
    ]);
  });
  test("of log events: the log group too, whether one is no event or the record is put away whole", async () => {
    const sender = { stream: STREAM, partitionKey: "host-1", ...LOGS };
    const one = fromKinesis(gzipSync(cloudWatchLogs(["{}", "no event", "{}"], "log")));
    assert.deepEqual(await sendersOf(one.record(0)), [sender]);
    const many = fromKinesis(cloudWatchLogs(["{}", "{}", "{}"], "log"));
    const budget = { documents: 2, rejected: 9, inflatedBytes: 1e6, combinations: 9, milliseconds: 9e9 };
    assert.deepEqual(await sendersOf(many.record(0), { budget }), [sender]);
  });
  test("of several envelopes: no log group, since it would be another's for some", async () => {
    const other = cloudWatchLogs(["nor this"], "other").replace("/endpoint/events", "/other");
    const [first, second] = await sendersOf(fromKinesis(`${cloudWatchLogs(["no event"], "log")}\n${other}`).record(0));
    assert.deepEqual([first, second], [first, first]);
    assert.deepEqual(first, { stream: STREAM, partitionKey: "host-1" });
  });
  test("comes out of the queue as it went in, also with characters that the queue refuses", async () => {
    const sender = { stream: STREAM, partitionKey: "\uffff\u0000\u202ek", ...LOGS };
    const { body, sender: again } = await restored(sender);
    assert.deepEqual(again, sender);
    assert.doesNotMatch(body, /[\uffff\ufffe]/);
  });
  test("takes no more of a message than it may, whatever it calls itself", async () => {
    const name = "\u0000".repeat(300_000);
    const { body, sender } = await restored({ partitionKey: name, owner: name, logGroup: name, logStream: "\ud800" });
    assert.ok(body.length < 12_000, `${body.length}`);
    assert.deepEqual([sender?.logGroup?.length, sender?.logStream], [512, "\ufffd"]);
  });
  test("that is no text in a message is none", () => {
    const line = { recordId: "r", arrival: "1970", reason: "gzip", length: 1, part: 1, parts: 1, gzip: "" };
    const sender = { stream: 7, logGroup: ["a"], partitionKey: "k", more: "x" };
    const [read] = quarantinedLines(JSON.stringify({ ...line, sender })) ?? [];
    assert.deepEqual(read?.sender, { partitionKey: "k" });
  });
});
