// The main job on the desk: `npm start`, or `npm start -- FILE.ndjson` for events of your own.

import { writeFileSync } from "node:fs";
import { parseArgs, styleText } from "node:util";
import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { buildFunctions } from "../deploy/build.ts";
import { emptyLedger, imbalances, type Ledger } from "../detect/ledger.ts";
import { inert } from "../finding/inert.ts";
import type { RawShape } from "../normalize/raw-shape.ts";
import { chatOf } from "../render/chat.ts";
import { digestsOf } from "../render/digest.ts";
import { emailOf } from "../render/email.ts";
import { isCanaryFinding, ownText, type Published, readPublished } from "../render/published.ts";
import { textOf } from "../render/text.ts";
import { loadRules } from "../rule/load.ts";
import { InputError } from "../workbench/input/input-error.ts";
import { rawShapeLines } from "../workbench/raw-shapes.ts";
import { silenceOf } from "../workbench/silence.ts";
import { createResources, openCloud } from "./emulators.ts";
import { drainStream } from "./event-source-mapping.ts";
import { type FunctionProcess, startFunction } from "./function-process.ts";
import { openShards, putRecords, type SampleRecord } from "./kinesis-shards.ts";
import { addLedger, ledgerTable } from "./ledger-table.ts";
import { sampleStream } from "./sample-stream.ts";
import { readUserStream } from "./user-stream.ts";

const USAGE =
  "usage: npm start [-- FILE] [--ledger OUT.json]   events of your own: ECS documents, one a line or in an array, compressed or not; what was counted, as a file for `firstsight cost`";
const TOLD_PROBLEMS = 10;
const BATCH_SIZE = 500;
const TIMEOUT_MS = 60_000;
const POLL_MS = 100;
const SHOWN_FINDINGS = 20;

interface Task {
  readonly records: readonly SampleRecord[];
  /** Findings there must be; unknown for a user's own events. */
  readonly expected: number | undefined;
  readonly title: string;
  /** Where what was counted is written. */
  readonly ledgerFile: string | undefined;
}

async function main(): Promise<number> {
  const task = await readTask(process.argv.slice(2));
  if (typeof task === "string") {
    console.error(task);
    return 2;
  }
  console.log(styleText("bold", "firstsight: first-seen detection on a stream, here on 127.0.0.1"));
  console.log(await buildFunctions());
  return run(task);
}

