import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { SendMessageBatchCommand, type SendMessageBatchCommandInput, SQSClient } from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { sqsSend } from "../../src/runtime/sqs.ts";

const mock = mockClient(SQSClient);
const errors: unknown[] = [];
let deadline: AbortSignal | undefined;
const send = sqsSend(
  new SQSClient({ region: "eu-west-1" }),
  "https://queue",
  (error) => errors.push(error),
  () => deadline,
);
beforeEach(() => {
  mock.reset();
  errors.length = 0;
  deadline = undefined;
});

const bodiesOf = (count: number) => Array.from({ length: count }, (_, index) => `body ${index}`);
const idsOf = ({ Entries = [] }: SendMessageBatchCommandInput) => Entries.map(({ Id }) => Number(Id));
const allOf = ({ Entries = [] }: SendMessageBatchCommandInput) => ({ Successful: Entries.map(({ Id }) => ({ Id })) });

/** A queue that answers when it is told to. */
function slowQueue() {
  const answers: (() => void)[] = [];
  const begun: number[] = [];
  mock.on(SendMessageBatchCommand).callsFake((input: SendMessageBatchCommandInput) => {
    begun.push(...idsOf(input));
    return new Promise((resolve) => answers.push(() => resolve(allOf(input))));
  });
  return { answers, begun };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("what the answer calls successful is accepted, and nothing else", async () => {
  mock.on(SendMessageBatchCommand).resolves({
    Successful: [{ Id: "0" }, { Id: "77" }] as never,
    Failed: [{ Id: "1", Code: "InternalError", SenderFault: false }],
  });
  assert.deepEqual([...(await send(bodiesOf(3)))], [0]);
  assert.deepEqual(errors.map(String).sort(), [
    "Error: SQS refused 1 messages: InternalError",
    "Error: SQS refused 1 messages: no answer",
  ]);
});

test("an empty answer accepts nothing", async () => {
  mock.on(SendMessageBatchCommand).resolves({});
  assert.equal((await send(bodiesOf(25))).size, 0);
  assert.deepEqual(errors.map(String), ["Error: SQS refused 25 messages: no answer"]);
});

test("an outage is told once, whatever the number of messages", async () => {
  mock.on(SendMessageBatchCommand).rejects(new Error("no route"));
  assert.equal((await send(bodiesOf(1000))).size, 0);
  assert.deepEqual(errors.map(String), ["Error: no route"]);
});

test("eight requests are under way at once, begun in the order given", async () => {
  const { answers, begun } = slowQueue();
  const sent = send(bodiesOf(200));
  let most = 0;
  for (let done = 0; done < 20; done++) {
    while (answers.length === 0) await turn();
    for (let wait = 0; wait < 5; wait++) await turn();
    most = Math.max(most, answers.length);
    answers.pop()?.(); // the latest first
  }
  assert.equal((await sent).size, 200);
  assert.equal(most, 8);
  assert.deepEqual(
    begun,
    Array.from({ length: 200 }, (_, index) => index),
  );
  assert.deepEqual(errors, []);
});

for (const whose of ["the caller's", "the invocation's"] as const) {
  test(`${whose} signal ends it at once, with what was accepted until then`, async () => {
    const { answers, begun } = slowQueue();
    const abort = new AbortController();
    if (whose === "the invocation's") deadline = abort.signal;
    const sent = whose === "the caller's" ? send(bodiesOf(200), abort.signal) : send(bodiesOf(200));
    while (answers.length < 8) await turn();
    answers[2]?.();
    while (answers.length < 9) await turn();
    abort.abort(new Error("time is over"));
    const accepted = await sent;
    assert.deepEqual(
      [...accepted],
      Array.from({ length: 10 }, (_, index) => 20 + index),
    );
    for (const answer of answers) answer();
    for (let wait = 0; wait < 10; wait++) await turn();
    assert.equal(accepted.size, 10, "what comes later changes nothing");
    assert.equal(begun.length, 90, "and nothing is begun any more");
    assert.deepEqual(errors.map(String), ["Error: SQS accepted 10 of 200 messages in time"]);
  });
}

test("with its signal aborted before, nothing is sent", async () => {
  const { begun } = slowQueue();
  assert.equal((await send(bodiesOf(5), AbortSignal.abort())).size, 0);
  assert.deepEqual([begun.length, errors.length], [0, 1]);
});

test("nothing to send is nothing sent", async () => {
  mock.on(SendMessageBatchCommand).resolves({});
  assert.equal((await send([])).size, 0);
  assert.deepEqual([mock.calls().length, errors.length], [0, 0]);
});
