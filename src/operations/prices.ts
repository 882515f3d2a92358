// What a stage costs: what is billed, its prices, and how counts become what is billed. Nothing else knows a price.
import type { Ledger } from "../detect/ledger.ts";
import { METRICS } from "../runtime/metrics.ts";

/** Of the prices below. Free tiers, discounts and taxes are not counted. */
export const PRICE_LIST = { region: "us-east-1", date: "2025" } as const;

const DAY_S = 86_400;
/** Of 30.4 days, as the price pages have it. */
export const MONTH_S = 30.4 * DAY_S;

type Service =
  | "CloudWatch"
  | "DynamoDB"
  | "EventBridge Scheduler"
  | "KMS"
  | "Kinesis"
  | "Lambda"
  | "S3 and Firehose"
  | "SNS"
  | "SQS";

interface Price {
  readonly service: Service;
  /** What one is called. */
  readonly words: string;
  /** Dollars for one. */
  readonly dollars: number;
  /** Billed once for each, or for each month (of an hour's price: 729.6 of them) that it is held. */
  readonly each: "use" | "month";
  /** Not held against a page of AWS's: from memory. */
  readonly isUnchecked?: true;
}

const HOURS = MONTH_S / 3600;

/** List prices in dollars. Those of DynamoDB are the halved ones of November 2024. */
const PRICES = {
  lambdaRequests: { service: "Lambda", words: "requests", dollars: 0.2e-6, each: "use" },
  /** arm64. */
  lambdaGbSeconds: { service: "Lambda", words: "GB-s", dollars: 13.3334e-6, each: "use" },
  shards: { service: "Kinesis", words: "shards", dollars: 0.015 * HOURS, each: "month" },
  /** Beyond the first day, up to the seventh. */
  shardsKeepingSevenDays: {
    service: "Kinesis",
    words: "seven days' retention",
    dollars: 0.02 * HOURS,
    each: "month",
    isUnchecked: true,
  },
  /** Each 25 KB begun of a record. */
  putUnits: { service: "Kinesis", words: "put units", dollars: 0.014e-6, each: "use" },
  onDemandStreams: { service: "Kinesis", words: "streams", dollars: 0.04 * HOURS, each: "month" },
  /** In and out, each record rounded up to a KB. */
  onDemandGb: { service: "Kinesis", words: "GB in and out", dollars: 0.08 + 0.04, each: "use" },
  /** What is in an on-demand stream beyond the first day. */
  onDemandKeptGb: { service: "Kinesis", words: "GB kept seven days", dollars: 0.1, each: "month", isUnchecked: true },
  /** A KB begun of an item, in the table and in its index. */
  writeUnits: { service: "DynamoDB", words: "write units", dollars: 0.625e-6, each: "use" },
  /** 4 KB of an item read consistently, or 8 eventually. */
  readUnits: { service: "DynamoDB", words: "read units", dollars: 0.125e-6, each: "use" },
  /** Storage, and point-in-time recovery for as much. */
  tableGb: { service: "DynamoDB", words: "GB of the table", dollars: 0.25 + 0.2, each: "month", isUnchecked: true },
  /** Each 64 KB begun of a request. */
  publications: { service: "SNS", words: "publications", dollars: 0.5e-6, each: "use" },
  sqsRequests: { service: "SQS", words: "requests", dollars: 0.4e-6, each: "use", isUnchecked: true },
  /** Each record rounded up to 5 KB. */
  firehoseGb: { service: "S3 and Firehose", words: "GB delivered", dollars: 0.029, each: "use", isUnchecked: true },
  archiveGb: { service: "S3 and Firehose", words: "GB kept", dollars: 0.023, each: "month", isUnchecked: true },
  logsGb: { service: "CloudWatch", words: "GB of logs", dollars: 0.5, each: "use" },
  metrics: { service: "CloudWatch", words: "metrics", dollars: 0.3, each: "month" },
  alarms: { service: "CloudWatch", words: "alarms", dollars: 0.1, each: "month" },
  keys: { service: "KMS", words: "keys", dollars: 1, each: "month", isUnchecked: true },
  kmsRequests: { service: "KMS", words: "requests", dollars: 3e-6, each: "use", isUnchecked: true },
  schedules: { service: "EventBridge Scheduler", words: "invocations", dollars: 1e-6, each: "use", isUnchecked: true },
} as const satisfies Readonly<Record<string, Price>>;

type Billed = keyof typeof PRICES;

const BILLED = Object.keys(PRICES) as readonly Billed[];

