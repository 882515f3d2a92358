import { existsSync, readdirSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { emptyLedger } from "../src/detect/ledger.ts";
import { readRecords } from "../src/detect/read.ts";
import { ruleSet } from "../src/detect/rule-set.ts";
import { cloudTrailEvent, EVE, ORDINARY_CALLS } from "../src/local/sample-calls.ts";
import { seeded } from "../src/local/sample-events.ts";
import { cloudWatchLogs } from "../src/local/sample-stream.ts";
import { RAW_FORMS } from "../src/normalize/normalize.ts";
import type { Detector } from "../src/rule/detector.ts";
import { loadRuleFiles } from "../src/rule/load.ts";
import { RECORD_BUDGET } from "../src/stream/budget.ts";
import { type Delivery, deliveryOf } from "../src/stream/delivery.ts";
import { someDetector } from "../test/support/rules.ts";
import { compare, ratio, type Timing } from "./measure.ts";
import { explained } from "./profile.ts";
import type { Row } from "./report.ts";

const FOLDER = "../shared/rules";
const COUNT = 2000;
const HITS = 0.01;

/** Elastic's rules for CloudTrail, where they are at hand, or one like them. */
function rulesForCloudTrail(): Detector[] {
  const [form] = RAW_FORMS;
  const index = ["logs-aws.cloudtrail-*"];
  const query =
    'data_stream.dataset:"aws.cloudtrail" and event.provider:"sts.amazonaws.com" and event.action:"GetCallerIdentity"';
  if (!existsSync(FOLDER)) return [someDetector({ index, query })];
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(".toml"));
  const { detectors } = loadRuleFiles(files.map((name) => `${FOLDER}/${name}`));
  return detectors.filter((detector) => form !== undefined && detector.inScope(form.dataStream) === "in");
}

/** A trail as it comes, a hundredth of it what a rule asks for. */
function callTexts(count: number): string[] {
  const random = seeded(9);
  return Array.from({ length: count }, (_, index) => {
    const isHit = random() < HITS;
    const [source, name, parameters] = isHit
      ? (["sts.amazonaws.com", "GetCallerIdentity", null] as const)
      : (ORDINARY_CALLS[Math.floor(random() * ORDINARY_CALLS.length)] ?? ["", "", null]);
    const at = new Date(1_790_000_000_000 + index * 1000).toISOString();
    return JSON.stringify(
      cloudTrailEvent({ ...(isHit ? { caller: EVE } : {}), source, name, parameters, id: `c-${index}`, at }),
    );
  });
}

/** Raw CloudTrail events to verdicts, plain and in an envelope, against parsing them. */
export async function run(): Promise<Row[]> {
  const detectors = rulesForCloudTrail();
  const rules = ruleSet(detectors);
  const texts = callTexts(COUNT);
  const read = (delivery: Delivery) => {
    const ledger = emptyLedger();
    const unbounded = Number.POSITIVE_INFINITY;
    const ports = { now: () => 0, onError: () => {} };
    const options = { rules, ports, until: unbounded, budget: RECORD_BUDGET, maxWaiting: unbounded, ledger };
    const readings = [...readRecords(delivery, options)];
    return { ledger, found: readings.reduce((sum, { observations }) => sum + observations.length, 0) };
  };
  const record = (bytes: Buffer, id: number) => ({ id: String(id), arrival: 0, bytes });
  const plain = deliveryOf(texts.map((text, index) => record(Buffer.from(text), index)));
  const packed = gzipSync(cloudWatchLogs(texts.slice(0, 1000), "bench", "trail"));
  const envelope = deliveryOf([record(packed, 0)]);
  const each = ({ min }: Timing, count: number) => `${((min * 1000) / count).toFixed(2)} us an event`;

  const { ledger } = read(plain);
  if (ledger.matched === 0) throw new Error("no event matches");
  const alone = compare({
    ours: () => read(plain).found,
    parsed: () => texts.map((_, index) => JSON.parse(plain.record(index).bytes.toString()) as unknown).length,
  });
  const together = compare({
    ours: () => read(envelope).found,
    parsed: () => {
      const { logEvents } = JSON.parse(gunzipSync(packed).toString()) as {
        readonly logEvents: readonly { readonly message: string }[];
      };
      return logEvents.map(({ message }) => JSON.parse(message) as unknown).length;
    },
  });
  const passed = Math.round((100 * ledger.skipped) / COUNT);
  return [
    await explained(
      {
        what: `JSON.parse of each raw CloudTrail record, against ${detectors.length} rules to their verdicts, 1 % hits`,
        ...ratio(alone.parsed, alone.ours),
        unit: "x",
        target: { atLeast: 1 },
        detail: `${each(alone.ours, COUNT)}, parsing ${each(alone.parsed, COUNT)}; ${passed} % passed over`,
      },
      () => read(plain).found,
    ),
    await explained(
      {
        what: "an envelope of 1,000 of them, gzip, to their verdicts, against inflating and parsing it and each event",
        ...ratio(together.ours, together.parsed),
        unit: "x",
        target: { atMost: 2 },
        detail: `${each(together.ours, 1000)}, parsing ${each(together.parsed, 1000)}`,
      },
      () => read(envelope).found,
    ),
  ];
}
