import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamoDbTable } from "../src/history/dynamodb-table.ts";
import { bill, MEMORY_GB, MONTH_S } from "../src/operations/prices.ts";
import { dynamoDb } from "../src/runtime/dynamodb.ts";
import { HISTORY } from "../test/support/stand-ins.ts";
import { eventTexts } from "./corpus.ts";
import type { Row } from "./report.ts";
import { openStormGround, type StormGround, stormRecords } from "./storm-ground.ts";

/** `RUNS` under a thousand, as in CI, is a fifth of everything: the bounds shrink with it, but for what does not. */
const SCALE = Number(process.env["RUNS"] ?? 1000) < 1000 ? 0.2 : 1;
const STORM = 10_000 * SCALE;
/** What a fresh function needs until its code is compiled, s: a fifth of a storm takes as long for it as a whole one. */
const COMPILING_S = SCALE < 1 ? 1 : 0;
const BATCH = 1000;

/** Many new combinations at once, over the built functions and real sockets, with services that take their time. */
export async function run(): Promise<Row[]> {
  const ground = await openStormGround();
  try {
    return [
      ...(await storms(ground)),
      ...(await hangingTopic(ground)),
      await sustained(ground, 0.4, 1000),
      await sustained(ground, 1, 700),
      await unitsOfOne(ground),
      ...(await steady(ground)),
      ...(await counted(ground)),
      await sweeping(ground),
    ];
  } finally {
    await ground.close();
  }
}

async function storms(ground: StormGround): Promise<Row[]> {
  const calm = await storm(ground, 0);
  const { dynamoDb } = ground.standIns;
  const { units } = dynamoDb;
  const million = (amount: number) => (amount / ground.standIns.published.length) * 1_000_000;
  // Stream, logs and storage are not in it: they cost the same, whatever is found.
  const money = bill({
    seconds: MONTH_S,
    writeUnits: million(units.writes + units.indexWrites),
    readUnits: million(units.reads),
    publications: million(ground.standIns.billed()),
    lambdaGbSeconds: million(calm.seconds * MEMORY_GB.kinesis),
  });
  const [some, half] = [await storm(ground, 0.1), await storm(ground, 0.5)];
  return [
    ...stormRows(`${STORM} new at once`, calm, 10),
    { what: "  peak memory", measured: calm.peakMemory, unit: "MB", target: { atMost: 400 } },
    ...stormRows(`${STORM} new at once, 10 % of the table's requests throttled`, some, 12),
    ...stormRows(`${STORM} new at once, 50 % throttled`, half, 40),
    {
      what: "a million new findings",
      measured: money.dollars,
      unit: "$",
      detail: money.lines.map(({ what, dollars }) => `${what} ${dollars.toFixed(2)}`).join(", "),
    },
  ];
}

interface Storm {
  readonly seconds: number;
  readonly peakMemory: number;
  readonly undecided: number;
  readonly detail: string;
}

/** One invocation of a fresh function, its start not counted. */
async function storm({ standIns, calm, withKinesis }: StormGround, throttled: number, settings = {}): Promise<Storm> {
  calm();
  standIns.dynamoDb.manners.throttled = throttled;
  const { milliseconds, peakMemory, metrics } = await withKinesis(
    (running) => running.invoke(stormRecords(STORM, 1)),
    settings,
  );
  // What is not counted as new may be: an invocation that is cut off says nothing.
  const undecided = STORM - (metrics["new"] ?? 0);
  const requests = Object.values(standIns.dynamoDb.requests()).reduce((sum, each) => sum + each, 0);
  const detail = `${new Set(standIns.published).size} published; ${requests} requests to the table, ${standIns.dynamoDb.mostAtOnce()} at once`;
  return { seconds: milliseconds / 1000, peakMemory, undecided, detail };
}

function stormRows(what: string, { seconds, undecided, detail }: Omit<Storm, "peakMemory">, bound: number): Row[] {
  return [
    {
      what,
      measured: seconds,
      unit: "s",
      target: { atMost: Number((bound * SCALE + COMPILING_S).toFixed(1)) },
      detail,
    },
    { what: "  undecided", measured: undecided, unit: "", target: { atMost: 0 } },
  ];
}

const HEALTHY_ROUNDS = 5;

/** A topic that takes requests and answers none: what it costs at first, and once that is known. */
async function hangingTopic({ standIns, calm, withKinesis }: StormGround): Promise<Row[]> {
  calm();
  return withKinesis(async (running) => {
    const batch = async () => (await running.invoke(stormRecords(BATCH, 0.1))).milliseconds / 1000;
    await batch();
    const healthy: number[] = [];
    for (let round = 0; round < HEALTHY_ROUNDS; round++) healthy.push(await batch());
    const usual = healthy.toSorted((a, b) => a - b)[Math.floor(HEALTHY_ROUNDS / 2)] ?? Number.NaN;
    standIns.sns.hangs = true;
    const first = await batch();
    const second = await batch();
    return [
      { what: "100 new of 1,000, the topic hangs", measured: first, unit: "s", target: { atMost: 3 } },
      {
        what: "  the batch after it, against 1.5 times the healthy one and 0.2 s",
        measured: second / (usual * 1.5 + 0.2),
        unit: "x",
        target: { atMost: 1 },
        detail: `${second.toFixed(2)} s, healthy ${usual.toFixed(2)} s`,
      },
    ];
  });
}

