import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { isObject, type Json, type JsonObject, type Template } from "../../src/deploy/cloudformation.ts";
import { METRICS } from "../../src/runtime/metrics.ts";
import { alarmState, byMetric, type Datum, emfData, mathOf, metricKey, metricsOf } from "./alarm-evaluation.ts";
import { AWS_METRICS } from "./aws-metrics.ts";
import { ACCOUNT } from "./deployed.ts";
import { packaged } from "./package.ts";
import { physical } from "./physical.ts";
import { type Line, recordedLines } from "./recorded-lines.ts";

// Each alarm's own definition, as packaged, over what the real functions wrote and what AWS would have written beside it:
// silent on a good day, and ringing in time once its trouble begins.

const PREFIX = "firstsight-dev-";
const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
/** When troubles begin, after a week of good days. */
const START = Date.parse("2026-06-08T12:00:00Z");
const WEEK_MINUTES = 7 * DAY_MINUTES;

const NAMES = {
  kinesis: `${PREFIX}kinesis`,
  firehose: `${PREFIX}firehose`,
  retry: `${PREFIX}retry`,
  sweep: `${PREFIX}sweep`,
};

const [{ template }, { template: other }, lines] = await Promise.all([
  packaged("firehose: function\nfindings: { queue: true }"),
  packaged(`stream: { arn: "arn:aws:kinesis:eu-west-1:${ACCOUNT}:stream/events", consumer: own }\ncanary: false\n`),
  recordedLines(NAMES),
]);
const alarms = alarmsOf(template);

/** By name, without the stage's prefix. */
function alarmsOf(of: Template): ReadonlyMap<string, JsonObject> {
  const put = physical(of);
  return new Map(
    Object.values(of.Resources)
      .filter(({ Type }) => Type === "AWS::CloudWatch::Alarm")
      .map(({ Properties = {} }) => {
        const alarm = put(Properties) as JsonObject;
        return [String(alarm["AlarmName"]).slice(PREFIX.length), alarm];
      }),
  );
}

/** Something that goes on: what it puts in CloudWatch in a minute, which replaces what a good day has of these metrics. */
type Trouble = (at: number) => readonly Datum[];

const written =
  (line: Line): Trouble =>
  (at) =>
    emfData(line, at);
const aws =
  (namespace: string, name: string, dimensions: Readonly<Record<string, string>>, value: number): Trouble =>
  (at) => [{ metric: metricKey(namespace, name, dimensions), at, value }];
const lambda = (kind: keyof typeof NAMES, name: string, value: number) =>
  aws("AWS/Lambda", name, { FunctionName: NAMES[kind] }, value);
const kinesis = (name: string, value: number) => aws("AWS/Kinesis", name, { StreamName: "EventStream" }, value);
const queue = (name: string, metric: string, value: number) => aws("AWS/SQS", metric, { QueueName: name }, value);
const topic = (name: string, value: number) => aws("AWS/SNS", name, { TopicName: "FindingsTopic" }, value);
const table = (name: string, value: number, more: Readonly<Record<string, string>> = {}) =>
  aws("AWS/DynamoDB", name, { TableName: "HistoryTable", ...more }, value);
const failedBatches = aws(
  "AWS/Lambda",
  "OnFailureDestinationDeliveredEventCount",
  { EventSourceMappingUUID: "KinesisEventSourceMappingKinesisEventStream" },
  3,
);
const archive = (seconds: number) =>
  aws("AWS/Firehose", "DeliveryToS3.DataFreshness", { DeliveryStreamName: "FindingsArchive" }, seconds);
/** Nothing of a metric any more. */
const silence =
  (trouble: Trouble): Trouble =>
  (at) =>
    trouble(at).map((datum) => ({ ...datum, value: Number.NaN }));

/** Each five minutes the canary's, which is one record. */
const isCanaryDue = (at: number) => at % (5 * MINUTE_MS) === 0;
const canaryOnly: Trouble = (at) => kinesis("IncomingRecords", isCanaryDue(at) ? 1 : 0)(at);
const sings: Trouble = (at) => (isCanaryDue(at) ? emfData(lines.canary.sings, at) : []);
const both =
  (one: Trouble, two: Trouble): Trouble =>
  (at) => [...one(at), ...two(at)];

