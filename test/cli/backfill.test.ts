import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { backfill } from "../../src/cli/backfill.ts";
import { command } from "../../src/cli/command.ts";
import { startedRule } from "../../src/detect/rule-set.ts";
import { dynamoDbTable } from "../../src/history/dynamodb-table.ts";
import { counterKey } from "../../src/history/key.ts";
import { openCloud } from "../../src/local/emulators.ts";
import { historyTable } from "../../src/local/history-table.ts";
import { rulesDigest } from "../../src/rule/digest.ts";
import { loadRuleFiles } from "../../src/rule/load.ts";
import { dynamoDb } from "../../src/runtime/dynamodb.ts";
import { ANY_RULE_ID, anyRule } from "../support/built-function.ts";
import { suspiciousEvent } from "../support/cloud.ts";
import { stackAnswer } from "../support/deployed-stack.ts";
import { recordedAws } from "../support/recorded-aws.ts";
import { shippedDetector } from "../support/rules.ts";

const folder = mkdtempSync(join(tmpdir(), "firstsight-backfill-"));
const RULE = join(folder, "any.toml");
writeFileSync(RULE, anyRule());
const cloud = await openCloud();
const { AWS_ENDPOINT_URL_SQS: endpoint = "" } = cloud.environment;
const s3 = new S3Client({
  region: "eu-west-1",
  endpoint,
  forcePathStyle: true,
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
});
Object.assign(process.env, cloud.environment, { AWS_ENDPOINT_URL_S3: endpoint, COUNTERS: "true" });
after(async () => {
  s3.destroy();
  await cloud.close();
  rmSync(folder, { recursive: true });
});

const DAY = 86_400_000;
const lineOf = (host: string, at: number) =>
  JSON.stringify({ "@timestamp": new Date(at).toISOString(), host: { id: host }, process: { executable: "/bin/x" } });

const run = (tableName: string | undefined, ...args: string[]) => runPlain(tableName, "--rules", RULE, ...args);

/** With the rules that the verb takes by itself. */
async function runPlain(tableName: string | undefined, ...args: string[]) {
  if (tableName === undefined) delete process.env["HISTORY_TABLE"];
  else process.env["HISTORY_TABLE"] = tableName;
  const [said, warned]: [string[], string[]] = [[], []];
  const out = { print: (line: string) => void said.push(line), warn: (line: string) => void warned.push(line) };
  const code = await command([backfill], ["backfill", "--workers", "0", ...args], out);
  return { code, said: said.join("\n"), warned: warned.join("\n") };
}

async function freshTable(name: string) {
  await cloud.dynamoDb.send(new CreateTableCommand(historyTable(name)));
  return dynamoDbTable(dynamoDb(cloud.dynamoDb), name);
}

test("a table of DynamoDB's is taught from files and from S3, and a rule's start is moved back", async () => {
  const table = await freshTable("taught");
  const [detector] = loadRuleFiles([RULE]).detectors;
  const { key } = startedRule((detector ?? assert.fail()).rule);
  const now = Date.now();
  await table.start(key, { at: now - DAY, ruleId: ANY_RULE_ID, windowMs: 7 * DAY });

  const file = join(folder, "events.ndjson");
  writeFileSync(file, [lineOf("h1", now - 9 * DAY), lineOf("h2", now - 2 * DAY)].join("\n"));
  await s3.send(new CreateBucketCommand({ Bucket: "archive" }));
  const objects = { "2026/a.ndjson.gz": [lineOf("h3", now - 8 * DAY)], "2026/b.ndjson": [lineOf("h4", now - DAY)] };
  for (const [Key, lines] of Object.entries(objects)) {
    const text = lines.join("\n");
    const Body = Key.endsWith(".gz") ? gzipSync(text) : text;
    await s3.send(new PutObjectCommand({ Bucket: "archive", Key, Body }));
  }
  await s3.send(new PutObjectCommand({ Bucket: "archive", Key: "other/c.ndjson", Body: lineOf("h5", now - DAY) }));

  const { code, said, warned } = await run("taught", "--to", new Date(now).toISOString(), file, "s3://archive/2026/");
  assert.deepEqual([code, warned], [0, ""]);
  assert.match(said, /^4 events, 4 sightings: 4 learned, 0 known$/m);
  assert.match(said, /^5 counters of values changed$/m);
  assert.ok(
    said.includes(`${ANY_RULE_ID}: 4 sightings; history since ${new Date(now - 9 * DAY).toISOString()}, moved back`),
  );
  assert.equal((await table.starts([key])).get(key)?.since, now - 9 * DAY);
  const again = await run("taught", "--to", new Date(now).toISOString(), "--json", file, "s3://archive/2026/");
  const { learned, known, counted, rules } = JSON.parse(again.said);
  assert.deepEqual([learned, known, counted, rules[0].isMoved], [0, 4, 0, false]);
});

