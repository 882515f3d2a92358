import { type Metric as ListedMetric, ListMetricsCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import { ALARM_TYPES } from "./alarms.ts";
import { answered, Unanswered } from "./answer.ts";
import type { Clients } from "./clients.ts";
import { type Metric, pointsOf } from "./metrics.ts";
import { ASSUMED, MEMORY_GB, MONTH_S, onDemand, provisioned, type Traffic, type Usage } from "./prices.ts";
import { queueNameOf } from "./queue-depths.ts";
import { type Stack, StackError, variablesOf } from "./stack.ts";

const DAY_S = 86_400;
const HOUR_S = 3600;

const DELIVERY_STREAM = "AWS::KinesisFirehose::DeliveryStream";
const FUNCTIONS = ["kinesis", "firehose", "retry", "sweep"] as const;
const QUEUES = [
  "QuarantineQueueUrl",
  "RetryQueueUrl",
  "RetryDeadLetterQueueUrl",
  "FindingsQueueUrl",
  "FindingsDeadLetterQueueUrl",
];

/** What the metrics of a deployed stage come to. */
interface Deployed {
  readonly usage: Usage;
  /** What could not be asked, and is in no figure. */
  readonly unknown: readonly string[];
  /** Whether values of new combinations are counted. */
  readonly counters: boolean;
}

/**
 * What is billed for a deployed stage, by the services' own metrics of the last days.
 * @throws StackError where CloudWatch does not answer
 */
export async function deployedUsage(
  clients: Clients,
  stack: Stack,
  { days, shards, limitMs }: { readonly days: number; readonly limitMs: number } & Pick<Traffic, "shards">,
): Promise<Deployed> {
  const signal = AbortSignal.timeout(limitMs);
  const asked = metricsOf(stack);
  const to = new Date(Math.floor(Date.now() / (HOUR_S * 1000)) * HOUR_S * 1000);
  const seconds = days * DAY_S;
  const span = { from: new Date(to.getTime() - seconds * 1000), to, period: HOUR_S };
  const unknown: string[] = [];
  const known = async <T>(what: string, ask: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      unknown.push(`${what}: ${error.message}`);
      return otherwise;
    }
  };
  const [points, tableGb, metrics, { COUNTERS }] = await Promise.all([
    pointsOf(clients, asked, span, signal).catch((error: unknown) => {
      throw error instanceof Unanswered ? new StackError(`not known: ${error.message}`, { cause: error }) : error;
    }),
    known("the table's size", () => sizeOf(clients, stack.outputs.get("HistoryTableName"), signal), 0),
    known("the stage's own metrics", () => ownMetrics(clients, stack.name, signal), ASSUMED.metrics),
    known("whether it counts, of the worst day", () => variables(clients, stack, signal), {}),
  ]);
  const sums = new Map(asked.map((metric, index) => [idOf(metric), sumOf(points[index])]));
  const sum = (name: string) =>
    [...sums].filter(([id]) => id.startsWith(`${name} `)).reduce((total, [, value]) => total + value, 0);
  const of = (name: string, dimension: string) => sums.get(`${name} ${dimension}`) ?? 0;

  const records = of("AWS/Kinesis IncomingRecords", stack.outputs.get("EventStreamName") ?? "");
  const each =
    records === 0 ? 0 : of("AWS/Kinesis IncomingBytes", stack.outputs.get("EventStreamName") ?? "") / records;
  const published = sum("AWS/SNS NumberOfMessagesPublished");
  const held = heldBy(stack);
  if (held === undefined && stack.resources instanceof Unanswered) {
    unknown.push(`the stream, keys, alarms and schedules of the stack: ${stack.resources.message}`);
  }
  const usage: Usage = {
    seconds,
    lambdaRequests: sum("AWS/Lambda Invocations"),
    lambdaGbSeconds: FUNCTIONS.reduce(
      (total, name) => total + (of("AWS/Lambda Duration", `${stack.name}-${name}`) / 1000) * MEMORY_GB[name],
      0,
    ),
    // An existing stream is on somebody else's bill.
    ...(held?.isStreamOwn === true ? streamUsage(records, each, seconds, shards) : {}),
    writeUnits: sum("AWS/DynamoDB ConsumedWriteCapacityUnits"),
    readUnits: sum("AWS/DynamoDB ConsumedReadCapacityUnits"),
    tableGb,
    // A message of more than 64 KB is several.
    publications: Math.max(published, sum("AWS/SNS PublishSize") / 65_536),
    sqsRequests:
      sum("AWS/SQS NumberOfMessagesSent") +
      sum("AWS/SQS NumberOfMessagesReceived") +
      sum("AWS/SQS NumberOfMessagesDeleted") +
      sum("AWS/SQS NumberOfEmptyReceives"),
    firehoseGb:
      Math.max(sum("AWS/Firehose IncomingBytes"), Math.ceil(sum("AWS/Firehose IncomingRecords")) * 5000) * 1e-9,
    archiveGb: (sum("AWS/Firehose IncomingBytes") * 1e-9 * MONTH_S) / seconds,
    logsGb: sum("AWS/Logs IncomingBytes") * 1e-9,
    metrics,
    alarms: held?.alarms ?? 0,
    keys: held?.keys ?? 0,
    kmsRequests: Math.min(published, seconds / ASSUMED.dataKeySeconds),
    schedules: ((held?.schedules ?? 0) * seconds) / ASSUMED.canarySeconds,
  };
  return { usage, unknown, counters: COUNTERS === "true" };
}