const DLQ = "RetryDeadLetterQueue";
const FINDINGS_DLQ = "FindingsDeadLetterQueue";
const VISIBLE = "ApproximateNumberOfMessagesVisible";

/** Each minute of a good day. Three messages lie in each queue of old: nobody is to be told of them again. */
const GOOD: readonly Trouble[] = [
  written(lines.kinesis.good),
  sings,
  written(lines.firehose.good),
  written(lines.retry.good),
  written(lines.sweep.good),
  ...(["kinesis", "firehose", "retry", "sweep"] as const).flatMap((kind) => [
    lambda(kind, "Errors", 0),
    lambda(kind, "Throttles", 0),
    lambda(kind, "Duration", 900),
    lambda(kind, "Invocations", 1),
  ]),
  lambda("kinesis", "IteratorAge", 1200),
  kinesis("GetRecords.IteratorAgeMilliseconds", 0),
  aws(
    "AWS/Kinesis",
    "SubscribeToShardEvent.MillisBehindLatest",
    { StreamName: "events", ConsumerName: "firstsight-dev" },
    0,
  ),
  kinesis("IncomingRecords", 40),
  kinesis("WriteProvisionedThroughputExceeded", 0),
  queue("RetryQueue", "ApproximateAgeOfOldestMessage", 3),
  queue("QuarantineQueue", VISIBLE, 3),
  queue(DLQ, VISIBLE, 3),
  queue("FindingsQueue", "ApproximateAgeOfOldestMessage", 20),
  queue(FINDINGS_DLQ, VISIBLE, 3),
  archive(310),
];

interface Case {
  readonly alarm: string;
  readonly trouble: Trouble;
  /** Minutes from the trouble's beginning until it rings, at most. */
  readonly within: number;
}

const kinds = ["kinesis", "firehose", "retry", "sweep"] as const;
const readers = ["kinesis", "firehose"] as const;

