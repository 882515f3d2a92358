import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { after, afterEach, test } from "node:test";
import { suspiciousEvent } from "../support/cloud.ts";
import { openQuarantineDesk } from "../support/quarantine-desk.ts";

const desk = await openQuarantineDesk();
const { run, inQueue, entry, putAway, bodies } = desk;
after(() => desk.close());
afterEach(() => desk.empty());

test("thousands of messages are all listed, put through and dropped", async () => {
  const hosts = Array.from({ length: 1500 }, (_, at) => entry(suspiciousEvent(`t-${at % 7}`), "rule_failed"));
  for (let from = 0; from < hosts.length; from += 75) await putAway(hosts.slice(from, from + 75));
  const senders = Array.from({ length: 1500 }, (_, at) => entry(`no ${at}`, "not_json", { partitionKey: `k-${at}` }));
  for (let from = 0; from < senders.length; from += 75) await putAway(senders.slice(from, from + 75));
  await putAway(Array.from({ length: 2000 }, (_, at) => entry(`flood ${at}`)));
  const listed = await run("list");
  assert.match(listed.printed, /^30[89]\d messages: 5000 documents/);
  assert.match(listed.printed, /… 1452 more groups, of 1452 documents/);
  const { printed, code } = await run("redrive");
  assert.equal(code, 1);
  assert.match(printed, /: 1500 decided and deleted, 1[56]\d\d left/);
  assert.equal((await bodies()).length, 7);
  assert.equal((await run("drop", "--all", "--yes")).code, 0);
  assert.deepEqual(await inQueue(), [0, 0]);
});

test("killed midway: nothing is deleted that was not decided, and the next run says that messages are hidden", async () => {
  const all = 1400;
  const hosts = Array.from({ length: all }, (_, at) => entry(suspiciousEvent(`killed-${at}`), "rule_failed"));
  for (let from = 0; from < all; from += 70) await putAway(hosts.slice(from, from + 70));
  const child = spawn(process.execPath, ["src/cli/firstsight.ts", "quarantine", "redrive"], { env: process.env });
  // By the second line what the first is of is deleted.
  await lines(child, 2);
  child.kill("SIGKILL");
  await once(child, "close");
  const [seen, hidden] = await inQueue();
  assert.ok(seen + hidden < all && seen + hidden > 0, `${seen} and ${hidden}`);
  const found = new Set((await bodies()).map((body) => (JSON.parse(body) as { host: { id: string } }).host.id));
  assert.ok(found.size >= all - seen - hidden, `${found.size} found of ${all - seen - hidden} deleted`);
  const next = await run("list");
  assert.match(next.warned, new RegExp(`^${hidden} more messages are in other hands`));
  assert.match(next.printed, new RegExp(`^${seen} messages`));
});

/** Waits for a child to print lines. */
async function lines(child: ChildProcess, wanted: number): Promise<void> {
  const printed = Promise.withResolvers<void>();
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    text += chunk;
    if (text.split("\n").length > wanted) printed.resolve();
  });
  child.once("close", () => printed.reject(new Error("it has ended")));
  await printed.promise;
}
