import assert from "node:assert/strict";
import { test } from "node:test";
import { PublishBatchCommand, SNSClient } from "@aws-sdk/client-sns";
import { mockClient } from "aws-sdk-client-mock";
import { breaker } from "../../src/runtime/breaker.ts";
import { snsPublisher } from "../../src/runtime/sns.ts";

test("after failures in a row nobody asks for a while, then one tries, and all do once that has succeeded", () => {
  let now = 0;
  const { allows, failed, succeeded } = breaker(() => now);
  assert.ok(allows() && allows());
  failed();
  failed();
  assert.ok(allows() && allows(), "which may be a socket that has died");
  failed();
  assert.equal(allows(), false);
  now = 29_999;
  assert.equal(allows(), false);
  now = 30_000;
  assert.deepEqual([allows(), allows()], [true, false]);
  failed();
  now = 59_999;
  assert.equal(allows(), false);
  now = 60_000;
  assert.deepEqual([allows(), allows()], [true, false]);
  succeeded();
  assert.ok(allows() && allows());
});

test("a topic that fails is asked three times by all who share it, and again when it has rested", async () => {
  const mock = mockClient(SNSClient);
  let now = 0;
  const topic = breaker(() => now);
  const publisher = snsPublisher(
    new SNSClient({ region: "eu-west-1" }),
    "arn:aws:sns:eu-west-1:1:t",
    () => {},
    undefined,
    topic,
  );
  const publish = (count: number) =>
    publisher.publish(Array.from({ length: count }, (_, at) => ({ findingId: `f${at}`, body: "{}" })));
  mock.on(PublishBatchCommand).rejects(new Error("timeout"));
  assert.equal((await publish(100)).size, 0);
  assert.equal((await publish(100)).size, 0);
  assert.equal(mock.commandCalls(PublishBatchCommand).length, 3);
  now = 30_000;
  mock.on(PublishBatchCommand).callsFake(({ PublishBatchRequestEntries = [] }) => ({
    Successful: PublishBatchRequestEntries.map(({ Id }: { readonly Id: string }) => ({ Id })),
  }));
  assert.equal((await publish(25)).size, 25);
});

test("an entry that is refused is none of the topic's failures", async () => {
  const mock = mockClient(SNSClient);
  const topic = breaker(() => 0);
  const publisher = snsPublisher(
    new SNSClient({ region: "eu-west-1" }),
    "arn:aws:sns:eu-west-1:1:t",
    () => {},
    undefined,
    topic,
  );
  mock.on(PublishBatchCommand).resolves({ Failed: [{ Id: "f", Code: "InvalidParameter", SenderFault: true }] });
  await publisher.publish([{ findingId: "f", body: "{}" }]);
  assert.ok(topic.allows());
});