const CASES: readonly Case[] = [
  { alarm: "stream-behind", trouble: lambda("kinesis", "IteratorAge", 301_000), within: 5 },
  { alarm: "stream-behind-hour", trouble: lambda("kinesis", "IteratorAge", 3_601_000), within: 5 },
  { alarm: "stream-loss-ahead", trouble: lambda("kinesis", "IteratorAge", 43 * 3_600_000), within: 5 },
  { alarm: "stream-unread", trouble: silence(kinesis("GetRecords.IteratorAgeMilliseconds", 0)), within: 25 },
  { alarm: "stream-silent", trouble: canaryOnly, within: 61 },
  { alarm: "stream-throttled", trouble: kinesis("WriteProvisionedThroughputExceeded", 7), within: 5 },
  ...kinds.flatMap((kind): Case[] => [
    {
      alarm: `errors-${kind}`,
      trouble: lambda(kind, "Errors", kind === "sweep" ? Number(lines.sweep.fails) : 1),
      within: 5,
    },
    { alarm: `throttles-${kind}`, trouble: lambda(kind, "Throttles", 2), within: 10 },
    { alarm: `duration-${kind}`, trouble: lambda(kind, "Duration", kind === "sweep" ? 33_500 : 36_500), within: 10 },
  ]),
  { alarm: "undecided-kinesis", trouble: written(lines.kinesis.undecided), within: 10 },
  { alarm: "undecided-firehose", trouble: written(lines.firehose.undecided), within: 10 },
  { alarm: "undecided-retry", trouble: written(lines.retry.undecided), within: 10 },
  { alarm: "firehose-failed", trouble: written(lines.firehose.lost), within: 2 },
  ...readers.flatMap((kind): Case[] => [
    { alarm: `quarantined-${kind}`, trouble: written(lines[kind].poison), within: 5 },
    { alarm: `quarantined-share-${kind}`, trouble: written(lines[kind].flood), within: 15 },
    { alarm: `cut-${kind}`, trouble: written(lines[kind].cut), within: 5 },
    { alarm: `findings-storm-${kind}`, trouble: written(lines[kind].storm), within: 60 },
    {
      alarm: `no-matches-${kind}`,
      trouble: kind === "kinesis" ? both(written(lines.kinesis.unmatched), sings) : written(lines.firehose.unmatched),
      within: DAY_MINUTES,
    },
    { alarm: `raw-shapes-${kind}`, trouble: written(lines[kind].raw), within: 45 },
    { alarm: `without-terms-${kind}`, trouble: written(lines[kind].withoutTerms), within: 60 },
  ]),
  { alarm: "canary", trouble: written(lines.kinesis.good), within: 15 },
  { alarm: "canary-late", trouble: written(lines.canary.late), within: 5 },
  { alarm: "findings-pending", trouble: written(lines.sweep.pending), within: 5 },
  { alarm: "sweep-silent", trouble: silence(lambda("sweep", "Invocations", 1)), within: 15 },
  { alarm: "deliveries-failed", trouble: topic("NumberOfNotificationsFailed", 1), within: 5 },
  { alarm: "deliveries-invalid", trouble: topic("NumberOfNotificationsFilteredOut-InvalidAttributes", 1), within: 5 },
  { alarm: "findings-archive", trouble: archive(3700), within: 15 },
  { alarm: "findings-unread", trouble: queue("FindingsQueue", "ApproximateAgeOfOldestMessage", 3700), within: 15 },
  { alarm: "findings-dead-letters", trouble: queue(FINDINGS_DLQ, VISIBLE, 4), within: 5 },
  { alarm: "parked", trouble: written(lines.firehose.undecided), within: 5 },
  { alarm: "retry-age", trouble: written(lines.retry.undecided), within: 10 },
  { alarm: "retry-unread", trouble: queue("RetryQueue", "ApproximateAgeOfOldestMessage", 3700), within: 5 },
  { alarm: "dead-letters", trouble: queue(DLQ, VISIBLE, 4), within: 5 },
  { alarm: "failed-batches", trouble: failedBatches, within: 2 },
  { alarm: "failed-batches-lost", trouble: lambda("kinesis", "DestinationDeliveryFailures", 1), within: 2 },
  { alarm: "table-reads-throttled", trouble: table("ReadThrottleEvents", 9), within: 5 },
  { alarm: "table-writes-throttled", trouble: table("WriteThrottleEvents", 9), within: 5 },
  {
    alarm: "outbox-reads-throttled",
    trouble: table("ReadThrottleEvents", 9, { GlobalSecondaryIndexName: "outbox" }),
    within: 5,
  },
  {
    alarm: "outbox-writes-throttled",
    trouble: table("WriteThrottleEvents", 9, { GlobalSecondaryIndexName: "outbox" }),
    within: 5,
  },
  { alarm: "table-read-errors", trouble: table("SystemErrors", 1, { Operation: "BatchGetItem" }), within: 5 },
  { alarm: "table-write-errors", trouble: table("SystemErrors", 1, { Operation: "UpdateItem" }), within: 5 },
];

const minutes = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index * MINUTE_MS);
const goodWeek = minutes(START - WEEK_MINUTES * MINUTE_MS, WEEK_MINUTES).flatMap((at) =>
  GOOD.flatMap((one) => one(at)),
);
const good = byMetric(goodWeek);

/** The good week, and then so many minutes in which the trouble is instead of what is good of the same metrics. */
function troubled(trouble: Trouble, count: number, before = good): Map<string, Datum[]> {
  const bad = new Set(trouble(START).map(({ metric }) => metric));
  const later = minutes(START, count).flatMap((at) => [
    ...GOOD.flatMap((one) => one(at)).filter(({ metric }) => !bad.has(metric)),
    ...trouble(at).filter(({ value }) => !Number.isNaN(value)),
  ]);
  const data = new Map<string, Datum[]>();
  for (const [metric, list] of byMetric(later)) data.set(metric, list);
  return new Map(
    [...new Set([...before.keys(), ...data.keys()])].map((metric) => [
      metric,
      [...(before.get(metric) ?? []), ...(data.get(metric) ?? [])],
    ]),
  );
}

