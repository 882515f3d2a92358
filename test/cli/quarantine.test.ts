import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { after, afterEach, test } from "node:test";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import type { Context, KinesisStreamEvent } from "aws-lambda";
import { rulesDigest } from "../../src/rule/digest.ts";
import { type Quarantined, quarantineBy } from "../../src/stream/quarantine.ts";
import { silenced, suspiciousEvent } from "../support/cloud.ts";
import { stackAnswer } from "../support/deployed-stack.ts";
import { openQuarantineDesk } from "../support/quarantine-desk.ts";
import { recordedAws } from "../support/recorded-aws.ts";

const desk = await openQuarantineDesk();
const { run, inQueue, entry, putAway, bodies, QueueUrl } = desk;
const { handler } = await import("../../src/functions/kinesis.ts");
after(() => desk.close());
afterEach(() => desk.empty());

/** The poison sample through the function itself, as it would arrive now. */
async function poison(): Promise<void> {
  const { Records } = JSON.parse(readFileSync("events/kinesis-poison.json", "utf8")) as KinesisStreamEvent;
  for (const { kinesis } of Records) kinesis.approximateArrivalTimestamp = Date.now() / 1000;
  const context = { functionName: "f", awsRequestId: "r", getRemainingTimeInMillis: () => 60_000 } as Context;
  const { batchItemFailures } = await silenced(() => handler({ Records }, context));
  assert.deepEqual(batchItemFailures, []);
}

test("the poison sample: listed, shown, put through, dropped, and the queue is empty", async () => {
  await poison();
  assert.deepEqual(await inQueue(), [4, 0]);

  const listed = await run("list");
  assert.equal(listed.code, 0);
  assert.match(listed.printed, /^4 messages: 4 documents, \d+ bytes$/m);
  assert.match(listed.printed, /^1 +\d+ +too_deep +\S+T\S+Z +\S+T\S+Z +events +host-3$/m);
  assert.deepEqual(await inQueue(), [4, 0], "it is all there, and seen by others at once");

  const shown = await run("show", "--reason", "not_json", "--sender", "host-2");
  assert.match(shown.printed, /not_json, 19 bytes\n {2}arrival .*\n {2}record .*\n {2}position +0\n/);
  assert.match(shown.printed, /stream +arn:aws:kinesis.*\n {2}partitionKey +host-2\n {2}\| <14>not JSON at all$/m);
  assert.ok(!shown.printed.includes("too_deep"));
  assert.match((await run("show", "--reason", "gzip")).printed, /\| 0000 {2}1f 8b /);

  const before = (await bodies()).length;
  assert.equal(before, 1);
  for (const round of [1, 2]) {
    const again = await run("redrive");
    assert.equal(again.code, 1, `round ${round}: something is left`);
    assert.match(again.printed, /4 rejected \(2 not_json, 1 too_deep, 1 gzip\)/);
    assert.match(again.printed, /4 messages: 0 decided and deleted, 4 left as they were/);
    assert.deepEqual(await inQueue(), [4, 0], "it does not grow");
  }
  assert.deepEqual(await bodies(), []);

  const asked = await run("drop", "--reason", "not_json");
  assert.equal(asked.code, 1);
  assert.match(asked.printed, /2 of 4 messages .*\nnothing is deleted without --yes/);
  assert.deepEqual(await inQueue(), [4, 0]);
  assert.match((await run("drop", "--reason", "not_json", "--yes")).printed, /2 messages deleted/);
  assert.deepEqual(await inQueue(), [2, 0]);
  assert.equal((await run("drop", "--all", "--yes")).code, 0);
  assert.deepEqual(await inQueue(), [0, 0]);
  assert.match((await run("list")).printed, /^0 messages/);
  assert.equal((await run("redrive")).code, 0);
});