function variables(clients: Clients, stack: Stack, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
  return answered("lambda:GetFunctionConfiguration", variablesOf(clients, stack, signal));
}

/** What the stack has made that is paid for while it is there. */
function heldBy({ resources }: Stack) {
  if (resources instanceof Unanswered) return undefined;
  const count = (type: string) => resources.filter((each) => each.type === type).length;
  return {
    isStreamOwn: count("AWS::Kinesis::Stream") > 0,
    keys: count("AWS::KMS::Key"),
    alarms: resources.filter(({ type }) => ALARM_TYPES.has(type)).length,
    schedules: count("AWS::Scheduler::Schedule"),
  };
}

/** Of events and of findings. */
function deliveryStreamsOf({ resources, outputs }: Stack): readonly string[] {
  if (!(resources instanceof Unanswered)) {
    return resources.filter(({ type }) => type === DELIVERY_STREAM).map(({ physicalId }) => physicalId);
  }
  const named = outputs.get("DeliveryStreamName");
  return named === undefined ? [] : [named];
}

function streamUsage(records: number, each: number, seconds: number, shards: Traffic["shards"]) {
  return shards === "on-demand" ? onDemand(records, each, seconds) : provisioned(records, each, shards);
}

function sumOf(points: readonly { readonly value: number }[] = []): number {
  return points.reduce((total, { value }) => total + value, 0);
}

/** By what it counts, and whose. */
function idOf({ namespace, name, dimensions }: Metric): string {
  return `${namespace} ${name} ${Object.values(dimensions).join(" ")}`;
}

function metricsOf(stack: Stack): Metric[] {
  const { name, outputs } = stack;
  const each = (namespace: string, names: readonly string[], dimensions: Readonly<Record<string, string>>) =>
    names.map((metric): Metric => ({ namespace, name: metric, dimensions, statistic: "Sum" }));
  const ofOutput = (output: string, some: (value: string) => readonly Metric[]): readonly Metric[] => {
    const value = outputs.get(output);
    return value === undefined ? [] : some(value);
  };
  const units = ["ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"];
  const requests = [
    "NumberOfMessagesSent",
    "NumberOfMessagesReceived",
    "NumberOfMessagesDeleted",
    "NumberOfEmptyReceives",
  ];
  return [
    ...FUNCTIONS.flatMap((one) => [
      ...each("AWS/Lambda", ["Invocations", "Duration"], { FunctionName: `${name}-${one}` }),
      ...each("AWS/Logs", ["IncomingBytes"], { LogGroupName: `/aws/lambda/${name}-${one}` }),
    ]),
    ...ofOutput("EventStreamName", (StreamName) =>
      each("AWS/Kinesis", ["IncomingRecords", "IncomingBytes"], { StreamName }),
    ),
    // The table's own do not hold its index's.
    ...ofOutput("HistoryTableName", (TableName) => [
      ...each("AWS/DynamoDB", units, { TableName }),
      ...each("AWS/DynamoDB", units, { TableName, GlobalSecondaryIndexName: "outbox" }),
    ]),
    ...ofOutput("FindingsTopicArn", (arn) =>
      each("AWS/SNS", ["NumberOfMessagesPublished", "PublishSize"], { TopicName: queueNameOf(arn) }),
    ),
    ...QUEUES.flatMap((output) =>
      ofOutput(output, (url) => each("AWS/SQS", requests, { QueueName: queueNameOf(url) })),
    ),
    ...deliveryStreamsOf(stack).flatMap((DeliveryStreamName) =>
      each("AWS/Firehose", ["IncomingBytes", "IncomingRecords"], { DeliveryStreamName }),
    ),
  ];
}

async function sizeOf({ dynamoDb }: Clients, TableName: string | undefined, abortSignal: AbortSignal): Promise<number> {
  if (TableName === undefined) return 0;
  const command = new DescribeTableCommand({ TableName });
  const { Table } = await answered("dynamodb:DescribeTable", dynamoDb.send(command, { abortSignal }));
  return (Table?.TableSizeBytes ?? 0) * 1e-9;
}

/** How many metrics of its own a stage writes. */
async function ownMetrics({ cloudWatch }: Clients, stackName: string, abortSignal: AbortSignal): Promise<number> {
  const found: ListedMetric[] = [];
  let NextToken: string | undefined;
  do {
    const command = new ListMetricsCommand({
      Namespace: "firstsight",
      ...(NextToken === undefined ? {} : { NextToken }),
    });
    const answer = await answered("cloudwatch:ListMetrics", cloudWatch.send(command, { abortSignal }));
    found.push(...(answer.Metrics ?? []));
    NextToken = answer.NextToken;
  } while (NextToken !== undefined);
  return found.filter(({ Dimensions = [] }) =>
    Dimensions.some(({ Name, Value }) => Name === "function" && Value?.startsWith(`${stackName}-`) === true),
  ).length;
}
