import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { PublishBatchCommand, SNSClient } from "@aws-sdk/client-sns";
import { mockClient } from "aws-sdk-client-mock";
import type { Message } from "../../src/finding/publisher.ts";
import { snsPublisher } from "../../src/runtime/sns.ts";

const mock = mockClient(SNSClient);
const errors: unknown[] = [];
const publisher = snsPublisher(new SNSClient({ region: "eu-west-1" }), "arn:aws:sns:eu-west-1:1:t", (error) =>
  errors.push(error),
);
beforeEach(() => {
  mock.reset();
  errors.length = 0;
});

const message = (findingId: string, padding = 0): Message => ({
  findingId,
  body: JSON.stringify({ "kibana.alert.rule.rule_id": "r", padding: "é".repeat(padding) }),
});
const batchesSent = () =>
  mock.commandCalls(PublishBatchCommand).map(({ args }) => args[0].input.PublishBatchRequestEntries ?? []);

test("an entry that failed within a batch that succeeded is not accepted", async () => {
  mock
    .on(PublishBatchCommand)
    .resolves({ Successful: [], Failed: [{ Id: "b", Code: "Throttled", SenderFault: false }] });
  assert.deepEqual([...(await publisher.publish(["a", "b", "c"].map((id) => message(id))))], ["a", "c"]);
  assert.match(String(errors[0]), /SNS refused a finding: Throttled/);
});

test("a batch that failed as a whole costs no other", async () => {
  mock.on(PublishBatchCommand).rejectsOnce(new Error("gone")).resolves({});
  const messages = Array.from({ length: 15 }, (_, index) => message(`m${index}`));
  const accepted = await publisher.publish(messages);
  assert.deepEqual(
    [...accepted],
    messages.slice(10).map(({ findingId }) => findingId),
  );
  assert.equal(errors.length, 1);
});

test("batches hold ten entries and 256 KiB at most, counted in UTF-8 bytes with their attributes", async () => {
  mock.on(PublishBatchCommand).resolves({});
  await publisher.publish(
    Array.from({ length: 23 }, (_, index) => message(`m${index}`, index % 3 === 0 ? 50_000 : 10)),
  );
  for (const entries of batchesSent()) {
    const bytes = entries.reduce((sum, { Message = "", MessageAttributes = {} }) => {
      const attributes = Object.entries(MessageAttributes).map(([name, { DataType, StringValue }]) =>
        Buffer.byteLength(`${name}${DataType}${StringValue}`),
      );
      return sum + Buffer.byteLength(Message) + attributes.reduce((total, size) => total + size, 0);
    }, 0);
    assert.ok(entries.length <= 10 && bytes <= 256 * 1024, `${entries.length} entries of ${bytes} bytes`);
  }
  assert.equal(batchesSent().flat().length, 23);
});

test("one finding due twice is sent once in a batch", async () => {
  mock.on(PublishBatchCommand).resolves({});
  await publisher.publish([message("a"), message("a"), message("b")]);
  assert.deepEqual(
    batchesSent().map((entries) => entries.map(({ Id }) => Id)),
    [["a", "b"]],
  );
});
