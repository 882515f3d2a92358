import { readFileSync } from "node:fs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { KinesisStreamEvent } from "aws-lambda";
import { dynamoDbTable } from "../../src/history/dynamodb-table.ts";
import { canaryEvent } from "../../src/local/canary-event.ts";
import { dynamoDb } from "../../src/runtime/dynamodb.ts";
import { type Answer, anyRule, buildForTest, type Delivered, type StartOptions } from "../support/built-function.ts";
import { suspiciousEvent } from "../support/cloud.ts";
import { HOSTILE } from "../support/hostile-records.ts";
import { neighbours } from "../support/proving-ground.ts";
import { SHIPPED_RULE } from "../support/rules.ts";
import { HISTORY, openStandIns } from "../support/stand-ins.ts";

/** A line of embedded metrics, as a function wrote it. */
export type Line = Answer["metrics"];

const MINUTE_MS = 60_000;

/** Runs each trouble through the real functions, before stand-ins of AWS. @param names each function's, as deployed */
export async function recordedLines(names: Readonly<Record<"kinesis" | "firehose" | "retry" | "sweep", string>>) {
  const standIns = await openStandIns();
  const built = await buildForTest(standIns);
  const { dynamoDb: table, sns, sqs } = standIns;
  const options = (kind: keyof typeof names, more: StartOptions = {}): StartOptions => ({
    ...more,
    environment: {
      HISTORY_TABLE: HISTORY,
      POWERTOOLS_LOG_LEVEL: "SILENT",
      AWS_LAMBDA_FUNCTION_NAME: names[kind],
      ...more.environment,
    },
  });

  async function reader(kind: "kinesis" | "firehose") {
    const running = await built.start(kind, options(kind));
    const run = async (records: readonly Buffer[]) => (await running.invoke(records)).metrics;
    try {
      standIns.reset();
      const good = await run([...neighbours("good"), Buffer.from("{}")]);
      const poison = await run([...neighbours("poison"), Buffer.from("{poison")]);
      const flood = await run([
        ...neighbours("flood"),
        ...Array.from({ length: 30 }, (_, index) => Buffer.from(`<14>not JSON, ${index}`)),
      ]);
      const budget = HOSTILE.find(({ name }) => name.startsWith("300 small events"))?.records() ?? [];
      const cut = await run(budget);
      const storm = await run(
        Array.from({ length: 150 }, (_, index) => Buffer.from(suspiciousEvent(`storm-${index}`))),
      );
      const unmatched = await run(Array.from({ length: 10 }, () => Buffer.from('{"host":{"name":"h"}}')));
      const windows = '{"EventID":4624,"Channel":"Security","Computer":"dc-1"}';
      const raw = await run([...neighbours("raw"), Buffer.from(windows)]);
      sqs.refuses = true;
      const unkept = await run([...neighbours("unkept"), Buffer.from("{poison")]);
      sqs.refuses = false;
      standIns.reset();
      table.manners.refuses = true;
      const undecided = await run(neighbours("undecided"));
      const parked = [...standIns.messages(standIns.queueUrl("retry"))];
      sqs.refuses = true;
      const lost = await run(neighbours("lost"));
      standIns.reset();
      return { good, poison, flood, cut, storm, unmatched, raw, unkept, undecided, lost, parked };
    } finally {
      await running.close();
    }
  }

  /** Events that match, and lack a field of new_terms. */
  async function withoutTerms(kind: "kinesis" | "firehose"): Promise<Line> {
    const rule = anyRule().replace("host.id:* and process.executable:*", "process.executable:*");
    const running = await built.start(kind, options(kind, { rules: { "any.toml": rule } }));
    try {
      standIns.reset();
      const event = JSON.stringify({ process: { executable: "/bin/x" } });
      return (await running.invoke(Array.from({ length: 20 }, () => Buffer.from(event)))).metrics;
    } finally {
      await running.close();
    }
  }

  /** The canary's event, in time and late, where no other rule matches it. */
  async function canary() {
    const running = await built.start(
      "kinesis",
      options("kinesis", {
        rules: { "shipped.toml": readFileSync(SHIPPED_RULE, "utf8") },
        environment: { CANARY: "true" },
      }),
    );
    const run = async (name: string, ago: number) => {
      const at = Date.now() - ago;
      return (await running.deliver(arrivedAt(at, running.delivery([Buffer.from(canaryEvent(at, name))])))).metrics;
    };
    try {
      standIns.reset();
      return { sings: await run("a1", 2000), late: await run("a2", 12 * MINUTE_MS) };
    } finally {
      await running.close();
    }
  }

  async function retry(bodies: readonly string[]) {
    const running = await built.startRetry(options("retry"));
    try {
      standIns.reset();
      const sent = Date.now() - 2 * 60 * MINUTE_MS;
      table.manners.refuses = true;
      const undecided = await running.retry(bodies, sent);
      table.manners.refuses = false;
      const good = await running.retry(bodies, sent);
      if (undecided.left.length === 0 || good.left.length > 0)
        throw new Error("the retry function did not do its work");
      return { undecided: undecided.metrics, good: good.metrics };
    } finally {
      await running.close();
    }
  }

  /** Of events that came twenty minutes ago the topic takes no finding; their invocation is over. */
  async function sweep() {
    standIns.reset();
    sns.refuses = true;
    const kinesis = await built.start("kinesis", options("kinesis"));
    await kinesis.deliver(arrivedAt(Date.now() - 20 * MINUTE_MS, kinesis.delivery(neighbours("pending"))));
    await kinesis.close();
    const inHand = await withSweeper(async (run) => (await run()).metrics);
    await endLeases();
    const pending = await withSweeper(async (run) => (await run()).metrics);
    await endLeases();
    sns.refuses = false;
    // Another, which has not learned that the topic refuses.
    return withSweeper(async (run) => {
      const published = (await run()).metrics;
      const good = (await run()).metrics;
      table.manners.refuses = true;
      const fails = await run().then(
        () => false,
        () => true,
      );
      table.manners.refuses = false;
      return { good, inHand, pending, published, fails };
    });
  }

  async function withSweeper<T>(work: (run: () => Promise<Pick<Answer, "metrics">>) => Promise<T>): Promise<T> {
    const sweeper = await built.startSweep(options("sweep"));
    try {
      return await work(() => sweeper.sweep());
    } finally {
      await sweeper.close();
    }
  }

  async function endLeases(): Promise<void> {
    const credentials = { accessKeyId: "local", secretAccessKey: "local" };
    const client = new DynamoDBClient({ region: "eu-west-1", endpoint: table.url, credentials });
    const history = dynamoDbTable(dynamoDb(client), HISTORY);
    for (const { pk, gp } of table.items(HISTORY)) {
      if (gp === undefined) continue;
      const key = String(Object.values(pk ?? {})[0]);
      const item = await history.get(key);
      if (item?.state !== "P") continue;
      const { findingId, leaseUntil } = item;
      await history.takeOver(key, { findingId, seen: leaseUntil, until: Date.now() - 1000 });
    }
    client.destroy();
  }

  try {
    const kinesis = { ...(await reader("kinesis")), withoutTerms: await withoutTerms("kinesis") };
    const firehose = { ...(await reader("firehose")), withoutTerms: await withoutTerms("firehose") };
    return { kinesis, firehose, canary: await canary(), retry: await retry(firehose.parked), sweep: await sweep() };
  } finally {
    await standIns.close();
    built.remove();
  }
}

/** @param at when the stream received it, epoch ms */
function arrivedAt(at: number, delivery: Delivered): Delivered {
  for (const { kinesis } of (delivery.event as KinesisStreamEvent).Records) {
    kinesis.approximateArrivalTimestamp = at / 1000;
  }
  return delivery;
}