/** Minutes after START at which the alarm rings first. */
function ringsAfter(alarm: JsonObject, data: ReadonlyMap<string, readonly Datum[]>, until: number): number | undefined {
  for (let minute = 0; minute <= until; minute++) {
    if (alarmState(alarm, data, START + minute * MINUTE_MS) === "ALARM") return minute;
  }
  return undefined;
}

function alarmCalled(name: string, among = alarms): JsonObject {
  const alarm = among.get(name);
  assert.ok(alarm, `there is no alarm ${name}`);
  return alarm;
}

test("each alarm has its case, and each case its alarm", () => {
  assert.deepEqual(CASES.map(({ alarm }) => alarm).sort(), [...alarms.keys()].sort());
});

describe("on a good day", () => {
  const calm = troubled(() => [], 60);
  for (const [name, alarm] of alarms) {
    test(`${name} is silent`, () => assert.equal(ringsAfter(alarm, calm, 60), undefined));
  }
});

describe("in trouble", () => {
  for (const { alarm: name, trouble, within } of CASES) {
    test(`${name} rings within ${within} minutes, and not before`, () => {
      const alarm = alarmCalled(name);
      const after = ringsAfter(alarm, troubled(trouble, within), within);
      assert.ok(after !== undefined && after > 0, `rings after ${after} minutes`);
    });
  }

  test("a sweep that fails is told of by Lambda", () => assert.ok(lines.sweep.fails));
  test("bytes that no queue takes are undecided, whatever the function", () => {
    assert.ok(ringsAfter(alarmCalled("undecided-kinesis"), troubled(written(lines.kinesis.unkept), 10), 10));
    assert.ok(ringsAfter(alarmCalled("firehose-failed"), troubled(written(lines.firehose.unkept), 2), 2));
  });
  test("findings that somebody is at work on are not overdue, however old they are", () => {
    assert.ok(Number(lines.sweep.inHand["oldestSeconds"]) > 600);
    const alarm = alarmCalled("findings-pending");
    assert.equal(ringsAfter(alarm, troubled(written(lines.sweep.inHand), 30), 30), undefined);
    assert.equal(ringsAfter(alarm, troubled(written(lines.sweep.published), 30), 30), undefined);
  });
  test("one poison of a day does not hide that of an hour later", () => {
    for (const name of ["quarantined-kinesis", "dead-letters", "findings-dead-letters"]) {
      const alarm = alarmCalled(name);
      const visible = (at: number) => 3 + Number(at >= START) + Number(at >= START + 60 * MINUTE_MS);
      const twice: Trouble = (at) => [
        ...emfData(at === START || at === START + 60 * MINUTE_MS ? lines.kinesis.poison : lines.kinesis.good, at),
        ...[DLQ, FINDINGS_DLQ].flatMap((name) => queue(name, VISIBLE, visible(at))(at)),
      ];
      const data = troubled(twice, 90);
      const states = minutes(START, 90).map((at) => alarmState(alarm, data, at));
      const rings = states.filter((state, index) => state === "ALARM" && states[index - 1] !== "ALARM").length;
      assert.equal(rings, 2, name);
    }
  });
  test("the first message of a dead-letter queue that nobody has used for long rings", () => {
    const asleep = new Map(good);
    asleep.delete(metricKey("AWS/SQS", VISIBLE, { QueueName: DLQ }));
    const late: Trouble = (at) => (at < START + 15 * MINUTE_MS ? [] : queue(DLQ, VISIBLE, 1)(at));
    const bad: Trouble = (at) => [...late(at), ...silence(queue(DLQ, VISIBLE, 1))(at)];
    assert.ok(Number(ringsAfter(alarmCalled("dead-letters"), troubled(bad, 30, asleep), 30)) > 15);
  });
  test("a canary of which a function that does not run says nothing is none", () => {
    const gone = silence(written(lines.kinesis.good));
    assert.ok(ringsAfter(alarmCalled("canary"), troubled(gone, 30), 30));
  });
  test("one event of the canary's that does not come wakes nobody", () => {
    const once: Trouble = (at) => [
      ...emfData(lines.kinesis.good, at),
      ...(at < START + 5 * MINUTE_MS ? [] : sings(at)),
    ];
    assert.equal(ringsAfter(alarmCalled("canary"), troubled(once, 60), 60), undefined);
  });
  test("three quarters of an hour behind is a warning, and nobody is woken", () => {
    const data = troubled(lambda("kinesis", "IteratorAge", 45 * MINUTE_MS), 30);
    assert.ok(ringsAfter(alarmCalled("stream-behind"), data, 30));
    assert.equal(ringsAfter(alarmCalled("stream-behind-hour"), data, 30), undefined);
  });
});

