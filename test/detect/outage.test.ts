import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { unhurried } from "../../src/detect/deadline.ts";
import { detect, type Ports } from "../../src/detect/detect.ts";
import { ruleSet } from "../../src/detect/rule-set.ts";
import { publishWith } from "../../src/finding/publisher.ts";
import { memoryTable } from "../../src/history/memory-table.ts";
import { sweep } from "../../src/history/sweep.ts";
import type { HistoryTable } from "../../src/history/table.ts";
import { drainShard, type FailedBatch } from "../../src/local/event-source-mapping.ts";
import { lambdaRecord } from "../../src/local/kinesis-shards.ts";
import { kinesisDelivery } from "../../src/stream/kinesis.ts";
import { someDetector } from "../support/rules.ts";

// Hours without SNS, and without DynamoDB, in simulated time: a batch a minute, a sweep a minute.

const MINUTE = 60_000;
const MINUTES = 300;
const DOWN = 60;
/** Lambda's cadence while a function fails fast, as recorded: eight tries a minute. */
const PAUSE_MS = 7500;
const START = Date.parse("2026-05-25T10:00:00Z");

/** A stream that fills by the clock, and is read as the mapping reads it. */
async function play(down: { readonly sns?: boolean; readonly dynamoDb?: boolean }, minutes = 60) {
  const memory = memoryTable();
  const published: string[] = [];
  const failed: FailedBatch[] = [];
  /** Of each minute: how far behind the reader was, and how much was pending. */
  const lags: number[] = [];
  const pending: number[] = [];
  let now = START;
  const minute = () => Math.floor((now - START) / MINUTE);
  const isDown = () => minute() >= DOWN && minute() < DOWN + minutes;

  const table = new Proxy<HistoryTable>(memory, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      return (...args: unknown[]): unknown => {
        if (down.dynamoDb === true && isDown()) return Promise.reject(new Error("no route"));
        return typeof value === "function" ? Reflect.apply(value, target, args) : value;
      };
    },
  });
  const publisher: Ports["publisher"] = {
    publish: async (messages) => {
      if (down.sns === true && isDown()) return new Set();
      published.push(...messages.map(({ findingId }) => findingId));
      return new Set(messages.map(({ findingId }) => findingId));
    },
  };
  const known = new Map<string, number>();
  const ports: Ports = {
    history: table,
    known,
    publisher,
    quarantine: async (all) => new Set(all),
    now: () => now,
    onError: () => {},
  };
  const rules = ruleSet([someDetector()]);

  let delivered = 0;
  let swept = 0;
  /** What happens while time goes by: a sweep each minute, and a look at the lag. */
  async function passTime(ms: number): Promise<void> {
    for (const end = now + ms; now < end; ) {
      now = Math.min(end, START + (minute() + 1) * MINUTE);
      for (; swept < minute(); swept++) {
        const publish = publishWith(publisher, table);
        await sweep({ table, publish, now: () => now, mayStart: () => true, onError: () => {} });
        lags.push(now - (START + delivered * MINUTE));
        pending.push([...memory.items.values()].filter(({ state }) => state === "P").length);
      }
    }
  }

  await drainShard(
    {
      shardId: "s",
      async read() {
        if (delivered === MINUTES) return [];
        if (START + delivered * MINUTE > now) await passTime(START + delivered * MINUTE - now);
        const at = START + delivered * MINUTE;
        const event = {
          host: { id: `h${delivered}` },
          process: { executable: "/bin/x" },
          event: { id: `e${delivered}` },
        };
        const facts = { shardId: "s", streamName: "n", sequenceNumber: String(delivered), partitionKey: "p" };
        return [lambdaRecord({ ...facts, data: Buffer.from(JSON.stringify(event)), arrival: at })];
      },
    },
    {
      batchSize: 100,
      maximumRetryAttempts: deployedAttempts(),
      maximumRecordAgeMs: 6 * 86_400_000,
      bisectBatchOnFunctionError: true,
      reportBatchItemFailures: true,
      now: () => now,
      pause: () => passTime(PAUSE_MS),
      async invoke({ Records }) {
        const deadline = unhurried(now + MINUTE);
        const { undecided } = await detect(kinesisDelivery(Records), rules, ports, deadline);
        const first = undecided[0] === undefined ? undefined : Records[undecided[0]];
        if (first === undefined) delivered++;
        return { batchItemFailures: first === undefined ? [] : [{ itemIdentifier: first.kinesis.sequenceNumber }] };
      },
      onFailure: async (failure) => {
        failed.push(failure);
      },
    },
  );
  const streamed = lags.length;
  await passTime(2 * 60 * MINUTE);
  return { memory, published, failed, lags: lags.slice(0, streamed), pending };
}

function deployedAttempts(): number {
  const file = readFileSync(new URL("../../serverless.yml", import.meta.url), "utf8");
  const [, attempts] = /type: kinesis.*?maximumRetryAttempts: (-?\d+)/s.exec(file) ?? [];
  return Number(attempts);
}

test("with SNS down for an hour no shard stalls, and every finding comes after", async () => {
  const { memory, published, failed, lags, pending } = await play({ sns: true });
  assert.ok(Math.max(...lags) <= MINUTE, `the reader was ${Math.max(...lags)} ms behind`);
  assert.ok(Math.max(...pending) >= 50, "the outage was one");
  assert.equal(new Set(published).size, MINUTES);
  assert.deepEqual(failed, []);
  assert.ok([...memory.items.values()].every(({ state }) => state === "D"));
});

for (const hours of [1, 2]) {
  test(`with DynamoDB down for ${hours} h nothing is lost, and the lag returns to zero by itself`, async () => {
    const { published, failed, lags } = await play({ dynamoDb: true }, hours * 60);
    assert.ok(Math.max(...lags) >= (hours * 60 - 10) * MINUTE, "the outage was one");
    assert.ok(
      lags.slice(DOWN + hours * 60 + 5, MINUTES - 5).every((lag) => lag <= MINUTE),
      "the lag is gone five minutes later",
    );
    assert.equal(new Set(published).size, MINUTES);
    assert.equal(published.length, MINUTES);
    assert.deepEqual(failed, []);
  });
}