/** Those of the prices that nobody held against a page of AWS's. */
export const UNCHECKED: readonly string[] = Object.values<Price>(PRICES)
  .filter(({ isUnchecked }) => isUnchecked === true)
  .map(({ service, words }) => `${service} ${words}`);

/** How much of what is billed: used in so many seconds, or held all the time. What is left out is none. */
export type Usage = { readonly seconds: number } & { readonly [name in Billed]?: number };

interface BillLine {
  readonly service: Service;
  readonly what: Billed;
  readonly words: string;
  /** In the bill's period, of what is used; held in it, of what is held. */
  readonly amount: number;
  readonly dollars: number;
}

export interface Bill {
  readonly dollars: number;
  /** The dearest first. */
  readonly services: readonly { readonly service: Service; readonly dollars: number }[];
  /** What costs anything, by service as above. */
  readonly lines: readonly BillLine[];
}

/** What a usage costs that goes on as it is. @param seconds of the bill, by default a month */
export function bill(usage: Usage, seconds: number = MONTH_S): Bill {
  const lines = BILLED.flatMap((what): BillLine[] => {
    const { service, words, dollars, each } = PRICES[what];
    const used = usage[what] ?? 0;
    const amount = each === "use" ? (used * seconds) / usage.seconds : used;
    const paid = each === "use" ? amount * dollars : (amount * dollars * seconds) / MONTH_S;
    return paid > 0 ? [{ service, what, words, amount, dollars: paid }] : [];
  });
  const sum = (some: readonly BillLine[]) => some.reduce((total, each) => total + each.dollars, 0);
  const services = [...Map.groupBy(lines, ({ service }) => service)]
    .map(([service, own]) => ({ service, dollars: sum(own) }))
    .sort((a, b) => b.dollars - a.dollars);
  return {
    dollars: sum(lines),
    services,
    lines: services.flatMap(({ service }) => lines.filter((line) => line.service === service)),
  };
}

/** GB of a function's memory, as serverless.yml has it. */
export const MEMORY_GB = { kinesis: 1769 / 1024, firehose: 1769 / 1024, retry: 0.5, sweep: 0.5 } as const;

/** What no ledger counts. Where a figure of ours was measured, the bench that did is named. */
export const ASSUMED = {
  recordBytes: 2000,
  /** Processor time of a document that is read and matched, and of a look at a record or a log event; s. High: see `bench -- handler`. */
  documentSeconds: 60e-6,
  lookSeconds: 5e-6,
  /** Of an invocation, whatever is in it: its own work, and waiting for the table; s. */
  invocationSeconds: 0.018,
  /** Lambda asks each shard once a second, and hands over 1,000 records at most. */
  batchSeconds: 1,
  batchRecords: 1000,
  /** An on-demand stream begins with so many. */
  onDemandShards: 4,
  sweepSeconds: 0.1,
  /** The line of metrics of an invocation, with Lambda's own about it. */
  logBytes: 1200,
  /** Of the combinations that were known, how many had their last seen moved. */
  refreshed: 0.005,
  /** An item of the history, and how long it stays: the shipped rule's window and eight days. */
  itemBytes: 300,
  itemSeconds: 15 * DAY_S,
  /** A counter of a value, and how long it stays: twelve of the shipped rule's windows, and eight days. */
  counterBytes: 130,
  counterSeconds: 92 * DAY_S,
  /** Fields of a rule whose values are counted. */
  countedFields: 2,
  /** Findings that a window of alert suppression lists, where that is not known. */
  windowMembers: 10,
  /** A finding of the shipped rule as it is published. */
  findingBytes: 8700,
  /** Polls of Lambda at an idle queue: five that wait for 20 s each. */
  idlePollsEachSecond: 0.25,
  /** SNS asks for a new data key so often, s. */
  dataKeySeconds: 300,
  canarySeconds: 300,
  /** Of a stage of default settings; a deployed one's are counted. */
  metrics: METRICS.kinesis.length + METRICS.sweep.length,
  alarms: 36,
} as const;

/** What a new finding takes in a storm, by `bench -- storm`: ten are published together. */
const STORM = {
  eachSecondAndShard: 1000,
  writeUnits: 4,
  readUnits: 0.5,
  publications: 0.2,
} as const;

/** Of these, the table's own: its limit and its index's are two. */
const STORM_TABLE_UNITS = STORM.writeUnits / 2;

/** What counting takes more of the table for each new finding in a storm, whose findings share a value, by the same bench. */
const STORM_COUNTED = { writeUnits: 1.03, readUnits: 0.5 } as const;
/** Of each value by itself: `test/operations/units.test.ts` holds these and the next against a table that counts units. */
const COUNTED = { writeUnits: 1, readUnits: 0.5 } as const;

