import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { CreateQueueCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { command } from "../../src/cli/command.ts";
import { VERBS } from "../../src/cli/verbs.ts";
import { unhurried } from "../../src/detect/deadline.ts";
import { detect } from "../../src/detect/detect.ts";
import { ruleSet } from "../../src/detect/rule-set.ts";
import { memoryTable } from "../../src/history/memory-table.ts";
import { createResources, openCloud } from "../../src/local/emulators.ts";
import { lambdaRecord } from "../../src/local/kinesis-shards.ts";
import { cloudWatchLogs } from "../../src/local/sample-stream.ts";
import { useNetworks } from "../../src/normalize/networks.ts";
import { rulesDigest } from "../../src/rule/digest.ts";
import { REDRIVE_BUDGET } from "../../src/stream/budget.ts";
import { deliveryOf } from "../../src/stream/delivery.ts";
import { type QuarantineMessage, quarantineBy, quarantinedRecords } from "../../src/stream/quarantine.ts";
import type { StreamRecord } from "../../src/stream/record.ts";
import { received, suspiciousEvent } from "../support/cloud.ts";
import { stackAnswer } from "../support/deployed-stack.ts";
import { asn, mmdb } from "../support/mmdb-writer.ts";
import { parkedHosts } from "../support/parked.ts";
import { recordedAws } from "../support/recorded-aws.ts";
import { someDetector } from "../support/rules.ts";
import { invoke, newWorld } from "../support/world.ts";

const cloud = await openCloud();
const resources = await createResources(cloud);
Object.assign(process.env, cloud.environment, resources.environment);
const folder = mkdtempSync(join(tmpdir(), "firstsight-redrive-"));
after(async () => {
  rmSync(folder, { recursive: true });
  await cloud.close();
});

let count = 0;
function file(content: string): string {
  const path = join(folder, `file-${count++}`);
  writeFileSync(path, content);
  return path;
}
async function run(...contents: string[]): Promise<{ readonly code: number; readonly output: string }> {
  return redriven(...contents.map(file));
}
async function redriven(...args: string[]): Promise<{ readonly code: number; readonly output: string }> {
  const lines: string[] = [];
  const tell = (line: string) => void lines.push(line);
  const code = await command(VERBS, ["redrive", ...args], { print: tell, warn: tell });
  return { code, output: lines.join("\n") };
}
/** @returns its URL */
async function newQueue(QueueName: string): Promise<string> {
  const { QueueUrl = "" } = await cloud.sqs.send(new CreateQueueCommand({ QueueName }));
  return `${cloud.environment["AWS_ENDPOINT_URL_SQS"]}${QueueUrl.slice(QueueUrl.indexOf("/", "http://".length))}`;
}
const findings = async () =>
  (await received(cloud.sqs, resources.findingsQueue)).map((body) => JSON.parse(body) as Record<string, unknown>);

const ancestor = (finding: Record<string, unknown> | undefined) => {
  const [first] = (finding?.["kibana.alert.ancestors"] ?? []) as readonly { readonly id: string }[];
  return first?.id;
};

const ARRIVAL = Date.now() - 10 * 86_400_000;
const batch = (data: string) => {
  const record = lambdaRecord({
    shardId: "shardId-000000000000",
    streamName: "events",
    sequenceNumber: "42",
    partitionKey: "k",
    data: Buffer.from(data),
    arrival: ARRIVAL,
  });
  return JSON.stringify({ requestContext: { condition: "RecordAgeExceeded" }, payload: { Records: [record] } });
};
const withoutId = (host: string) => suspiciousEvent(host).replace(/"id":"event-\d+",/, "");

async function messages(bytes: Buffer, reason: "not_json" | "rule_failed", position = "0"): Promise<string[]> {
  const bodies: string[] = [];
  const quarantine = quarantineBy(async (sent) => {
    bodies.push(...sent);
    return new Set(sent.keys());
  });
  await quarantine(
    [{ recordId: "shardId-000000000000:42", arrival: ARRIVAL, read: 1, rejected: [{ reason, position, bytes }] }],
    new AbortController().signal,
  );
  return bodies;
}

/** The bodies of the messages that records come to. */
async function quarantinedOf(records: readonly StreamRecord[]): Promise<string[]> {
  const bodies: string[] = [];
  const quarantine = quarantineBy(async (sent) => {
    bodies.push(...sent.flatMap((body) => body.split("\n")));
    return new Set(sent.keys());
  });
  const ports = {
    history: memoryTable(),
    known: new Map(),
    publisher: { publish: async () => new Set<string>() },
    quarantine,
    now: Date.now,
    onError: () => {},
  };
  await detect(deliveryOf(records), ruleSet([someDetector()]), ports, unhurried(Date.now() + 60_000));
  return bodies;
}

test("a failed batch is found with the identity and the arrival it had, however old, and once", async () => {
  const { code, output } = await run(batch(withoutId("h1")));
  assert.equal(code, 0, output);
  assert.match(output, /1 records: 1 events, 0 rejected, 1 matched, 0 known, 1 new \(1 published/);
  const [finding] = await findings();
  assert.equal(finding?.["new_terms_stream.arrival"], new Date(ARRIVAL).toISOString());
  assert.equal(ancestor(finding), "shardId-000000000000:42/0");
  assert.match((await run(batch(withoutId("h1")))).output, /1 known, 0 new/);
});

test("a quarantined document stands where it stood: the same event in the batch and by itself is one", async () => {
  await run(batch(`${withoutId("other")}\n${withoutId("h2")}`));
  const [first, second] = await findings();
  const [message = ""] = await messages(Buffer.from(withoutId("h3")), "rule_failed", "7");
  const { output } = await run(JSON.stringify({ Messages: [{ Body: message }] }));
  assert.match(output, /1 new/);
  const [third] = await findings();
  assert.deepEqual([ancestor(first), ancestor(second), ancestor(third)].sort(), [
    "shardId-000000000000:42/0",
    "shardId-000000000000:42/1",
    "shardId-000000000000:42/7",
  ]);
});

test("what still cannot be read is left where it is; a document of many parts is put together", async () => {
  const large = Buffer.from(`{${randomBytes(450_000).toString("base64")}`);
  const parts = await messages(large, "not_json");
  assert.ok(parts.length > 1);
  const { output, code } = await run(parts.join("\n"));
  assert.equal(code, 1);
  assert.match(output, /0 events, 1 rejected \(1 not_json\)/);
  assert.match(output, /1 records put through, 1 left/);
  assert.deepEqual(await received(cloud.sqs, resources.quarantineQueue), [], "nothing is sent to the queue again");
  const missing = await run(parts.slice(1).join("\n"));
  assert.equal(missing.code, 3);
  assert.match(missing.output, /part 1 of \d+ is missing/);
});

test("what cannot be read is said and passed over, and all else is put through", async () => {
  const half = (await messages(Buffer.from(`{${randomBytes(450_000).toString("base64")}`), "not_json")).slice(1);
  const [good = ""] = await messages(Buffer.from(withoutId("h4")), "rule_failed", "9");
  const forged = JSON.stringify({ ...(JSON.parse(good) as object), recordId: "forged", length: 3 });
  const { code, output } = await run([...half, forged, "{", good].join("\n"), "[1, 2", batch(withoutId("h5")), "{}");
  assert.equal(code, 3);
  assert.match(output, /part 1 of \d+ is missing/);
  assert.match(output, /forged: /);
  assert.equal(output.match(/not JSON/g)?.length, 2);
  assert.match(output, /2 records put through, 0 left, 5 unreadable/);
  assert.equal((await findings()).length, 2);
});

test("a file that is not there is said", async () => {
  const { code, output } = await redriven(join(folder, "nowhere"));
  assert.equal(code, 3);
  assert.match(output, /nowhere/);
});

test("two bad log events of one id are two, and each goes back where it stood", async () => {
  const envelope = cloudWatchLogs(["no json", "nor this"], "log").replace("log-1", "log-0");
  const bodies = await quarantinedOf([{ id: "shard:7", arrival: ARRIVAL, bytes: Buffer.from(envelope) }]);
  const { records, unreadable } = quarantinedRecords(bodies.map((body) => JSON.parse(body) as QuarantineMessage));
  assert.deepEqual(unreadable, []);
  assert.deepEqual(
    records.map(({ position, bytes }) => [position, String(bytes)]),
    [
      ["0.0", "no json"],
      ["0.1", "nor this"],
    ],
  );
  const { output } = await run(bodies.join("\n"));
  assert.match(output, /2 records: 0 events, 2 rejected/);
});

test("what was sent twice is one", async () => {
  const [once = ""] = await messages(Buffer.from("{twice"), "not_json", "3");
  assert.match((await run([once, once].join("\n"), once)).output, /1 records put through/);
});

test("a record over its budget is found to its end, and what was found before is not found again", async () => {
  const hosts = Array.from({ length: 3000 }, (_, at) =>
    JSON.stringify({ host: { id: `b${at}` }, process: { executable: "/b" } }),
  );
  const record = { id: "shard:8", arrival: Date.now(), bytes: Buffer.from(hosts.join("\n")) };
  const world = newWorld();
  const detectors = [someDetector()];
  const { detection } = await invoke(world, [record], detectors);
  assert.ok(detection !== "killed");
  assert.deepEqual([detection.ledger.new, detection.ledger.cut], [2001, 1], "the overflow is one, too");
  const [{ reason, bytes, read } = { reason: "", bytes: Buffer.alloc(0), read: 0 }] = world.quarantined;
  assert.deepEqual([reason, read, bytes.equals(record.bytes)], ["too_many_combinations", 2001, true]);
  const again = await invoke(world, [record], detectors, { options: { budget: REDRIVE_BUDGET } });
  assert.ok(again.detection !== "killed");
  const { known, new: found, cut } = again.detection.ledger;
  assert.deepEqual([known, found, cut], [2000, 1000, 0]);
  const overflow = world.published.filter(({ body }) => body.includes('"new_terms_stream.type":"overflow"'));
  assert.equal(overflow.length, 1, "and it was said that something was cut");
});

test("a part that is put away again keeps its place", async () => {
  const line = JSON.stringify({ a: "[".repeat(10) });
  const [entry] = await quarantinedOf([
    { id: "shard:9", arrival: ARRIVAL, position: "4.2", bytes: Buffer.from(`${line}x\n`.repeat(200)) },
  ]);
  assert.equal((JSON.parse(entry ?? "{}") as { readonly position?: string }).position, "4.2");
});

test("a finding of a record older than history reaches says that it may be a repeat, and no other does", async () => {
  await run(batch(withoutId("h6")));
  const [message = ""] = await messages(Buffer.from(withoutId("h7")), "rule_failed", "11");
  const fresh = JSON.stringify({ ...(JSON.parse(message) as object), arrival: new Date().toISOString() });
  await run(fresh);
  assert.deepEqual(
    (await findings()).map((finding) => finding["new_terms_stream.repeat"]),
    [true, undefined],
  );
});

test("while the rules learn, so does what is put through again", async () => {
  process.env["LEARN_UNTIL"] = new Date(Date.now() + 86_400_000).toISOString();
  try {
    const { output } = await run(batch(withoutId("h8")));
    assert.match(output, /0 new .*, 1 learned/);
  } finally {
    delete process.env["LEARN_UNTIL"];
  }
  assert.deepEqual(await findings(), []);
  assert.match((await run(batch(withoutId("h8")))).output, /1 known, 0 new/);
});

test("a missing variable is said in a line", async () => {
  const table = process.env["HISTORY_TABLE"];
  delete process.env["HISTORY_TABLE"];
  try {
    const { code, output } = await run(batch(withoutId("h9")));
    assert.equal(code, 2);
    assert.match(output, /^firstsight redrive: HISTORY_TABLE: expected a DynamoDB table's name, or memory$/);
  } finally {
    process.env["HISTORY_TABLE"] = table;
  }
});

test("a file of something else is said to be so", async () => {
  assert.match((await run("{}")).output, /neither a quarantine message nor a failed batch/);
  assert.match((await run("{}\nx")).output, /:2: not JSON/);
});

test("failed batches are read where they lie, by their key or by all below one; they stay unless asked", async () => {
  const s3 = new S3Client({});
  const Bucket = "failed-batches";
  await s3.send(new CreateBucketCommand({ Bucket }));
  const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  const keys = async () => (await s3.send(new ListObjectsV2Command({ Bucket }))).Contents?.map(({ Key }) => Key) ?? [];
  await put("aws/lambda/1/a", batch(withoutId("s3-1")));
  await put("aws/lambda/1/a/b", batch(withoutId("s3-2")));
  await put("aws/lambda/2/bad", "{");
  await put("aws/lambda/2/part", batch("{no event of 169.254.169.254"));

  const one = await redriven(`s3://${Bucket}/aws/lambda/1/a`);
  assert.deepEqual([one.code, (await findings()).length], [0, 1], one.output);
  assert.match(one.output, /1 records put through, 0 left, 0 unreadable/);
  const all = await redriven(`s3://${Bucket}/aws/lambda/`, "--delete");
  assert.equal(all.code, 3);
  assert.match(all.output, /s3:\/\/failed-batches\/aws\/lambda\/2\/bad:1: not JSON/);
  assert.match(all.output, /3 records put through, 0 left, 1 unreadable, 3 objects deleted/);
  assert.equal((await findings()).length, 1, "what was found before is not found anew");
  assert.deepEqual(await keys(), ["aws/lambda/2/bad"]);
  const [away = "{}"] = await received(cloud.sqs, resources.quarantineQueue);
  const { reason, sender } = JSON.parse(away) as QuarantineMessage;
  assert.deepEqual([reason, sender?.partitionKey], ["not_json", "k"], "what is no event goes where it would have gone");

  await s3.send(new DeleteObjectCommand({ Bucket, Key: "aws/lambda/2/bad" }));
  const none = await redriven(`s3://${Bucket}/aws/`);
  assert.deepEqual(
    [none.code, none.output.split("\n").at(-1)],
    [3, "firstsight redrive: s3://failed-batches/aws/: there is no such object, nor any below it"],
  );
  assert.match((await redriven("s3://nowhere/a")).output, /^firstsight redrive: AWS: NoSuchBucket: [^\n]+$/m);
  assert.match((await redriven("s3://")).output, /^firstsight redrive: s3:\/\/: expected s3:\/\/BUCKET\/KEY/m);
});

test("where the deployed functions look networks up, so must this desk, but of dead letters, which matched before", async () => {
  const RetryDeadLetterQueueUrl = await newQueue("none-of-networks");
  const aws = await recordedAws();
  const outputs = { RetryDeadLetterQueueUrl, RuleSet: rulesDigest("rules") };
  const variables = { ...resources.environment, ASN_DATABASE: "dist/asn-database.mmdb" };
  aws.answers.set("cloudformation:DescribeStacks", stackAnswer("firstsight-dev", outputs));
  aws.answers.set("lambda:GetFunctionConfiguration", { Environment: { Variables: variables } });
  const endpoints = { AWS_ENDPOINT_URL_CLOUDFORMATION: aws.url, AWS_ENDPOINT_URL_LAMBDA: aws.url };
  Object.assign(process.env, endpoints);
  try {
    const batch = file("{}");
    const refused = await redriven("--stage", "dev", batch);
    assert.equal(refused.code, 2);
    assert.match(refused.output, /^firstsight redrive: the deployed functions have a database of networks: [^\n]+$/);
    assert.equal((await redriven("--stage", "dev", "--dead-letters")).code, 0);
    process.env["ASN_DATABASE"] = file("");
    assert.match(
      (await redriven("--stage", "dev", batch)).output,
      /^firstsight redrive: ASN_DATABASE: .*is no MaxMind DB file/,
    );
    writeFileSync(process.env["ASN_DATABASE"], mmdb([["198.51.100.0/24", asn(64496, "Example Hosting")]]));
    assert.doesNotMatch((await redriven("--stage", "dev", batch)).output, /database of networks/);
  } finally {
    delete process.env["ASN_DATABASE"];
    useNetworks(undefined);
    for (const name of Object.keys(endpoints)) delete process.env[name];
    await aws.close();
  }
});

test("rules that a stage does not run are refused, but of dead letters, which matched before", async () => {
  const RetryDeadLetterQueueUrl = await newQueue("no-dead-letters");
  const aws = await recordedAws();
  const outputs = { RetryDeadLetterQueueUrl, RuleSet: "0".repeat(64) };
  aws.answers.set("cloudformation:DescribeStacks", stackAnswer("firstsight-dev", outputs));
  aws.answers.set("lambda:GetFunctionConfiguration", { Environment: { Variables: resources.environment } });
  const endpoints = { AWS_ENDPOINT_URL_CLOUDFORMATION: aws.url, AWS_ENDPOINT_URL_LAMBDA: aws.url };
  Object.assign(process.env, endpoints);
  try {
    const batch = file("{}");
    const refused = await redriven("--stage", "dev", batch);
    assert.equal(refused.code, 2);
    assert.match(
      refused.output,
      /^firstsight redrive: rules\/ is not what stage dev runs: [^\n]+--rules rules [^\n]+$/,
    );
    assert.equal((await redriven("--stage", "dev", "--rules", "rules", batch)).code, 3);
    assert.equal((await redriven("--stage", "dev", "--dead-letters")).code, 0);
  } finally {
    for (const name of Object.keys(endpoints)) delete process.env[name];
    await aws.close();
  }
});

test("dead letters are decided and deleted; what is none of the functions' is left", async () => {
  const url = await newQueue("dead-letters");
  process.env["RETRY_DEAD_LETTER_QUEUE_URL"] = url;
  for (const MessageBody of [...(await parkedHosts(["dead-1", "dead-2"])), "{}"]) {
    await cloud.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody }));
  }
  for (const [deleted, found] of [
    [2, 2],
    [0, 0],
  ]) {
    const { code, output } = await redriven("--dead-letters");
    assert.equal(code, 1);
    assert.match(output, /cannot be read: message [^ ]+: none of the functions'/);
    assert.match(output, new RegExp(`${deleted} decided and deleted, 1 left as they were`));
    assert.equal((await findings()).length, found);
  }
  assert.deepEqual(await received(cloud.sqs, url), ["{}"]);
  delete process.env["RETRY_DEAD_LETTER_QUEUE_URL"];
  assert.equal(
    (await redriven("--dead-letters")).output,
    'firstsight redrive: RETRY_DEAD_LETTER_QUEUE_URL: expected the URL of the retry queue\'s dead-letter queue, and not ""; --stage NAME finds it',
  );
  assert.match((await redriven()).output, /it takes files and s3:\/\/BUCKET\/KEY addresses, or --dead-letters/);
});