const SUSTAINED_MS = 8000 * SCALE;

/** Batches of one shard, one after another. */
async function sustained(
  { calm, withKinesis }: StormGround,
  share: number,
  bound: number,
  settings = {},
): Promise<Row> {
  calm();
  return withKinesis(async (running) => {
    await running.invoke(stormRecords(BATCH, share));
    let milliseconds = 0;
    let batches = 0;
    for (; milliseconds < SUSTAINED_MS; batches++) {
      milliseconds += (await running.invoke(stormRecords(BATCH, share))).milliseconds;
    }
    return {
      what: `one shard, ${share * 100} % new`,
      measured: (batches * BATCH * 1000) / milliseconds,
      unit: "records/s",
      target: { atLeast: bound },
    };
  }, settings);
}

/** What the shipped default does without. Who learns finds nothing, so that findings are counted without it. */
const COUNTERS = { COUNTERS: "true" };
const LEARNS = { COUNTERS: "true", LEARN: "window" };

/** The same with counters, and where all is known with rules that learn. */
async function counted(ground: StormGround): Promise<Row[]> {
  const { seconds, undecided, detail } = await storm(ground, 0, COUNTERS);
  const learned = await steady(ground, LEARNS);
  return [
    ...stormRows(`${STORM} new at once, counted`, { seconds, undecided, detail }, 10),
    counting(await sustained(ground, 0.4, 1000, COUNTERS)),
    counting(await sustained(ground, 1, 700, COUNTERS)),
    counting(await unitsOfOne(ground, 6.1, COUNTERS)),
    ...learned.map(counting),
  ];
}

function counting(row: Row): Row {
  return { ...row, what: row.what.startsWith(" ") ? row.what : `${row.what}, counted` };
}

const COUNTED = 200;

async function unitsOfOne({ standIns, calm, withKinesis }: StormGround, bound = 5, settings = {}): Promise<Row> {
  calm();
  await withKinesis((running) => running.invoke(stormRecords(COUNTED, 1)), settings);
  const { writes, indexWrites, reads } = standIns.dynamoDb.units;
  const each = (units: number) => (units / COUNTED).toPrecision(3);
  return {
    what: "a new finding of the shipped rule",
    measured: (writes + indexWrites) / COUNTED,
    unit: "write units",
    target: { atMost: bound },
    detail: `${each(writes)} of the table, ${each(indexWrites)} of its index; ${each(reads)} read units`,
  };
}

const STEADY_BATCHES = 40;

/** One record in a hundred matches, and is known to the warm function. */
async function steady({ standIns, calm, withKinesis }: StormGround, settings = {}): Promise<Row[]> {
  calm();
  const records = eventTexts(BATCH, 0.01).map((text) => Buffer.from(text));
  return withKinesis(async (running) => {
    const requests = () =>
      standIns.requests() + Object.values(standIns.dynamoDb.requests()).reduce((sum, each) => sum + each, 0);
    await running.invoke(records);
    const before = requests();
    const times: number[] = [];
    for (let batch = 0; batch < STEADY_BATCHES; batch++) times.push((await running.invoke(records)).milliseconds);
    const usual = times.toSorted((a, b) => a - b)[STEADY_BATCHES / 2] ?? Number.NaN;
    return [
      { what: "one shard, 1 % matches, all known", measured: (BATCH * 1000) / usual, unit: "records/s" },
      { what: "  requests", measured: requests() - before, unit: "", target: { atMost: 0 } },
    ];
  }, settings);
}

const DUE = 2000;
const SEEDED_AT_ONCE = 100;

/** Findings whose topic was down, and whose leases have ended. */
async function sweeping({ standIns, calm, withKinesis, withSweep }: StormGround): Promise<Row> {
  calm();
  standIns.sns.refuses = true;
  await withKinesis((running) => running.invoke(stormRecords(DUE, 1)));
  await endLeases(standIns.dynamoDb.url, standIns.dynamoDb.items(HISTORY));
  standIns.sns.refuses = false;
  const { milliseconds, metrics } = await withSweep((sweeper) => sweeper.sweep());
  return {
    what: `sweeping ${DUE} due findings`,
    measured: ((metrics["published"] ?? 0) * 1000) / milliseconds,
    unit: "findings/s",
    target: { atLeast: 800 },
    detail: `${metrics["published"]} published`,
  };
}

async function endLeases(endpoint: string, items: ReturnType<StormGround["standIns"]["dynamoDb"]["items"]>) {
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const client = new DynamoDBClient({ region: "eu-west-1", endpoint, credentials });
  const table = dynamoDbTable(dynamoDb(client), HISTORY);
  const text = (value: object | undefined) => String(Object.values(value ?? {})[0]);
  const keys = items.filter((item) => item["gp"] !== undefined).map((item) => text(item["pk"]));
  for (let from = 0; from < keys.length; from += SEEDED_AT_ONCE) {
    const ended = keys.slice(from, from + SEEDED_AT_ONCE).map(async (key) => {
      const item = await table.get(key);
      if (item?.state !== "P") return;
      const { findingId, leaseUntil } = item;
      await table.takeOver(key, { findingId, seen: leaseUntil, until: Date.now() - 1000 });
    });
    await Promise.all(ended);
  }
  client.destroy();
}