test("what a broken rule kept is put through once it is mended: found once, deleted, and the rest is left", async () => {
  await putAway([
    entry(suspiciousEvent("q-1"), "not_started"),
    entry("no event", "not_started"),
    entry(suspiciousEvent("q-2"), "rule_failed"),
    entry('{"nothing": that a rule asks for}', "not_started"),
  ]);
  const first = await run("redrive");
  assert.equal(first.code, 1);
  assert.match(
    first.printed,
    /4 records: 1 passed over, 2 events, 1 rejected \(1 not_json\), 2 matched, 0 known, 2 new \(2 pub/,
  );
  assert.match(first.printed, /4 messages: 3 decided and deleted, 1 left as they were/);
  assert.equal((await bodies()).length, 2);
  assert.deepEqual(await inQueue(), [1, 0]);
  const { printed } = await run("list", "--json");
  assert.deepEqual(
    (JSON.parse(printed) as { readonly groups: readonly { readonly reason: string }[] }).groups.map((g) => g.reason),
    ["not_started"],
    "as the message it was",
  );
});

test("a message of many entries goes when all of them are decided, and no entry is left in part", async () => {
  const good = (host: string) => entry(suspiciousEvent(host), "rule_failed");
  const { lines } = await linesOf([good("m-1"), good("m-2"), good("m-3"), entry("no event"), good("m-4")]);
  const [one = "", two = "", three = "", bad = "", four = ""] = lines;
  const send = (...texts: string[]) =>
    desk.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: texts.join("\n") }));
  await send(one, bad);
  await send(two, three);
  // The same entry twice: one of its messages is tied to what is left.
  await send(four);
  await send(four, bad);
  const { printed, code } = await run("redrive", "--json");
  assert.equal(code, 1);
  assert.deepEqual(JSON.parse(printed), { messages: 4, deleted: 1, left: 3, unreadable: [] });
  assert.equal((await bodies()).length, 4, "each is decided");
  assert.match((await run("drop", "--reason", "not_json", "--yes")).printed, /0 of 3 .*\n2 messages hold other/);
  assert.equal((await run("drop", "--all", "--yes")).code, 0);
});

