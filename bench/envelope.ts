import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { KinesisStreamRecord } from "aws-lambda";
import { emptyLedger } from "../src/detect/ledger.ts";
import { prefilterOf } from "../src/detect/prefilter.ts";
import { readRecords } from "../src/detect/read.ts";
import { ruleSet } from "../src/detect/rule-set.ts";
import { seeded } from "../src/local/sample-events.ts";
import type { Detector } from "../src/rule/detector.ts";
import { RECORD_BUDGET } from "../src/stream/budget.ts";
import { kinesisDelivery } from "../src/stream/kinesis.ts";
import { kinesisRecords } from "./corpus.ts";
import { compare, ratio, type Timing } from "./measure.ts";
import { mixedTexts } from "./mixed-corpus.ts";
import { explained } from "./profile.ts";
import type { Row } from "./report.ts";

const FOLDER = "../shared/events";
const COUNT = 2000;

/** Many rules from the Kinesis envelope to their verdicts, against decoding and parsing each record. */
export async function envelopeRows(detectors: readonly Detector[]): Promise<Row[]> {
  const real = realTexts();
  const mixed = mixedTexts(COUNT);
  const some = shuffled(detectors, seeded(3)).slice(0, SET_SIZE);
  const rows = real === undefined ? [] : [await verdictRow(detectors, "mixed sources", real)];
  return [
    ...rows,
    await verdictRow(detectors, "invented sources", mixed),
    await verdictRow(some, "mixed sources", real ?? mixed),
    randomSets(detectors, real ?? mixed),
  ];
}

/** Real events of several agents and clouds, over and over: as many as there are invented ones. */
function realTexts(): string[] | undefined {
  if (!existsSync(FOLDER)) return undefined;
  const texts = readdirSync(FOLDER).flatMap((name) => readFileSync(`${FOLDER}/${name}`, "utf8").split("\n"));
  const own = texts.filter((text) => text !== "");
  return Array.from({ length: COUNT }, (_, index) => own[index % own.length] as string);
}

async function verdictRow(detectors: readonly Detector[], sources: string, texts: readonly string[]): Promise<Row> {
  const records = kinesisRecords(texts);
  const rules = ruleSet(detectors);
  const options = {
    rules,
    ports: { now: () => 0, onError: () => {} },
    until: Number.POSITIVE_INFINITY,
    budget: RECORD_BUDGET,
    maxWaiting: Number.POSITIVE_INFINITY,
  };
  const read = (filtered: boolean) => {
    const ledger = emptyLedger();
    const own = filtered ? rules : { ...rules, mayMatch: undefined };
    const readings = [...readRecords(kinesisDelivery(records), { ...options, rules: own, ledger })];
    return { ledger, found: readings.reduce((sum, { observations }) => sum + observations.length, 0) };
  };
  const { ledger, found } = read(true);
  if (read(false).found !== found) throw new Error("the prefilter changes verdicts");
  const { ours, unfiltered, parsed } = compare({
    ours: () => read(true).found,
    unfiltered: () => read(false).found,
    parsed: () => records.map(decoded).length,
  });
  const each = ({ min }: Timing) => `${((min * 1000) / records.length).toFixed(2)} us`;
  const share = Math.round((100 * ledger.skipped) / records.length);
  return await explained(
    {
      what: `base64 and JSON.parse of each record, against ${detectors.length} rules from envelope to verdict, ${sources}`,
      ...ratio(parsed, ours),
      unit: "x",
      target: { atLeast: 1 },
      detail: `${each(ours)} an event, parsing ${each(parsed)}, without prefilter ${each(unfiltered)}; ${share} % passed over`,
    },
    () => read(true).found,
  );
}

function decoded({ kinesis }: KinesisStreamRecord): unknown {
  return JSON.parse(Buffer.from(kinesis.data, "base64").toString());
}

const SETS = 200;
const SET_SIZE = 20;

/** How many sets of rules pass over at least half of the records. */
function randomSets(detectors: readonly Detector[], texts: readonly string[]): Row {
  const random = seeded(5);
  const delivery = kinesisDelivery(kinesisRecords(texts));
  const shares = Array.from({ length: SETS }, () => {
    const mayMatch = prefilterOf(shuffled(detectors, random).slice(0, SET_SIZE));
    return mayMatch === undefined ? 0 : mayMatch(delivery).filter((may) => !may).length / delivery.length;
  });
  const median = shares.toSorted((a, b) => a - b)[SETS / 2] ?? 0;
  return {
    what: `random sets of ${SET_SIZE} rules that pass over half of the records or more`,
    measured: (100 * shares.filter((share) => share >= 0.5).length) / SETS,
    unit: "%",
    detail: `the middle one passes over ${Math.round(median * 100)} %`,
  };
}

function shuffled(detectors: readonly Detector[], random: () => number): Detector[] {
  const keyed = detectors.map((detector) => ({ detector, key: random() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ detector }) => detector);
}