describe("a stream with a consumer of its own, and no canary", () => {
  const own = alarmsOf(other);
  const behind = (value: number) =>
    aws(
      "AWS/Kinesis",
      "SubscribeToShardEvent.MillisBehindLatest",
      { StreamName: "events", ConsumerName: "firstsight-dev" },
      value,
    );
  const silent = aws("AWS/Kinesis", "IncomingRecords", { StreamName: "events" }, 0);

  test("has no alarms of what it lacks", () => {
    assert.deepEqual(
      [...own.keys()].filter(
        (name) => /firehose|retry|parked|^dead-letters|canary|unread$/.test(name) && name !== "stream-unread",
      ),
      [],
    );
  });
  test("is unread where its consumer is silent or far behind", () => {
    const alarm = alarmCalled("stream-unread", own);
    assert.equal(
      ringsAfter(
        alarm,
        troubled(() => [], 30),
        30,
      ),
      undefined,
    );
    assert.ok(ringsAfter(alarm, troubled(silence(behind(0)), 30), 30));
    assert.ok(ringsAfter(alarm, troubled(behind(43 * 60 * MINUTE_MS), 30), 30));
  });
  test("is silent without a record, and not with one in ten minutes", () => {
    const alarm = alarmCalled("stream-silent", own);
    assert.ok(ringsAfter(alarm, troubled(silent, 60), 60) !== undefined);
    const few: Trouble = (at) =>
      at % (10 * MINUTE_MS) === 0 ? aws("AWS/Kinesis", "IncomingRecords", { StreamName: "events" }, 1)(at) : [];
    const before = byMetric(minutes(START - 120 * MINUTE_MS, 120).flatMap(few));
    assert.equal(ringsAfter(alarm, troubled(few, 120, before), 120), undefined);
  });
});

