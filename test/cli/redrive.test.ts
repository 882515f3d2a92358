import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { redrive } from "../../src/cli/redrive.ts";
import { createResources, openCloud } from "../../src/local/emulators.ts";
import { lambdaRecord } from "../../src/local/kinesis-shards.ts";
import { quarantineBy } from "../../src/stream/quarantine.ts";
import { received, suspiciousEvent } from "../support/cloud.ts";

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
  const lines: string[] = [];
  const code = await redrive(contents.map(file), (line) => lines.push(line));
  return { code, output: lines.join("\n") };
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

test("a failed batch is found with the identity and the arrival it had, however old, and once", async () => {
  const { code, output } = await run(batch(withoutId("h1")));
  assert.equal(code, 0, output);
  assert.match(output, /1 records: 1 events, 0 quarantined again, 1 matched, 0 known, 1 new \(1 published/);
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

test("what still cannot be read goes to quarantine again; a document of many parts is put together", async () => {
  const large = Buffer.from(`{${randomBytes(450_000).toString("base64")}`);
  const parts = await messages(large, "not_json");
  assert.ok(parts.length > 1);
  const { output, code } = await run(parts.join("\n"));
  assert.equal(code, 0);
  assert.match(output, /0 events, 1 quarantined again/);
  const missing = await run(parts.slice(1).join("\n"));
  assert.equal(missing.code, 2);
  assert.match(missing.output, /part 1 of \d+ is missing/);
});

test("a file of something else is said to be so", async () => {
  assert.match((await run("{}")).output, /neither a quarantine message nor a failed batch/);
  assert.match((await run("{}\nx")).output, /:2: not JSON/);
});