/**
 * A window of alert suppression, beside the finding that opens it: to open it, and to close it. Of these, the table's own.
 * Where it is closed with a list, its item is written twice, and with each finding that joins by itself once.
 */
const WINDOW = {
  writeUnits: 9,
  tableUnits: 5,
  readUnits: 4,
  itemBytes: 620,
  memberBytes: 112,
  mostMembers: 299,
} as const;
const SUPPRESSED_READ_UNITS = 1;

/** The sweeper asks each of 16 partitions, half a unit each. */
const SWEEP_UNITS = 8;
/** A takeover: the item, and its entry in the index taken out and put in. */
const TAKEOVER_UNITS = 3;
/** Send, receive, delete. */
const QUEUE_REQUESTS = 3;
const LEARNED_UNITS = 1;
const LOOK_UP_UNITS = 0.5;

/** The counts of a ledger that cost something. */
export type Counts = Pick<
  Ledger,
  | "records"
  | "documents"
  | "passedOver"
  | "quarantined"
  | "combinations"
  | "known"
  | "cacheHits"
  | "new"
  | "learned"
  | "published"
  | "republished"
  | "parked"
  | "suppressed"
>;

/** Windows of alert suppression, and of these the ones with a closing message: those that list something. */
export interface Windows {
  readonly opened: number;
  readonly closings: number;
}

/** What went through a stage, and how it is set up. */
export interface Traffic {
  readonly counts: Counts;
  /** Of the time that the counts are of. */
  readonly seconds: number;
  /** Of the stream; or none, where it scales by itself. */
  readonly shards: number | "on-demand";
  /** Of a record, in the mean, where that is known. */
  readonly recordBytes?: number;
  /** Of the kinesis function, where that is known. */
  readonly invocations?: number;
  /** True where values of new combinations are counted. */
  readonly counters?: boolean;
  /** Where that is known; else as many as the findings that are suppressed make it, by the assumption. */
  readonly windows?: Windows;
}

/** What is billed for traffic over a stream, by a ledger's counts and the assumptions above. */
export function usageOf(traffic: Traffic): Usage {
  const { counts, seconds, shards, recordBytes, invocations, counters = false } = traffic;
  const { records, documents, passedOver, quarantined, combinations, known, cacheHits, learned, parked } = counts;
  const readers = shards === "on-demand" ? ASSUMED.onDemandShards : shards;
  const batches = Math.max(
    records / ASSUMED.batchRecords,
    Math.min(records, (readers * seconds) / ASSUMED.batchSeconds),
  );
  const invoked = invocations ?? batches;
  const sweeps = seconds / 60;
  const working =
    invoked * ASSUMED.invocationSeconds +
    (records + passedOver) * ASSUMED.lookSeconds +
    (documents - passedOver) * ASSUMED.documentSeconds +
    counts.new / STORM.eachSecondAndShard;
  const windows = windowsOf(traffic);
  const published = counts.published + counts.republished + windows.closings;
  // What is learned is counted, too.
  const counted = counters ? (counts.new + learned) * ASSUMED.countedFields : 0;
  const each = recordBytes ?? ASSUMED.recordBytes;
  return {
    seconds,
    lambdaRequests: invoked + sweeps,
    lambdaGbSeconds: working * MEMORY_GB.kinesis + sweeps * ASSUMED.sweepSeconds * MEMORY_GB.sweep,
    ...(shards === "on-demand" ? onDemand(records, each, seconds) : provisioned(records, each, shards)),
    writeUnits:
      counts.new * STORM.writeUnits +
      learned * LEARNED_UNITS +
      known * ASSUMED.refreshed +
      counts.republished * TAKEOVER_UNITS +
      counted * COUNTED.writeUnits +
      windowWrites(counts.suppressed, windows),
    readUnits:
      Math.max(0, combinations - cacheHits) * LOOK_UP_UNITS +
      counts.republished +
      sweeps * SWEEP_UNITS +
      counted * COUNTED.readUnits +
      counts.suppressed * SUPPRESSED_READ_UNITS +
      windows.opened * WINDOW.readUnits,
    tableGb:
      (((counts.new + learned) * ASSUMED.itemBytes * ASSUMED.itemSeconds +
        counted * ASSUMED.counterBytes * ASSUMED.counterSeconds) /
        seconds) *
      1e-9,
    publications: published * Math.ceil(ASSUMED.findingBytes / 65_536),
    sqsRequests: (quarantined + parked) * QUEUE_REQUESTS + seconds * ASSUMED.idlePollsEachSecond,
    ...archive(published, seconds),
    logsGb: (invoked + sweeps) * ASSUMED.logBytes * 1e-9,
    metrics: ASSUMED.metrics,
    alarms: ASSUMED.alarms,
    keys: 1,
    kmsRequests: Math.min(published, seconds / ASSUMED.dataKeySeconds),
    schedules: seconds / ASSUMED.canarySeconds,
  };
}

