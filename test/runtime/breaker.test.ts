import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { PublishBatchCommand, SNSClient } from "@aws-sdk/client-sns";
import { mockClient } from "aws-sdk-client-mock";
import { breaker } from "../../src/runtime/breaker.ts";
import { snsPublisher } from "../../src/runtime/sns.ts";

const fail = () => Promise.reject(new Error("no"));
const answer = async () => "yes";

test("after failures in a row nobody asks for a while, then one tries, and all do once that has succeeded", async () => {
  let now = 0;
  const ask = breaker(() => now);
  assert.equal(await ask(answer), "yes");
  await assert.rejects(ask(fail), /no/);
  await assert.rejects(ask(fail), /no/);
  assert.equal(await ask(answer), "yes", "which may be a socket that has died");
  for (let count = 0; count < 3; count++) await assert.rejects(ask(fail), /no/);
  assert.equal(await ask(answer), undefined);
  now = 29_999;
  assert.equal(await ask(answer), undefined);
  now = 30_000;
  const [first, second] = await Promise.allSettled([ask(fail), ask(answer)]);
  assert.deepEqual([first.status, second], ["rejected", { status: "fulfilled", value: undefined }]);
  now = 59_999;
  assert.equal(await ask(answer), undefined);
  now = 60_000;
  assert.deepEqual(await Promise.all([ask(answer), ask(answer)]), ["yes", undefined]);
  assert.deepEqual(await Promise.all([ask(answer), ask(answer)]), ["yes", "yes"]);
});

test("when one fails, who comes next waits for those under way: a service that hangs costs one timeout, not two", async () => {
  const ask = breaker(() => 0);
  let asked = 0;
  const hang = async () => {
    asked++;
    await setTimeout(20 + asked);
    throw new Error("timeout");
  };
  const six = Array.from({ length: 6 }, () => ask(hang));
  const all = Promise.allSettled(six);
  await assert.rejects(six[0] ?? assert.fail());
  const later = Array.from({ length: 4 }, () => ask(hang));
  assert.deepEqual(await Promise.all(later), Array(4).fill(undefined));
  await all;
  assert.equal(asked, 6);
});

test("in doubt one asks at a time, and all once one is answered", async () => {
  const ask = breaker(() => 0);
  await assert.rejects(ask(fail));
  let most = 0;
  let underWay = 0;
  const slow = async () => {
    most = Math.max(most, ++underWay);
    await setTimeout(5);
    underWay--;
  };
  const first = ask(slow);
  const others = Array.from({ length: 5 }, () => ask(slow));
  await first;
  assert.equal(most, 1);
  await Promise.all(others);
  assert.equal(most, 5);
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
  await assert.rejects(topic(fail));
  await assert.rejects(topic(fail));
  assert.equal(await topic(answer), "yes");
});
