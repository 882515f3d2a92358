import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { sampleStream } from "../../src/local/sample-stream.ts";

// The commands themselves, as a user runs them. One after another: each builds dist/.
const folder = mkdtempSync(join(tmpdir(), "firstsight-start-"));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function run(script: string, ...args: string[]): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [script, ...args], { timeout: 60_000 }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
    );
  });
}
const start = (...args: string[]) => run("src/local/start.ts", ...args);

const suspicious = JSON.stringify({
  event: { category: ["network"], id: "e1" },
  host: { id: "h1", os: { type: "linux" } },
  process: { name: "curl", executable: "/usr/bin/curl" },
  destination: { ip: "169.254.169.254", port: 80 },
});

test("the sample stream: every combination found, the poison in quarantine, the ledger balanced", async () => {
  const { combinations } = sampleStream(0);
  const { code, output } = await start();
  assert.equal(code, 0, output.slice(-2000));
  assert.match(output, new RegExp(`: ${combinations} findings\\.`));
  assert.match(output, /In quarantine: .*not_json/);
  assert.match(output, /The ledger balances/);
  const marked = output.match(/^CANARY 0 {2}Canary\n {2}new .*\/firstsight\/canary\/\S+Z /gm);
  assert.equal(marked?.length, 1, "the canary's finding is shown, and shown as such");
  assert.match(output, /And the canary's, marked as such/);
  assert.match(output, new RegExp(` ${combinations + 1} published \\+ 0 pending`));
  assert.match(output, /\n {2}Subject: \[firstsight\] MEDIUM .*\n\n {2}First time on \S+ since its history began on /);
  assert.match(
    output,
    /and in a chat:\n\n {2}:large_orange_diamond: MEDIUM 47 - .*\n {2}`First time on \S+ since its history began on /,
  );
});

test("a user's own events, gzip too; a broken line is named, and the rest goes on", async () => {
  const { code, output } = await start(
    file("own.ndjson.gz", gzipSync(`${suspicious}\n${suspicious.slice(0, -1)},}\n{cut\n${suspicious}\n`)),
  );
  assert.equal(code, 0, output.slice(-2000));
  assert.match(output, /own\.ndjson\.gz:2: not one JSON object/);
  assert.match(output, /own\.ndjson\.gz:3: no JSON/);
  assert.match(output, /: 1 findings?\./);
  assert.match(output, /In quarantine: 1 not_json/);
});

test("where nothing fires, it says what came nearest and what was missing", async () => {
  const event = JSON.parse(suspicious);
  const { ip: _, ...destination } = event.destination;
  const elsewhere = await start(file("elsewhere.ndjson", JSON.stringify({ ...event, destination })));
  assert.match(elsewhere.output, /No rule matched\./);
  assert.match(
    elsewhere.output,
    /IMDS\) API Request: event 1 came nearest\n {4}line \d+: destination\.ip.* does not hold \(it has none\)/,
  );
  const { id: __, ...host } = event.host;
  const hostless = await start(file("hostless.json", JSON.stringify({ ...event, host }, undefined, 2)));
  assert.match(hostless.output, /1 matches lack a field/);
  assert.match(hostless.output, /it has no host\.id, which the rule's combinations are of/);
});

test("of many findings twenty are shown, and the others summed up by rule", async () => {
  const event = JSON.parse(suspicious);
  const lines = Array.from({ length: 25 }, (_, id) =>
    JSON.stringify({ ...event, host: { ...event.host, id: `h${id}` } }),
  );
  const { code, output } = await start(file("many.json", `[${lines.join(",")}]`));
  assert.equal(code, 0, output.slice(-2000));
  assert.match(output, /: 25 findings\./);
  assert.match(output, /And 5 more of Suspicious Instance Metadata Service \(IMDS\) API Request\./);
});

test("what cannot be read is said in a line, before anything is started", async () => {
  const cases: readonly (readonly [string[], RegExp])[] = [
    [[join(folder, "none.ndjson")], /there is no such file/],
    [[file("empty.ndjson", "\n\n")], /holds no events: expected JSON objects/],
    [[mkdtempSync(join(folder, "empty-"))], /holds no events/],
    [["--unknown"], /--unknown[\s\S]*usage:/],
    [["a", "b"], /usage:/],
  ];
  for (const [args, message] of cases) {
    const { code, output } = await start(...args);
    assert.equal(code, 2);
    assert.match(output, message);
    assert.ok(output.split("\n").length <= 4, output);
  }
});

test("npm run invoke shows what each sample delivery gives", async () => {
  const expected: Readonly<Record<string, RegExp>> = {
    kinesis:
      /process\.executable = \/usr\/bin\/curl[\s\S]*"skipped":1[\s\S]*"events":2[\s\S]*"batchItemFailures": \[\]/,
    "kinesis-gzip": /"known":1,"new":1[\s\S]*"batchItemFailures": \[\]/,
    "kinesis-kpl": /"known":1,"new":1[\s\S]*"batchItemFailures": \[\]/,
    "kinesis-cloudwatch-logs": /"controlMessages":1[\s\S]*"known":1,"new":1[\s\S]*"batchItemFailures": \[\]/,
    "kinesis-poison": /too_deep[\s\S]*"quarantined":4[\s\S]*"new":1[\s\S]*"batchItemFailures": \[\]/,
  };
  for (const [name, shown] of Object.entries(expected)) {
    const { code, output } = await run("src/local/invoke.ts", "kinesis", `events/${name}.json`);
    assert.equal(code, 0, output.slice(-2000));
    assert.match(output, shown, name);
  }
  const canary = await run("src/local/invoke.ts", "kinesis", "events/canary.json");
  assert.match(canary.output, /^CANARY 0 {2}Canary[\s\S]*"published":1[\s\S]*"canary":1,/m);
  assert.equal((await run("src/local/invoke.ts", "sweep", "events/sweep.json")).code, 0);
  const wrong = await run("src/local/invoke.ts", "nothing", "events/sweep.json");
  assert.equal(wrong.code, 2);
  assert.match(wrong.output, /no function nothing: there are .*kinesis/);
});
