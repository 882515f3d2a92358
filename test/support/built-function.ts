import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type {
  FirehoseTransformationEvent,
  FirehoseTransformationEventRecord,
  FirehoseTransformationResult,
  KinesisStreamBatchResponse,
  KinesisStreamEvent,
  KinesisStreamRecord,
  SQSBatchResponse,
} from "aws-lambda";
import { buildFunctions } from "../../src/deploy/build.ts";
import type { Used } from "../../src/local/function-host.ts";
import { startFunction } from "../../src/local/function-process.ts";
import { lambdaRecord } from "../../src/local/kinesis-shards.ts";
import { queueRecord } from "./cloud.ts";
import { SHIPPED_RULE } from "./rules.ts";
import type { StandIns } from "./stand-ins.ts";

/** The built functions of this tree, each started anew with little memory, against stand-ins of AWS. */
export interface Built {
  start(name: "kinesis" | "firehose", options?: StartOptions): Promise<Running>;
  startSweep(options?: StartOptions): Promise<Sweeping>;
  startRetry(options?: StartOptions): Promise<Retrying>;
  remove(): void;
}

export interface Sweeping {
  sweep(): Promise<Pick<Answer, "milliseconds" | "metrics">>;
  close(): Promise<void>;
}

export interface Retrying {
  /** @param sent when the messages were, epoch ms; @returns the indexes of those that stay in the queue */
  retry(
    bodies: readonly string[],
    sent: number,
  ): Promise<Pick<Answer, "metrics"> & { readonly left: readonly number[] }>;
  close(): Promise<void>;
}