describe("each alarm", () => {
  const manual = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");
  const [, whenItRings = ""] = manual.split("\n## When it rings\n");
  const sections = new Set([...whenItRings.matchAll(/^### ([a-z-]+)$/gm)].map(([, name = ""]) => name));
  const sectionOf = ({ AlarmDescription }: JsonObject) =>
    /^\[(?:warning|page)\] [A-Z].+\. First: (?:npm run -s firstsight -- |aws ).+\. See docs\/operations\.md#([a-z-]+)$/.exec(
      String(AlarmDescription),
    )?.[1] ?? "";

  test("rings at the operations topic, also when it is over", () => {
    const topicArn = `arn:aws:sns:eu-west-1:${ACCOUNT}:OperationsTopic`;
    for (const alarm of alarms.values()) {
      assert.deepEqual([alarm["AlarmActions"], alarm["OKActions"]], [[topicArn], [topicArn]]);
    }
  });
  test("says how grave it is, what it means, the first command, and where to read on", () => {
    for (const [name, alarm] of alarms) {
      const section = sectionOf(alarm);
      const { AlarmDescription } = alarm;
      assert.ok(
        name === section || name.startsWith(`${section}-`) || section.startsWith("table-"),
        `${name}: ${AlarmDescription}`,
      );
      assert.ok(sections.has(section), `the manual has no section ${section}`);
      assert.ok(String(AlarmDescription).length <= 1024);
    }
  });
  test("has its section, which says as it does how grave it is, and each section has its alarm", () => {
    assert.deepEqual([...sections].sort(), [...new Set([...alarms.values()].map(sectionOf))].sort());
    for (const [name, alarm] of alarms) {
      const section = sectionOf(alarm);
      const [, text = ""] = whenItRings.split(`\n### ${section}\n`);
      const [, grave = ""] = /^\[(\w+)\]/.exec(String(alarm["AlarmDescription"])) ?? [];
      const [, first = ""] = /^\n(\*\*.*)$/m.exec(text) ?? [];
      assert.ok(first.includes(`**${grave}`), `${name} is a ${grave}, and its section begins: ${first}`);
    }
  });
  test("is within what CloudWatch evaluates: a day, or a week where the period is an hour or more", () => {
    for (const [name, alarm] of alarms) {
      const queries = (alarm["Metrics"] ?? []) as readonly { readonly MetricStat?: { readonly Period: number } }[];
      const period = Number(alarm["Period"] ?? queries.find(({ MetricStat }) => MetricStat)?.MetricStat?.Period);
      const seconds = period * Number(alarm["EvaluationPeriods"]);
      assert.ok(period % 60 === 0 && seconds <= (period >= 3600 ? 604_800 : 86_400), `${name}: ${seconds} s`);
    }
  });
  test("about durations rings at three fifths of its function's timeout", () => {
    for (const kind of kinds) {
      const functions = Object.values(template.Resources).map(({ Properties = {} }) => Properties);
      const timeout = functions.find(({ FunctionName }) => FunctionName === NAMES[kind])?.["Timeout"];
      assert.equal(alarmCalled(`duration-${kind}`)["Threshold"], Number(timeout) * 600);
    }
  });
});

describe("the dashboard", () => {
  const body = (of: Template) => {
    const { DashboardBody } = of.Resources["Dashboard"]?.Properties ?? {};
    return JSON.parse(String(physical(of)(DashboardBody ?? null))) as { readonly widgets: readonly Widget[] };
  };
  const { widgets } = body(template);

  interface Widget {
    readonly type: string;
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    readonly properties: JsonObject;
  }

  test("has its widgets side by side, within its width", () => {
    for (const [index, one] of widgets.entries()) {
      assert.ok(one.x >= 0 && one.x + one.width <= 24, `widget ${index} is too wide`);
      for (const two of widgets.slice(0, index)) {
        const apart =
          one.x + one.width <= two.x ||
          two.x + two.width <= one.x ||
          one.y + one.height <= two.y ||
          two.y + two.height <= one.y;
        assert.ok(apart, `${String(one.properties["title"])} lies over ${String(two.properties["title"])}`);
      }
    }
  });
  test("shows every alarm that there is", () => {
    const shown = widgets.filter(({ type }) => type === "alarm").flatMap(({ properties }) => properties["alarms"]);
    const arn = (name: string) => `arn:aws:cloudwatch:eu-west-1:${ACCOUNT}:alarm:${PREFIX}${name}`;
    assert.deepEqual(shown.sort(), [...alarms.keys()].map(arn).sort());
  });
  test("shows of a stage what it has", () => {
    const text = JSON.stringify(body(other));
    assert.doesNotMatch(text, /firehose|retry|parked|Firehose|\$\{|AWS::NoValue/i);
    const firehoseOnly = JSON.stringify(
      widgets.filter(({ properties }) => /delivery stream/.test(String(properties["title"]))),
    );
    assert.match(firehoseOnly, /firstsight-dev-firehose/);
  });
  test("counts GB-s with the memory that the functions have", () => {
    const expressions = widgets.flatMap(
      ({ properties }) => JSON.stringify(properties).match(/\w+ \/ 1000 \* \d+ \/ 1024/g) ?? [],
    );
    assert.deepEqual(
      expressions,
      kinds.map((kind) => {
        const functions = Object.values(template.Resources).map(({ Properties = {} }) => Properties);
        const memory = functions.find(({ FunctionName }) => FunctionName === NAMES[kind])?.["MemorySize"];
        return `${kind} / 1000 * ${String(memory)} / 1024`;
      }),
    );
  });
  test("asks each rule's counts of the functions' own lines", () => {
    const queries = widgets.flatMap(({ type, properties }) => (type === "log" ? [String(properties["query"])] : []));
    assert.deepEqual(
      queries.map((query) => /^SOURCE '([^']+)'/.exec(query)?.[1]),
      readers.map((kind) => `/aws/lambda/${NAMES[kind]}`),
    );
    for (const kind of readers) {
      const [rule] = lines[kind].good["rules"] as unknown as readonly Record<string, unknown>[];
      const asked = queries.flatMap((query) => [...query.matchAll(/rule\.(\w+)/g)].map(([, name]) => name ?? ""));
      for (const name of asked) assert.ok(name in (rule ?? {}), `no ${name} in a rule's counts`);
    }
  });

  /** [namespace, name, dimension, value, ..., options]; what begins with options is an expression. */
  const shown = widgets.flatMap(({ properties }) =>
    ((properties["metrics"] ?? []) as readonly (readonly Json[])[]).flatMap((entry) => {
      const [namespace = null, name = null, ...rest] = entry;
      if (isObject(namespace)) return [];
      const pairs = rest.filter((each) => !isObject(each)).map(String);
      const dimensions = Object.fromEntries(
        pairs.flatMap((each, index): [string, string][] => (index % 2 === 0 ? [[each, String(pairs[index + 1])]] : [])),
      );
      return [{ namespace: String(namespace), name: String(name), dimensions }];
    }),
  );
  const alarmed = [...alarms.values()].flatMap(metricsOf).map(({ dimensions, ...rest }) => {
    const list = dimensions as unknown as readonly { readonly Name: string; readonly Value: string }[];
    return { ...rest, dimensions: Object.fromEntries(list.map(({ Name, Value }) => [Name, Value])) };
  });
  const read = [...shown, ...alarmed];

  test("and the alarms read metrics that AWS writes, by the dimensions that it gives them", () => {
    for (const { namespace, name, dimensions } of read.filter((each) => each.namespace !== "firstsight")) {
      const known = AWS_METRICS[namespace]?.[Object.keys(dimensions).sort().join(" ")] ?? [];
      assert.ok(known.includes(name), `${namespace} ${name} by ${Object.keys(dimensions).join(", ")}`);
    }
  });
  test("and the alarms read each metric that the functions write, and no other, to the letter", () => {
    const emitted = kinds.flatMap((kind) => emfData(lines[kind].good, START).map(({ metric }) => metric));
    const wanted = read
      .filter(({ namespace }) => namespace === "firstsight")
      .map(({ namespace, name, dimensions }) => metricKey(namespace, name, dimensions));
    assert.deepEqual([...new Set(wanted)].sort(), emitted.sort());
    const named = kinds.flatMap((kind) =>
      METRICS[kind].map((name) => metricKey("firstsight", name, { service: "firstsight", function: NAMES[kind] })),
    );
    assert.deepEqual(emitted.sort(), named.sort());
  });
});

describe("metric math", () => {
  const metrics = new Map([
    ["a", [1, undefined, 4, 9]],
    ["b", [0, 2, 2, 3]],
    ["empty", [undefined, undefined, undefined, undefined]],
  ]);
  const cases: readonly (readonly [string, readonly (number | undefined)[]])[] = [
    ["a + b * 2", [1, undefined, 8, 15]],
    ["(a + b) / b", [undefined, undefined, 3, 4]],
    ["FILL(a, 0) - 1", [0, -1, 3, 8]],
    ["DIFF(a)", [undefined, undefined, undefined, 5]],
    ["DIFF(FILL(a, 0))", [undefined, -1, 4, 5]],
    ["FILL(empty, 0)", [undefined, undefined, undefined, undefined]],
    ["IF(b >= 2 AND b < 3, 100, b)", [0, 100, 100, 3]],
    ["b > AVG(b) OR b == 0", [1, 1, 1, 1]],
    ["EPOCH(a) >= MAX(EPOCH(a))", [0, 0, 0, 1]],
    ["b - SUM(b)", [-7, -5, -5, -4]],
  ];
  for (const [expression, expected] of cases) {
    test(expression, () => assert.deepEqual(mathOf(expression, metrics, [60, 120, 180, 240]), expected));
  }
  for (const wrong of ["a +", "a b", "nothing", "NONE(a)", "1", "a ^ 2"]) {
    test(`${wrong} is refused`, () => assert.throws(() => mathOf(wrong, metrics, [60, 120, 180, 240])));
  }
});
