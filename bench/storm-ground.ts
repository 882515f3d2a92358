import { readFileSync } from "node:fs";
import { connectionEvent, IMDS, otherEvent } from "../src/local/sample-events.ts";
import { buildForTest, type Running, type Sweeping } from "../test/support/built-function.ts";
import { SHIPPED_RULE } from "../test/support/rules.ts";
import { HISTORY, openStandIns, type StandIns } from "../test/support/stand-ins.ts";

/** Built functions with the shipped rule, before a table, a topic and queues that take as long as AWS's. */
export interface StormGround {
  readonly standIns: StandIns;
  /** Forgets all that came in. */
  calm(): void;
  /** Runs with a fresh function. @param settings variables that the shipped default does without */
  withKinesis<T>(work: (running: Running) => Promise<T>, settings?: Readonly<Record<string, string>>): Promise<T>;
  withSweep<T>(work: (sweeping: Sweeping) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const LATENCY_MS = { dynamoDb: 5, sns: 20, sqs: 15 } as const;
/** Of the heap: what Node gives itself where a function has 1,769 MB, about. */
const HEAP_MB = 900;

export async function openStormGround(): Promise<StormGround> {
  const standIns = await openStandIns();
  const built = await buildForTest(standIns);
  const options = {
    rules: { "shipped.toml": readFileSync(SHIPPED_RULE, "utf8") },
    memory: HEAP_MB,
    // Each failure is told, and here they are many; the metrics go on.
    environment: { HISTORY_TABLE: HISTORY, POWERTOOLS_LOG_LEVEL: "SILENT" },
  };
  return {
    standIns,
    calm() {
      standIns.reset();
      standIns.dynamoDb.manners.latencyMs = LATENCY_MS.dynamoDb;
      standIns.sns.latencyMs = LATENCY_MS.sns;
      standIns.sqs.latencyMs = LATENCY_MS.sqs;
    },
    withKinesis: async (work, settings = {}) => {
      const environment = { ...options.environment, ...settings };
      return closed(await built.start("kinesis", { ...options, environment }), work);
    },
    withSweep: async (work) => closed(await built.startSweep(options), work),
    async close() {
      await standIns.close();
      built.remove();
    },
  };
}

async function closed<Started extends { close(): Promise<void> }, T>(
  started: Started,
  work: (started: Started) => Promise<T>,
): Promise<T> {
  try {
    return await work(started);
  } finally {
    await started.close();
  }
}

let count = 0;

/** Records of which a share are findings of the shipped rule, each of a host of its own; the others match nothing. */
export function stormRecords(records: number, share: number): Buffer[] {
  return Array.from({ length: records }, (_, index) => {
    const isNew = Math.floor((index + 1) * share) > Math.floor(index * share);
    const number = count++;
    const host = { id: `host-${number}`, name: `host-${number}.example`, os: "linux" } as const;
    const process = {
      name: "curl",
      executable: "/usr/bin/curl",
      commandLine: `curl -s http://${IMDS}/latest/meta-data/ --header ${number}`,
      user: "www-data",
      parent: "/usr/sbin/nginx",
    };
    const at = new Date().toISOString();
    const event = isNew
      ? connectionEvent({ host, process, address: IMDS, port: 80, id: `e${number}`, at })
      : otherEvent(host, process, "process", `e${number}`, at);
    return Buffer.from(JSON.stringify(event));
  });
}