export interface StartOptions {
  /** Rule files by name; by default the shipped one, and one that every event with a host and an executable matches. */
  readonly rules?: Readonly<Record<string, string>>;
  /** Of the heap, MB. */
  readonly memory?: number;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface Running {
  /** @returns what the function said of each record; true of one that is done with */
  invoke(records: readonly Buffer[]): Promise<Answer>;
  /** Records as the stream delivers them, to be delivered more than once. */
  delivery(records: readonly Buffer[]): Delivered;
  deliver(delivery: Delivered): Promise<Answer>;
  close(): Promise<void>;
}

export interface Delivered {
  readonly event: object;
  readonly ids: readonly string[];
}

export interface Answer {
  readonly done: readonly boolean[];
  readonly milliseconds: number;
  /** Of these, what it took of a processor. */
  readonly processorTime: number;
  /** MB, since the function started. */
  readonly peakMemory: number;
  /** The last line of metrics. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly ids: readonly string[];
}

const TIMEOUT_MS = 60_000;
const MAX_WAITS = 100;
const CANARY = fileURLToPath(new URL("../../canary", import.meta.url));

export const ANY_RULE_ID = "any-host-and-executable";

export function anyRule(id = ANY_RULE_ID, more = ""): string {
  return `[metadata]
updated_date = "2026/01/01"
[rule]
rule_id = "${id}"
name = "Any host and executable"
description = "for tests"
type = "new_terms"
language = "kuery"
query = "host.id:* and process.executable:*"
severity = "low"
risk_score = 21
${more}
[rule.new_terms]
field = "new_terms_fields"
value = ["host.id", "process.executable"]
[[rule.new_terms.history_window_start]]
field = "history_window_start"
value = "now-7d"
`;
}

export async function buildForTest(standIns: StandIns): Promise<Built> {
  const folder = mkdtempSync(join(tmpdir(), "firstsight-built-"));
  const bundles = join(folder, "dist");
  await buildFunctions(bundles);
  let count = 0;
  async function run(name: string, { rules, memory = 190, environment = {} }: StartOptions): Promise<Worked> {
    const root = join(folder, `root-${count++}`);
    mkdirSync(join(root, "rules"), { recursive: true });
    cpSync(CANARY, join(root, "canary"), { recursive: true });
    const files = rules ?? { "shipped.toml": readFileSync(SHIPPED_RULE, "utf8"), "any.toml": anyRule() };
    for (const [file, text] of Object.entries(files)) writeFileSync(join(root, "rules", file), text);
    const metrics: string[] = [];
    const running = await startFunction(
      name,
      {
        ...standIns.environment,
        LAMBDA_TASK_ROOT: root,
        HISTORY_TABLE: "memory",
        QUARANTINE_QUEUE_URL: standIns.queueUrl("quarantine"),
        RETRY_QUEUE_URL: standIns.queueUrl("retry"),
        NODE_OPTIONS: `--max-old-space-size=${memory}`,
        ...environment,
      },
      TIMEOUT_MS,
      (line) => {
        if (line.includes('"_aws"')) metrics.push(line);
      },
      bundles,
    );
    async function work(event: object) {
      const lines = metrics.length;
      const before = performance.now();
      const answer = await running.invoke(event);
      const milliseconds = performance.now() - before;
      // What is printed comes another way than the answer, and may come after it.
      for (let wait = 0; metrics.length === lines && wait < MAX_WAITS; wait++) await setTimeout(1);
      return { answer, milliseconds, metrics: JSON.parse(metrics.at(-1) ?? "{}") as Record<string, number> };
    }
    return { work, used: running.used, close: () => running.close() };
  }
  return {
    async start(name, options = {}) {
      const { work, used, close } = await run(name, options);
      const { deliveryOf, doneOf } = name === "kinesis" ? KINESIS : FIREHOSE;
      const delivery = (contents: readonly Buffer[]) => deliveryOf(contents);
      async function deliver({ event, ids }: Delivered): Promise<Answer> {
        const { answer, milliseconds, metrics } = await work(event);
        return { done: doneOf(event, answer), ids, milliseconds, ...used(), metrics };
      }
      return { delivery, deliver, invoke: (contents) => deliver(delivery(contents)), close };
    },
    async startSweep(options = {}) {
      const { work, close } = await run("sweep", options);
      return { sweep: () => work({}), close };
    },
    async startRetry(options = {}) {
      const { work, close } = await run("retry", options);
      async function retry(bodies: readonly string[], sent: number) {
        const Records = bodies.map((body, index) => queueRecord(body, String(index), sent));
        const { answer, metrics } = await work({ Records });
        const { batchItemFailures } = answer as SQSBatchResponse;
        return { metrics, left: batchItemFailures.map(({ itemIdentifier }) => Number(itemIdentifier)) };
      }
      return { retry, close };
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** A function that is started, whatever it is asked. */
interface Worked {
  work(event: object): Promise<Pick<Answer, "milliseconds" | "metrics"> & { readonly answer: unknown }>;
  readonly used: () => Used;
  close(): Promise<void>;
}

/** What a service hands to a function, and what it reads in its answer. */
interface Service {
  deliveryOf(contents: readonly Buffer[]): Delivered;
  doneOf(event: object, answer: unknown): boolean[];
}

let sequence = 0;

const KINESIS: Service = {
  deliveryOf(contents) {
    const Records = contents.map(
      (data): KinesisStreamRecord =>
        lambdaRecord({
          shardId: "shardId-000000000000",
          streamName: "events",
          sequenceNumber: String(sequence++).padStart(20, "0"),
          partitionKey: "k",
          data,
          arrival: Date.now(),
        }),
    );
    return { event: { Records }, ids: Records.map(({ eventID }) => eventID) };
  },
  doneOf(event, answer) {
    const { Records } = event as KinesisStreamEvent;
    const failed = (answer as KinesisStreamBatchResponse).batchItemFailures[0]?.itemIdentifier;
    // What stands behind the one that is named is delivered again, but was worked all the same.
    return Records.map(({ kinesis }) => kinesis.sequenceNumber !== failed);
  },
};

const STREAM_ARN = "arn:aws:firehose:eu-west-1:000000000000:deliverystream/events";

const FIREHOSE: Service = {
  deliveryOf(contents) {
    const records = contents.map(
      (bytes): FirehoseTransformationEventRecord => ({
        recordId: `record-${sequence++}`,
        approximateArrivalTimestamp: Date.now(),
        data: bytes.toString("base64"),
      }),
    );
    const event = { invocationId: "i", deliveryStreamArn: STREAM_ARN, region: "eu-west-1", records };
    return { event, ids: records.map(({ recordId }) => `${STREAM_ARN}/${recordId}`) };
  },
  doneOf(event, answer) {
    const { records } = event as FirehoseTransformationEvent;
    const answered = (answer as FirehoseTransformationResult).records;
    const isSame = ({ recordId, data }: FirehoseTransformationEventRecord, index: number) =>
      answered[index]?.recordId === recordId && answered[index]?.data === data;
    if (answered.length !== records.length || !records.every(isSame)) throw new Error("records came back changed");
    return answered.map(({ result }) => result === "Ok");
  },
};