/** A window lists something, and so many at most: there are no fewer than that makes. */
function windowsOf({ counts: { suppressed }, windows }: Pick<Traffic, "counts" | "windows">): Windows {
  const least = suppressed / WINDOW.mostMembers;
  const closings = Math.max(least, windows?.closings ?? suppressed / ASSUMED.windowMembers);
  return { opened: Math.max(closings, windows?.opened ?? 0), closings };
}

/** Write units of windows: their own, those of each finding that joins, and of the lists when they are closed. */
function windowWrites(suppressed: number, { opened, closings }: Windows): number {
  if (closings === 0) return opened * WINDOW.writeUnits;
  const members = suppressed / closings;
  // A KB begun is one: half of one more, in the mean.
  const units = (listed: number) => (WINDOW.itemBytes + listed * WINDOW.memberBytes) / 1024 + 0.5;
  return opened * WINDOW.writeUnits + suppressed * units(members / 2) + closings * 2 * (units(members) - 1);
}

/** @param each bytes of a record */
export function provisioned(records: number, each: number, shards: number) {
  return { shards, shardsKeepingSevenDays: shards, putUnits: records * Math.ceil(each / 25_000) };
}

/** @param each bytes of a record */
export function onDemand(records: number, each: number, seconds: number) {
  const onDemandGb = records * Math.ceil(each / 1000) * 1e-6;
  const keptSeconds = 6 * DAY_S;
  return { onDemandStreams: 1, onDemandGb, onDemandKeptGb: (onDemandGb / seconds) * keptSeconds };
}

/** All findings, kept for a month. */
function archive(published: number, seconds: number) {
  const firehoseGb = published * Math.ceil(ASSUMED.findingBytes / 5000) * 5000 * 1e-9;
  return { firehoseGb, archiveGb: (published / seconds) * MONTH_S * ASSUMED.findingBytes * 1e-9 };
}

export interface WorstDay {
  /** As many as the settings let through. */
  readonly findingsEachSecond: number;
  /** What sets that bound. */
  readonly boundBy: "shards" | "maxWriteUnits";
  /** Of that day, beside what the stage costs in any case. */
  readonly bill: Bill;
}

interface WorstDayOptions {
  /** A second, of the table and of its index each: what OnDemandThroughput lets through. */
  readonly maxWriteUnits?: number | undefined;
  readonly counters?: boolean;
  /** True where the rules suppress: then each finding may open a window of its own, which lists nothing. */
  readonly suppresses?: boolean;
}

/** What somebody may cause in a day who can write events: each of them a new combination, from midnight to midnight. */
export function worstDay(
  shards: number,
  { maxWriteUnits = Number.POSITIVE_INFINITY, counters = false, suppresses = false }: WorstDayOptions = {},
): WorstDay {
  const counted = counters ? STORM_COUNTED : { writeUnits: 0, readUnits: 0 };
  const windows = suppresses ? WINDOW : { writeUnits: 0, tableUnits: 0, readUnits: 0 };
  const byShards = shards * STORM.eachSecondAndShard;
  const byUnits = maxWriteUnits / (STORM_TABLE_UNITS + counted.writeUnits + windows.tableUnits);
  const findingsEachSecond = Math.min(byShards, byUnits);
  const findings = findingsEachSecond * DAY_S;
  const usage: Usage = {
    seconds: DAY_S,
    writeUnits: findings * (STORM.writeUnits + counted.writeUnits + windows.writeUnits),
    readUnits: findings * (STORM.readUnits + counted.readUnits + windows.readUnits),
    publications: findings * STORM.publications,
    // What is held back by the table is tried again: the functions are busy all the same.
    lambdaGbSeconds: shards * DAY_S * MEMORY_GB.kinesis,
    lambdaRequests: shards * DAY_S,
    logsGb: shards * DAY_S * ASSUMED.logBytes * 1e-9,
    firehoseGb: archive(findings, DAY_S).firehoseGb,
  };
  return { findingsEachSecond, boundBy: byUnits < byShards ? "maxWriteUnits" : "shards", bill: bill(usage, DAY_S) };
}
