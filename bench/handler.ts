import type { KinesisStreamRecord } from "aws-lambda";
import { detect, type Ports } from "../src/detect.ts";
import type { JsonObject } from "../src/ecs/json.ts";
import { memoryTable } from "../src/history/memory-table.ts";
import { ruleSet } from "../src/rule-set.ts";
import { kinesisRecord } from "../src/stream/kinesis.ts";
import { shippedDetector } from "../test/support/rules.ts";
import { eventTexts, kinesisRecords } from "./corpus.ts";
import { compare, type Timing } from "./measure.ts";
import type { Row } from "./report.ts";

const detector = shippedDetector();
const rules = ruleSet([detector]);

/** From a Kinesis envelope to the verdict of the shipped rule, one event in a hundred a hit. */
export async function handler(): Promise<Row[]> {
  const texts = eventTexts(2000);
  const records = kinesisRecords(texts);
  const ours = () => verdicts(records);
  const naive = () =>
    records.filter(({ kinesis }) =>
      detector.matches(JSON.parse(Buffer.from(kinesis.data, "base64").toString()) as JsonObject, 0),
    ).length;
  if (ours() !== naive()) throw new Error("the verdicts differ");
  const timing = compare({
    ours,
    naive,
    "JSON.parse": () => texts.map((text) => JSON.parse(text) as unknown).length,
    base64: () => records.reduce((sum, { kinesis }) => sum + Buffer.from(kinesis.data, "base64").length, 0),
  });
  const each = ({ min }: Timing) => `${((min * 1000) / records.length).toFixed(2)} us an event`;
  return [
    {
      what: "against the naive handler",
      measured: timing.naive.min / timing.ours.min,
      unit: "x",
      target: { atLeast: 6 },
      detail: `${each(timing.ours)}, naive ${each(timing.naive)}`,
    },
    {
      what: "against base64 decode alone",
      measured: timing.base64.min / timing.ours.min,
      unit: "x",
      target: { atLeast: 1 },
      detail: each(timing.base64),
    },
    {
      what: "against JSON.parse alone",
      measured: timing["JSON.parse"].min / timing.ours.min,
      unit: "x",
      detail: each(timing["JSON.parse"]),
    },
    await growth(
      "per event, 10,000 records against 100",
      async (count) => {
        const many = kinesisRecords(eventTexts(count));
        return () => verdicts(many);
      },
      [100, 10_000],
    ),
    await known(),
  ];
}

/** The reading half of detect, as the function runs it. */
function verdicts(records: readonly KinesisStreamRecord[]): number {
  let matched = 0;
  for (const record of records) {
    const { bytes } = kinesisRecord(record);
    if (rules.cannotMatch?.(bytes) === true) continue;
    const event = JSON.parse(bytes.toString()) as JsonObject;
    for (const candidate of rules.index(event).detectors) if (candidate.matches(event, 0)) matched++;
  }
  return matched;
}

async function growth(
  what: string,
  make: (count: number) => Promise<() => unknown>,
  [small, large]: readonly [number, number],
): Promise<Row> {
  const timing = compare({ small: await make(small), large: await make(large) });
  const ratio = timing.large.min / large / (timing.small.min / small);
  return { what, measured: ratio, unit: "x", target: { atMost: 1.15 } };
}

/** A batch of known combinations, with a thousand or a million of them in the history. */
async function known(): Promise<Row> {
  const texts = eventTexts(500, 1);
  const records = kinesisRecords(texts).map(kinesisRecord);
  const now = records[0]?.arrival ?? 0;
  const run = async (count: number): Promise<() => Promise<unknown>> => {
    const history = memoryTable();
    const ports: Ports = {
      history,
      known: new Map(),
      publisher: { publish: async (messages) => new Set(messages.map(({ findingId }) => findingId)) },
      quarantine: async (entries) => new Set(entries),
      now: () => now,
      onError: () => {},
    };
    const deadline = { endsAt: now + 60_000, mayStart: () => true };
    for (let key = 0; key < count; key++) {
      await history.learn(`filler-${key}`, { lastSeen: now, windowMs: 1000, ruleId: "r", preview: [] });
    }
    await detect(records, rules, ports, deadline);
    return () => detect(records, rules, ports, deadline);
  };
  const [few, many] = [await run(1000), await run(1_000_000)];
  const best = { few: Number.POSITIVE_INFINITY, many: Number.POSITIVE_INFINITY };
  for (let round = 0; round < 20; round++) {
    for (const [name, work] of [
      ["few", few],
      ["many", many],
    ] as const) {
      const start = performance.now();
      await work();
      best[name] = Math.min(best[name], performance.now() - start);
    }
  }
  return {
    what: "per event, 1,000,000 known combinations against 1,000",
    measured: best.many / best.few,
    unit: "x",
    target: { atMost: 1.15 },
  };
}