/** What to run, or what is wrong with the command line. */
async function readTask(argv: readonly string[]): Promise<Task | string> {
  let files: readonly string[];
  let ledgerFile: string | undefined;
  try {
    const options = { ledger: { type: "string" } } as const;
    const { positionals, values } = parseArgs({ args: [...argv], allowPositionals: true, options });
    files = positionals;
    ledgerFile = values.ledger;
  } catch (error) {
    return `${error instanceof Error ? error.message : error}\n${USAGE}`;
  }
  const [file, ...more] = files;
  if (more.length > 0) return USAGE;
  if (file === undefined) {
    const { records, combinations } = sampleStream(Date.now());
    return {
      records,
      expected: combinations,
      title: "a sample stream: Linux, Windows and macOS hosts, a trail, some of it poison",
      ledgerFile,
    };
  }
  try {
    const { records, problems } = await readUserStream(file);
    for (const { source, line, message } of problems.slice(0, TOLD_PROBLEMS)) {
      console.error(`${source}${line === undefined ? "" : `:${line}`}: ${message}; the run goes on`);
    }
    if (problems.length > TOLD_PROBLEMS)
      console.error(`${file}: ${problems.length - TOLD_PROBLEMS} more such problems`);
    return { records, expected: undefined, title: file, ledgerFile };
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

async function run({ records, expected, title, ledgerFile }: Task): Promise<number> {
  const cloud = await openCloud();
  const functions: FunctionProcess[] = [];
  const ledger = emptyLedger();
  const findings = new Set<string>();
  const canaries = new Set<string>();
  let first: Published | undefined;
  /** Those beyond the ones that are shown, by rule. */
  const unshown = new Map<string, number>();
  const stopping = new AbortController();
  process.once("SIGINT", () => stopping.abort());

  const rawShapes: Partial<Record<RawShape, number>> = {};
  const onLine = (line: string) => {
    const metrics = readMetrics(line);
    if (metrics === undefined) {
      console.error(line);
      return;
    }
    addLedger(ledger, metrics);
    for (const [shape, number] of Object.entries(metrics["rawShapes"] ?? {})) {
      rawShapes[shape as RawShape] = (rawShapes[shape as RawShape] ?? 0) + Number(number);
    }
  };

  try {
    const resources = await createResources(cloud);
    // Findings say why they are new, which the shipped default leaves out.
    const told = { CANARY: "true", COUNTERS: "true", ASN_DATABASE: process.env["ASN_DATABASE"] };
    const environment = { ...cloud.environment, ...resources.environment, ...told };
    const start = async (name: string, onOutput: (line: string) => void) => {
      const started = await startFunction(name, environment, TIMEOUT_MS, onOutput);
      functions.push(started);
      return started;
    };
    const kinesis = await start("kinesis", onLine);
    const sweep = await start("sweep", (line) => {
      if (readMetrics(line) === undefined) console.error(line);
    });
    console.log(`Putting ${records.length} records on the stream: ${title}`);
    await putRecords(cloud.kinesis, resources.streamName, records, () => {});

    let working = true;
    const listener = (async () => {
      for (;;) {
        const last = !working;
        const fresh = await receive(cloud.sqs, resources.findingsQueue);
        for (const body of fresh) {
          const finding = readPublished(body);
          const id = ownText(finding, "kibana.alert.uuid");
          if (isCanaryFinding(finding)) {
            progress.clear();
            if (canaries.size === 0) console.log(`\n${textOf(finding)}`);
            canaries.add(id);
            continue;
          }
          if (findings.has(id)) continue;
          findings.add(id);
          if (findings.size > SHOWN_FINDINGS) {
            count(unshown, ruleOf(body));
            continue;
          }
          progress.clear();
          first ??= finding;
          console.log(`\n${textOf(finding)}`);
        }
        if (last && fresh.length === 0) return;
        if (fresh.length === 0) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    })();

    let invocations = 0;
    await drainStream(await openShards(cloud.kinesis, resources.streamName), {
      batchSize: BATCH_SIZE,
      maximumRetryAttempts: 3,
      bisectBatchOnFunctionError: true,
      reportBatchItemFailures: true,
      invoke: async (event) => {
        if (stopping.signal.aborted) return { batchItemFailures: [] };
        const answer = await kinesis.invoke(event);
        invocations++;
        progress.show(
          `${ledger.records} of ${records.length} records, ${ledger.events} events, ${findings.size} findings`,
        );
        return answer;
      },
      onFailure: async (failure) => {
        await cloud.sqs.send(
          new SendMessageCommand({
            QueueUrl: resources.failedBatchQueue,
            MessageBody: JSON.stringify(failure.KinesisBatchInfo),
          }),
        );
      },
    });
    await sweep.invoke({});
    working = false;
    await listener;
    progress.clear();

    const quarantined = await drainReasons(cloud.sqs, resources.quarantineQueue);
    const failed = await drainReasons(cloud.sqs, resources.failedBatchQueue);
    console.log(`\n${styleText("bold", "Done")} after ${invocations} invocations: ${findings.size} findings.`);
    if (canaries.size > 0) console.log("And the canary's, marked as such: subscriptions for people leave it out.");
    for (const [rule, number] of unshown) console.log(`And ${number} more of ${rule}.`);
    if (expected === undefined && findings.size + canaries.size === 0) tellWhyNot(records, ledger);
    for (const text of rawShapeLines(rawShapes)) console.log(`${text}.`);
    if (quarantined.size > 0) {
      console.log(`In quarantine: ${[...quarantined].map(([reason, count]) => `${count} ${reason}`).join(", ")}.`);
    }
    if (failed.size > 0) console.log("Batches that ran out of attempts are in the failed-batch queue.");
    console.log(`\n${ledgerTable(ledger)}`);
    if (ledgerFile !== undefined) {
      const recordBytes = records.reduce((sum, { data }) => sum + data.length, 0);
      writeFileSync(ledgerFile, `${JSON.stringify({ ...ledger, recordBytes }, undefined, 2)}\n`);
    }
    if (first !== undefined) console.log(`\n${forPeople(first)}`);
    if (stopping.signal.aborted) return 130;
    if (expected !== undefined && findings.size !== expected) {
      console.error(`The sample holds ${expected} new combinations, and ${findings.size} findings came.`);
      return 1;
    }
    if (expected !== undefined && canaries.size !== 1) {
      console.error(`The sample holds the canary's event once, and ${canaries.size} findings of it came.`);
      return 1;
    }
    return imbalances(ledger).length === 0 && failed.size === 0 ? 0 : 1;
  } finally {
    await Promise.all(functions.map((running) => running.close()));
    await cloud.close();
  }
}

/** What people would get of a finding, where a stage's settings ask for it. */
function forPeople(finding: Published): string {
  const blocks = digestsOf([finding]).flatMap((digest) => {
    const { subject, body } = emailOf(digest);
    const { title, description, nextSteps } = chatOf(digest).content;
    return [
      styleText("bold", "The first of them as a mail, by findings.notify:"),
      indented(`Subject: ${subject}\n\n${body.trimEnd()}`),
      styleText("bold", "and in a chat:"),
      indented([title, description, ...nextSteps].join("\n")),
    ];
  });
  return blocks.join("\n\n");
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}

/** Where nothing was found: what was missing, by the rules that came nearest. */
function tellWhyNot(records: readonly SampleRecord[], { matched, withoutTerms, excepted }: Ledger): void {
  const { detectors } = loadRules("rules");
  if (matched > withoutTerms + excepted) console.log("All that matched was known.");
  else if (excepted > 0) console.log(`Exceptions hide ${excepted} of ${matched} matches.`);
  else
    console.log(matched === 0 ? "No rule matched." : `${withoutTerms} matches lack a field that combinations are of.`);
  const data = records.map(({ data: bytes }) => bytes);
  for (const { detector, event, changes } of silenceOf(detectors, data)) {
    const [first, ...more] = changes;
    if (first === undefined) continue;
    console.log(`  ${detector.rule.name}: event ${event} came nearest`);
    console.log(`    ${first}${more.length === 0 ? "" : `; and ${more.length} more`}`);
  }
  console.log("  npm run -s firstsight -- explain FILE tells more of one event");
}

function ruleOf(body: string): string {
  return inert(String((JSON.parse(body) as Record<string, unknown>)["kibana.alert.rule.name"]), 100);
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function readMetrics(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && "_aws" in value ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** One line, rewritten in place on a terminal; nothing where output goes to a file. */
const progress = {
  show(text: string): void {
    if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${text}`);
  },
  clear(): void {
    if (process.stdout.isTTY) process.stdout.write("\r\u001b[K");
  },
};

async function receive(sqs: SQSClient, QueueUrl: string): Promise<string[]> {
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  if (Messages.length > 0) {
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  }
  return Messages.map(({ Body = "" }) => Body);
}

/** Empties a queue, counting what it holds by reason. */
async function drainReasons(sqs: SQSClient, queueUrl: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let bodies = await receive(sqs, queueUrl); bodies.length > 0; bodies = await receive(sqs, queueUrl)) {
    for (const line of bodies.flatMap((body) => body.split("\n"))) {
      const { reason = "batch" } = JSON.parse(line) as { readonly reason?: string };
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
  }
  return counts;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