test("an entry of several parts is put together from its messages, and shown", async () => {
  // Hardly compressed, and an event all the same.
  const filler = Array.from({ length: 40_000 }, (_, at) => ((at * 2654435761) % 4294967296).toString(36)).join(" ");
  const event = { ...(JSON.parse(suspiciousEvent("parts")) as object), message: filler };
  await putAway([entry(JSON.stringify(event), "rule_failed")]);
  const [messages] = await inQueue();
  assert.ok(messages > 1, `${messages}`);
  assert.match((await run("show")).printed, /rule_failed, \d+ bytes[\s\S]*\{"@timestamp"/);
  const { code, printed } = await run("redrive");
  assert.equal(code, 0, printed);
  assert.match(printed, new RegExp(`${messages} messages: ${messages} decided and deleted`));
  assert.equal((await bodies()).length, 1);
});

test("a part that is missing, and what is none of the functions', is said and left", async () => {
  const { lines } = await linesOf([entry(randomBytes(400_000), "not_text")]);
  assert.ok(lines.length > 1);
  for (const MessageBody of [lines[1] ?? "", "{", '{"recordId":1}']) {
    await desk.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  }
  const { code, warned, printed } = await run("redrive");
  assert.equal(code, 1);
  assert.match(warned, /shardId-0:\d+: 1 of \d parts are there/);
  assert.equal(warned.match(/none of the functions'/g)?.length, 2);
  assert.match(printed, /3 messages: 0 decided and deleted, 3 left/);
  assert.match((await run("list")).printed, /2 +15 +unreadable/);
  assert.match((await run("drop", "--reason", "unreadable", "--yes")).printed, /2 messages deleted/);
  assert.deepEqual(await inQueue(), [1, 0]);
});

test("hostile bytes and names move no cursor, and are found by what is shown of them", async () => {
  const partitionKey = `\u001b[2Jkey\u202e\uffff${"k".repeat(2000)}`;
  const logs = { owner: "1", logGroup: "\u0007/logs\r\nnot_json", logStream: "s" };
  await putAway([
    entry("\u001b]0;owned\u0007\u001b[31m\r\nnot_json, 1 bytes\n\u202etxt", "not_json", { partitionKey }),
    entry(Buffer.from([0, 27, 91, 50, 74, 255]), "not_text", logs),
  ]);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be there
  const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\uffff]/u;
  for (const args of [["list"], ["list", "--json"], ["show"], ["show", "--json"], ["redrive"], ["redrive", "--json"]]) {
    const { printed, warned } = await run(...args);
    assert.doesNotMatch(printed + warned, CONTROLS, args.join(" "));
    assert.ok(printed.length < 20_000);
  }
  const { printed } = await run("show");
  assert.match(printed, /^ {2}\| not_json, 1 bytes$/m, "no line of theirs begins as one of ours");
  assert.match(printed, /logGroup +\\u0007\/logs\\u000d\\u000anot_json$/m);
  assert.match((await run("show", "--sender", "\\u0007/logs\\u000d\\u000anot_json")).printed, /^not_text/);
  assert.match((await run("drop", "--sender", logs.logGroup, "--yes")).printed, /1 messages deleted/);
});

test("a topic that is away leaves findings to the sweeper, and a table that is away leaves the messages", async () => {
  await putAway([entry(suspiciousEvent("away"), "rule_failed")]);
  const table = process.env["HISTORY_TABLE"];
  process.env["HISTORY_TABLE"] = "nowhere";
  try {
    const { code, printed, warned } = await run("redrive");
    assert.equal(code, 1);
    assert.match(printed, /1 messages: 0 decided and deleted, 1 left/);
    assert.ok(
      warned.split("\n").every((line) => /^error: ResourceNotFoundException: /.test(line)),
      warned,
    );
  } finally {
    process.env["HISTORY_TABLE"] = table;
  }
  const topic = process.env["FINDINGS_TOPIC_ARN"];
  process.env["FINDINGS_TOPIC_ARN"] = `${topic}-nowhere`;
  try {
    const { code, printed } = await run("redrive");
    assert.equal(code, 0);
    assert.match(printed, /1 new \(0 published, 1 left to the sweeper\)/);
  } finally {
    process.env["FINDINGS_TOPIC_ARN"] = topic;
  }
  assert.deepEqual(await inQueue(), [0, 0]);
});

test("a stage is found by its stack's outputs, and its function says how it reads", async () => {
  const { HISTORY_TABLE = "", FINDINGS_TOPIC_ARN = "" } = desk.environment;
  const Variables = { HISTORY_TABLE, FINDINGS_TOPIC_ARN, QUARANTINE_QUEUE_URL: QueueUrl, LONG_VALUES: "keep" };
  const aws = await recordedAws();
  const endpoints = { AWS_ENDPOINT_URL_CLOUDFORMATION: aws.url, AWS_ENDPOINT_URL_LAMBDA: aws.url };
  const deploy = (outputs: Readonly<Record<string, string>>) =>
    aws.answers.set("cloudformation:DescribeStacks", stackAnswer("firstsight-dev", outputs));
  deploy({ QuarantineQueueUrl: QueueUrl, RuleSet: rulesDigest("rules") });
  const named: unknown[] = [];
  aws.answers.set("lambda:GetFunctionConfiguration", ({ id }) => {
    named.push(id);
    return { FunctionName: String(id), Environment: { Variables } };
  });
  const own = ["HISTORY_TABLE", "FINDINGS_TOPIC_ARN", "QUARANTINE_QUEUE_URL"].map((name) => [name, process.env[name]]);
  for (const [name = ""] of own) delete process.env[name];
  Object.assign(process.env, endpoints);
  try {
    await putAway([entry(suspiciousEvent("staged"), "rule_failed")]);
    assert.match((await run("list", "--stage", "dev")).printed, /^1 messages/);
    assert.equal((await run("redrive", "--stage", "dev")).code, 0);
    assert.equal((await bodies()).length, 1);
    assert.deepEqual(named, ["firstsight-dev-firehose"]);
    deploy({ QuarantineQueueUrl: QueueUrl, EventStreamName: "events", RuleSet: "0".repeat(64) });
    await putAway([entry(suspiciousEvent("other-rules"), "rule_failed")]);
    const refused = await run("redrive", "--stage", "dev");
    assert.equal(refused.code, 2);
    assert.match(
      refused.warned,
      /^firstsight quarantine: rules\/ is not what stage dev runs: check out or deploy the same, or say --rules rules [^\n]+$/,
    );
    assert.deepEqual(await inQueue(), [1, 0], "and nothing is done with");
    assert.equal((await run("redrive", "--stage", "dev", "--rules", "rules")).code, 0);
    assert.equal((await bodies()).length, 1);
    assert.equal(named.at(-1), "firstsight-dev-kinesis");
    aws.refusals.set("cloudformation:DescribeStacks", {
      code: "ValidationError",
      message: "Stack with id firstsight-prod does not exist",
    });
    const unknown = await run("list", "--stage", "prod");
    assert.equal(unknown.code, 3);
    assert.equal(unknown.warned, "firstsight quarantine: there is no stack firstsight-prod in this account and Region");
  } finally {
    for (const name of Object.keys(endpoints)) delete process.env[name];
    Object.assign(process.env, Object.fromEntries(own));
    await aws.close();
  }
});

test("what is wrong is said in a line each, without a stack", async () => {
  const wrong: readonly (readonly [readonly string[], number, RegExp])[] = [
    [["look"], 2, /: it takes one of list, show, drop, redrive, and not "look"$/],
    [["list", "--all"], 2, /: quarantine list has no option --all$/],
    [["drop", "--yes"], 2, /: drop takes --reason, --sender or both; or --all$/],
    [["drop", "--all", "--reason", "gzip"], 2, /: drop takes/],
    [["drop", "--reason", "", "--yes"], 2, /: --reason is empty$/],
    [["show", "--limit", "0"], 2, /: --limit is a number from 1 to 1000, and not "0"$/],
    [
      ["list", "--queue-url", "quarantine"],
      2,
      /--queue-url: expected the URL of the quarantine queue, and not "quarantine"/,
    ],
    [["list", "--queue-url", `${QueueUrl}-nowhere`], 3, /: AWS: QueueDoesNotExist: [^\n]+$/],
  ];
  for (const [args, code, says] of wrong) {
    const told = await run(...args);
    assert.deepEqual([told.code, told.warned.split("\n").length], [code, 1], told.warned);
    assert.match(told.warned, says);
  }
});

test("missing variables are said in a line each, by the command itself", async () => {
  const child = (env: NodeJS.ProcessEnv, ...args: string[]) =>
    told(spawn(process.execPath, ["src/cli/firstsight.ts", ...args], { env: { PATH: process.env["PATH"], ...env } }));
  const keys = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };
  const url = { QUARANTINE_QUEUE_URL: QueueUrl };
  const off = { AWS_REGION: "eu-west-1", AWS_EC2_METADATA_DISABLED: "true", HOME: "/nowhere" };
  const no = "firstsight quarantine: ";
  assert.deepEqual(await child({}, "quarantine", "list"), [
    2,
    `${no}QUARANTINE_QUEUE_URL: expected the URL of the quarantine queue, and not ""; --stage NAME finds it\n`,
  ]);
  assert.deepEqual(await child({ ...keys, ...url }, "quarantine", "list"), [
    2,
    `${no}AWS_REGION: expected the Region of what is deployed, such as eu-west-1\n`,
  ]);
  assert.deepEqual(await child({ ...off, ...url }, "quarantine", "list"), [
    2,
    `${no}AWS_PROFILE: expected credentials, here or in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY\n`,
  ]);
  assert.deepEqual(await child({ ...keys, FINDINGS_TOPIC_ARN: "findings" }, "redrive", "events/kinesis.json"), [
    2,
    [
      "firstsight redrive: HISTORY_TABLE: expected a DynamoDB table's name, or memory",
      "FINDINGS_TOPIC_ARN: expected an SNS topic's ARN, or stdout",
      "QUARANTINE_QUEUE_URL: expected an SQS queue's URL, or stdout",
      "",
    ].join("\n"),
  ]);
});

async function told(child: ChildProcess): Promise<readonly [number, string]> {
  let text = "";
  child.stderr?.on("data", (chunk: Buffer) => (text += chunk));
  const [code] = (await once(child, "close")) as [number];
  return [code, text];
}

async function linesOf(entries: readonly Quarantined[]): Promise<{ readonly lines: readonly string[] }> {
  const lines: string[] = [];
  await quarantineBy(async (sent) => {
    lines.push(...sent.flatMap((body) => body.split("\n")));
    return new Set(sent.keys());
  })(entries, new AbortController().signal);
  return { lines };
}
