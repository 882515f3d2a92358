import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { type Message, publishWith } from "../../src/finding/publisher.ts";

const stored = (index: number): { findingId: string; outbox: Uint8Array } => ({
  findingId: `f${index}`,
  outbox: gzipSync(`{"n":${index}}`),
});
const many = Array.from({ length: 95 }, (_, index) => stored(index));
const ids = (findings: readonly { readonly findingId: string }[]) => findings.map(({ findingId }) => findingId);

function topic(publish: (messages: readonly Message[]) => ReadonlySet<string> = (messages) => new Set(ids(messages))) {
  const sent: (readonly Message[])[] = [];
  const errors: unknown[] = [];
  const publisher = {
    publish: async (messages: readonly Message[]) => {
      sent.push(messages);
      return publish(messages);
    },
  };
  const publishAll = publishWith(publisher, { fragment: async () => undefined });
  return { sent, errors, publish: (all = many) => publishAll(all, (error) => errors.push(error)) };
}

test("however many findings there are, ten bodies are open at a time, in order", async () => {
  const { sent, publish } = topic();
  assert.deepEqual([...(await publish())], ids(many));
  assert.ok(sent.every(({ length }) => length <= 10));
  assert.deepEqual(
    sent.flat().map(({ body }) => body),
    many.map((_, index) => `{"n":${index}}`),
  );
});

test("a finding that cannot be opened is not accepted, and costs no other", async () => {
  const { errors, publish } = topic();
  const broken = { findingId: "f7", outbox: new Uint8Array() };
  const accepted = await publish(many.with(7, broken));
  assert.deepEqual([...accepted], ids(many.toSpliced(7, 1)));
  assert.match(String(errors), /^Error: the stored finding f7 cannot be opened$/);
});

test("what a topic accepted before it broke is known to be accepted", async () => {
  let calls = 0;
  const { errors, publish } = topic((messages) => {
    if (calls++ === 1) throw new Error("no topic");
    return new Set(ids(messages));
  });
  assert.equal((await publish()).size, 85);
  assert.equal(errors.length, 1);
});
