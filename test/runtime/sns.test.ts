import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { PublishBatchCommand, type PublishBatchCommandInput, SNSClient } from "@aws-sdk/client-sns";
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
/** An answer that accepts all of a request. */
const allOf = ({ PublishBatchRequestEntries = [] }: PublishBatchCommandInput) => ({
  Successful: PublishBatchRequestEntries.map(({ Id }) => ({ Id })),
});
const batchesSent = () =>
  mock.commandCalls(PublishBatchCommand).map(({ args }) => args[0].input.PublishBatchRequestEntries ?? []);

test("what the answer calls successful is accepted, and nothing else", async () => {
  mock.on(PublishBatchCommand).resolves({
    Successful: [{ Id: "a" }, { Id: "of another batch" }],
    Failed: [{ Id: "b", Code: "Throttled", SenderFault: false }],
  });
  assert.deepEqual([...(await publisher.publish(["a", "b", "c"].map((id) => message(id))))], ["a"]);
  assert.deepEqual(errors.map(String).sort(), [
    "Error: SNS refused 1 messages: Throttled",
    "Error: SNS refused 1 messages: no answer",
  ]);
});

test("an empty answer accepts nothing", async () => {
  mock.on(PublishBatchCommand).resolves({});
  assert.deepEqual([...(await publisher.publish([message("a")]))], []);
  assert.equal(errors.length, 1);
});

test("a batch that failed as a whole costs no other, and one reason is told once", async () => {
  let calls = 0;
  mock.on(PublishBatchCommand).callsFake((input: PublishBatchCommandInput) => {
    if (calls++ < 2) throw new Error("gone");
    return allOf(input);
  });
  const messages = Array.from({ length: 25 }, (_, index) => message(`m${index}`));
  const accepted = await publisher.publish(messages);
  assert.deepEqual(
    [...accepted],
    messages.slice(20).map(({ findingId }) => findingId),
  );
  assert.deepEqual(errors.map(String), ["Error: gone"]);
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

test("attributes go as their kinds: a list is a String.Array, which filter policies look into", async () => {
  mock.on(PublishBatchCommand).resolves({});
  const finding = {
    "kibana.alert.risk_score": 47,
    "kibana.alert.severity": "high",
    host: { id: "h-1", name: "web-1" },
    "kibana.alert.rule.threat": [{ tactic: { id: "TA0006" }, technique: [{ id: "T1552" }] }],
  };
  await publisher.publish([{ findingId: "f", body: JSON.stringify(finding) }]);
  assert.partialDeepStrictEqual(batchesSent()[0]?.[0]?.MessageAttributes, {
    severity: { DataType: "String", StringValue: "high" },
    risk_score: { DataType: "Number", StringValue: "47" },
    host: { DataType: "String.Array", StringValue: '["h-1","web-1"]' },
    tactic: { DataType: "String.Array", StringValue: '["TA0006"]' },
    technique: { DataType: "String.Array", StringValue: '["T1552"]' },
  });
});
