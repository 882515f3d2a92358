import type { KinesisStreamRecord } from "aws-lambda";
import { unhurried } from "../src/detect/deadline.ts";
import { detect, type Ports } from "../src/detect/detect.ts";
import { emptyLedger } from "../src/detect/ledger.ts";
import { readRecords } from "../src/detect/read.ts";
import { ruleSet } from "../src/detect/rule-set.ts";
import type { JsonObject } from "../src/ecs/json.ts";
import { memoryTable } from "../src/history/memory-table.ts";
import { RECORD_BUDGET } from "../src/stream/budget.ts";
import { kinesisDelivery } from "../src/stream/kinesis.ts";
import { shippedDetector } from "../test/support/rules.ts";
import { eventTexts, kinesisRecords } from "./corpus.ts";
import { compare, ratio, type Timing, timingOf } from "./measure.ts";
import { mixedTexts } from "./mixed-corpus.ts";
import { explained } from "./profile.ts";
import type { Row } from "./report.ts";

const detector = shippedDetector();
const rules = ruleSet([detector]);

/** From a Kinesis envelope to the verdict of the shipped rule, one event in a hundred a hit. */
export async function run(): Promise<Row[]> {
  const texts = eventTexts(2000);
  const records = kinesisRecords(texts);
  const { ours, naive } = contenders(records);
  const timing = compare({
    ours,
    naive,
    "JSON.parse": () => texts.map((text) => JSON.parse(text) as unknown).length,
    base64: () => records.reduce((sum, { kinesis }) => sum + Buffer.from(kinesis.data, "base64").length, 0),
  });
  const each = ({ min }: Timing) => `${((min * 1000) / records.length).toFixed(2)} us an event`;
  return [
    await explained(
      {
        what: "against the naive handler",
        ...ratio(timing.naive, timing.ours),
        unit: "x",
        target: { atLeast: 6 },
        detail: `${each(timing.ours)}, naive ${each(timing.naive)}`,
      },
      ours,
    ),
    await explained(
      {
        what: "against base64 decode alone",
        ...ratio(timing.base64, timing.ours),
        unit: "x",
        target: { atLeast: 1 },
        missedSince: "decoding is a third of it already, and what is decoded must be searched: README.md",
        detail: each(timing.base64),
      },
      ours,
    ),
    {
      what: "against JSON.parse alone",
      ...ratio(timing["JSON.parse"], timing.ours),
      unit: "x",
      detail: each(timing["JSON.parse"]),
    },
    elsewhere(),
    await growth(),
    await known(),
  ];
}

function contenders(records: readonly KinesisStreamRecord[]) {
  const ports = portsOf(memoryTable());
  const ours = () =>
    [
      ...readRecords(kinesisDelivery(records), {
        rules,
        ports,
        until: Number.POSITIVE_INFINITY,
        budget: RECORD_BUDGET,
        maxWaiting: Number.POSITIVE_INFINITY,
        ledger: emptyLedger(),
      }),
    ].reduce((sum, { observations }) => sum + observations.length, 0);
  const naive = () =>
    records.filter(({ kinesis }) =>
      detector.matches(JSON.parse(Buffer.from(kinesis.data, "base64").toString()) as JsonObject, 0),
    ).length;
  if (ours() !== naive()) throw new Error("the verdicts differ");
  return { ours, naive };
}

/** Other sources, of which nothing matches: paths with backslashes, hashes, clouds. */
function elsewhere(): Row {
  const records = kinesisRecords(mixedTexts(2000));
  const { ours, naive } = compare(contenders(records));
  return { what: "against the naive handler, mixed sources", ...ratio(naive, ours), unit: "x" };
}

/** Ten thousand records in one batch, and in a hundred batches: the same memory to go through, so that caches count alike. */
async function growth(): Promise<Row> {
  const records = kinesisRecords(eventTexts(10_000));
  const whole = kinesisDelivery(records);
  const parts = Array.from({ length: 100 }, (_, index) =>
    kinesisDelivery(records.slice(index * 100, (index + 1) * 100)),
  );
  const { small, large } = await timed({
    small: async () => {
      for (const part of parts) await detect(part, rules, portsOf(memoryTable()), DEADLINE);
    },
    large: () => detect(whole, rules, portsOf(memoryTable()), DEADLINE),
  });
  return {
    what: "per event, 10,000 records in a batch against 100",
    ...ratio(large, small),
    unit: "x",
    target: { atMost: 1.15 },
  };
}

const NOW = 1_790_000_000_000;
const DEADLINE = unhurried(NOW + 60_000);

function portsOf(history: Ports["history"]): Ports {
  return {
    history,
    known: new Map(),
    publisher: { publish: async (messages) => new Set(messages.map(({ findingId }) => findingId)) },
    quarantine: async (entries) => new Set(entries),
    now: () => NOW,
    onError: () => {},
  };
}

const ROUNDS = 20;

/** Rounds of each, in turns, of work that is long enough to be timed by itself. */
async function timed<Name extends string>(
  work: Readonly<Record<Name, () => Promise<unknown>>>,
): Promise<Record<Name, Timing>> {
  const samples = new Map(Object.keys(work).map((name) => [name, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries<() => Promise<unknown>>(work)) {
      const start = performance.now();
      await run();
      samples.get(name)?.push(performance.now() - start);
    }
  }
  return Object.fromEntries([...samples].map(([name, list]) => [name, timingOf(list)])) as Record<Name, Timing>;
}

/** A batch of known combinations, with a thousand or a million of them in the history. */
async function known(): Promise<Row> {
  const delivery = kinesisDelivery(kinesisRecords(eventTexts(500, 1)));
  const run = async (count: number): Promise<() => Promise<unknown>> => {
    const history = memoryTable();
    for (let key = 0; key < count; key++) {
      await history.learn(`filler-${key}`, { lastSeen: NOW, windowMs: 1000, ruleId: "r", preview: [] });
    }
    const ports = portsOf(history);
    await detect(delivery, rules, ports, DEADLINE);
    return () => detect(delivery, rules, ports, DEADLINE);
  };
  const { few, many } = await timed({ few: await run(1000), many: await run(1_000_000) });
  return {
    what: "per event, 1,000,000 known combinations against 1,000",
    ...ratio(many, few),
    unit: "x",
    target: { atMost: 1.15 },
  };
}