test("what is wrong is said: no table, one that is not there, a bucket that is not", async () => {
  const file = join(folder, "one.ndjson");
  writeFileSync(file, lineOf("h1", Date.now() - DAY));
  const none = await run(undefined, file);
  assert.deepEqual(
    [none.code, none.warned],
    [2, "firstsight backfill: which table? Name a stage by --stage, or a DynamoDB table by HISTORY_TABLE"],
  );
  assert.equal((await run("memory", file)).code, 2);
  const missing = await run("missing", file);
  assert.equal(missing.code, 3);
  assert.match(missing.warned, /the table missing cannot be asked: ResourceNotFoundException/);
  await freshTable("empty");
  const bucket = await run("empty", "s3://no-such-bucket/x");
  assert.equal(bucket.code, 3);
  assert.match(bucket.warned, /s3:\/\/no-such-bucket\/x cannot be read/);
  assert.equal((await run("empty", "--clock", "arrival", file)).code, 2);
  writeFileSync(file, "no event\n");
  assert.equal((await run("empty", file)).code, 3);
});

test("a stage's table, and how its functions count, are those that its functions are told", async () => {
  const table = await freshTable("of-a-stage");
  const now = Date.now();
  const file = join(folder, "stage.ndjson");
  writeFileSync(file, lineOf("h1", now - DAY));
  const aws = await recordedAws();
  const Variables = {
    HISTORY_TABLE: "of-a-stage",
    FINDINGS_TOPIC_ARN: "stdout",
    QUARANTINE_QUEUE_URL: "stdout",
    COUNTERS: "false",
  };
  aws.answers.set("cloudformation:DescribeStacks", stackAnswer("firstsight-dev", { EventStreamName: "events" }));
  aws.answers.set("lambda:GetFunctionConfiguration", { Environment: { Variables } });
  const endpoints = { AWS_ENDPOINT_URL_CLOUDFORMATION: aws.url, AWS_ENDPOINT_URL_LAMBDA: aws.url };
  Object.assign(process.env, endpoints);
  try {
    const { code, said, warned } = await run("missing", "--stage", "dev", file);
    assert.deepEqual([code, warned], [0, ""]);
    assert.match(said, /1 learned, 0 known$/m);
    assert.match(said, /^taught to of-a-stage; run again, it stays as it is$/m);
    assert.doesNotMatch(said, /counters of values/);
    const counter = counterKey(ANY_RULE_ID, "host.id", "h1");
    assert.equal((await table.counts([counter])).size, 0);

    aws.answers.delete("cloudformation:DescribeStacks");
    const nowhere = await run("missing", "--stage", "nowhere", file);
    assert.equal(nowhere.code, 3);
    assert.match(nowhere.warned, /^firstsight backfill: [^\n]*firstsight-nowhere/);
  } finally {
    for (const name of Object.keys(endpoints)) delete process.env[name];
    await aws.close();
  }
});

test("rules that a stage does not run are refused, as by redrive, before anything is read or written", async () => {
  const table = await freshTable("other-rules");
  const file = join(folder, "refused.ndjson");
  writeFileSync(file, suspiciousEvent("h1"));
  const aws = await recordedAws();
  const Variables = { HISTORY_TABLE: "other-rules", FINDINGS_TOPIC_ARN: "stdout", QUARANTINE_QUEUE_URL: "stdout" };
  aws.answers.set("lambda:GetFunctionConfiguration", { Environment: { Variables } });
  const runs = (RuleSet: string) =>
    aws.answers.set("cloudformation:DescribeStacks", stackAnswer("firstsight-dev", { EventStreamName: "e", RuleSet }));
  const endpoints = { AWS_ENDPOINT_URL_CLOUDFORMATION: aws.url, AWS_ENDPOINT_URL_LAMBDA: aws.url };
  Object.assign(process.env, endpoints);
  try {
    runs("0".repeat(64));
    const refused = await runPlain("missing", "--stage", "dev", file);
    assert.equal(refused.code, 2);
    assert.match(
      refused.warned,
      /^firstsight backfill: rules\/ is not what stage dev runs: check out or deploy the same, or say --rules rules to use these$/m,
    );
    const { key } = startedRule(shippedDetector().rule);
    assert.equal((await table.starts([key])).size + refused.said.length, 0);
    // Whoever names them means them.
    const named = await runPlain("missing", "--stage", "dev", "--rules", "rules", file);
    assert.match(named.said, /^1 events, 1 sightings: 1 learned/m);
    runs(rulesDigest("rules"));
    const same = await runPlain("missing", "--stage", "dev", file);
    assert.match(same.said, /^1 events, 1 sightings: 0 learned, 1 known/m);
    assert.deepEqual([named.code, same.code], [0, 0]);
  } finally {
    for (const name of Object.keys(endpoints)) delete process.env[name];
    await aws.close();
  }
});
