import { CreateTopicCommand, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { createResources, openCloud, type Resources } from "../../src/local/emulators.ts";
import { rulesDigest } from "../../src/rule/digest.ts";
import { recordedAws } from "./recorded-aws.ts";

const ACCOUNT = "000000000000";
const MAPPING_UUID = "8f9b1a52-6f0e-4a9e-9a53-2f1f1f1e0001";
const RETRY_UUID = "8f9b1a52-6f0e-4a9e-9a53-2f1f1f1e0002";
/** Logical ids of the mappings, by their UUIDs. */
export const MAPPINGS: ReadonlyMap<string, string> = new Map([
  [MAPPING_UUID, "KinesisEventSourceMappingKinesisEventStream"],
  [RETRY_UUID, "RetryEventSourceMappingSQSRetryQueue"],
]);
const VARIABLES = ["HISTORY_TABLE", "FINDINGS_TOPIC_ARN"];
const KEY_ARN = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;

/**
 * A stage called `prod` on a good day: its queues, topics and table are emulators, and CloudFormation, Lambda,
 * CloudWatch, KMS and what dynalite does not know are recorded. Each test sets the answers it needs.
 */
export async function deployedStack() {
  const cloud = await openCloud();
  const resources = await createResources(cloud);
  const emulators = {
    dynamodb: cloud.environment["AWS_ENDPOINT_URL_DYNAMODB"] ?? "",
    sqs: cloud.environment["AWS_ENDPOINT_URL_SQS"] ?? "",
    sns: cloud.environment["AWS_ENDPOINT_URL_SNS"] ?? "",
  };
  const aws = await recordedAws(emulators);
  await cloud.sqs.send(new CreateQueueCommand({ QueueName: "retry-dead" }));
  const { TopicArn: operations = "" } = await cloud.sns.send(new CreateTopicCommand({ Name: "operations" }));
  const { QueueUrl: pager = "" } = await cloud.sqs.send(new CreateQueueCommand({ QueueName: "pager" }));
  const { Attributes } = await cloud.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: pager, AttributeNames: ["QueueArn"] }),
  );
  await cloud.sns.send(
    new SubscribeCommand({ TopicArn: operations, Protocol: "sqs", Endpoint: Attributes?.["QueueArn"] }),
  );
  const url = (name: string) => `${aws.url}/${ACCOUNT}/${name}`;
  const outputs: Record<string, string> = {
    EventStreamName: "firstsight-prod-EventStream-1",
    HistoryTableName: resources.environment["HISTORY_TABLE"] ?? "",
    FindingsTopicArn: resources.environment["FINDINGS_TOPIC_ARN"] ?? "",
    FindingsKeyArn: KEY_ARN,
    OperationsTopicArn: operations,
    QuarantineQueueUrl: url("quarantine"),
    RetryQueueUrl: url("retry"),
    RetryDeadLetterQueueUrl: url("retry-dead"),
    RuleSet: rulesDigest("rules"),
  };
  const variables = Object.fromEntries(
    Object.entries(resources.environment).filter(([name]) => VARIABLES.includes(name)),
  );
  variables["QUARANTINE_QUEUE_URL"] = url("quarantine");
  const state = stateOf(outputs, variables);
  record(aws, state);
  return {
    aws,
    cloud,
    resources: resources as Resources,
    outputs,
    state,
    environment: {
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_ENDPOINT_URL: aws.url,
    },
    /** As on the good day. */
    mend() {
      aws.forgive();
      Object.assign(state, stateOf(outputs, variables));
    },
    async close() {
      await Promise.all([aws.close(), cloud.close()]);
    },
  };
}

type State = ReturnType<typeof stateOf>;

function stateOf(outputs: Readonly<Record<string, string>>, variables: Readonly<Record<string, string>>) {
  return {
    /** Of the function that runs the rules. */
    variables,
    stackStatus: "UPDATE_COMPLETE",
    /** Logical ids and types of resources. */
    more: [["EventStream", "AWS::Kinesis::Stream"]] as (readonly [string, string])[],
    outputs,
    mapping: { State: "Enabled", StateTransitionReason: "User action", LastProcessingResult: "OK" },
    /** Names of alarms to their states. */
    alarms: new Map([
      ["firstsight-prod-BehindAlarm", "OK"],
      ["firstsight-prod-ErrorsAlarm", "OK"],
    ]),
    /** Alarms that were deleted by hand. */
    deletedAlarms: new Set<string>(),
    ttl: "ENABLED",
    pitr: "ENABLED",
    keyState: "Enabled",
    /** Minutes ago and value, by metric. */
    points: new Map<string, readonly (readonly [number, number])[]>([
      ["IteratorAge", [[1, 1200]]],
      ["canary", [[4, 1]]],
    ]),
  };
}

/** When the recorded alarms came to their states. */
const SINCE = "2026-11-20T08:00:00Z";

function record({ answers }: Awaited<ReturnType<typeof recordedAws>>, state: State): void {
  answers.set("cloudformation:DescribeStacks", () => stackAnswer("firstsight-prod", state.outputs, state.stackStatus));
  // In two pages, as a stack of over a hundred resources is told of.
  answers.set("cloudformation:ListStackResources", ({ NextToken }) =>
    NextToken === undefined
      ? {
          StackResourceSummaries: [
            ...[...MAPPINGS].map(([uuid, id]) => resource(id, "AWS::Lambda::EventSourceMapping", uuid)),
            resource("FindingsKey", "AWS::KMS::Key", "1234abcd-12ab-34cd-56ef-1234567890ab"),
            ...state.more.map(([logicalId, type]) => resource(logicalId, type, `firstsight-prod-${logicalId}`)),
          ],
          NextToken: "more",
        }
      : {
          StackResourceSummaries: [...state.alarms.keys()].map((name) =>
            resource(name, "AWS::CloudWatch::Alarm", name),
          ),
        },
  );
  answers.set("lambda:GetEventSourceMapping", ({ id }) => ({
    UUID: String(id),
    ...(id === MAPPING_UUID ? state.mapping : { State: "Enabled" }),
  }));
  answers.set("lambda:GetFunctionConfiguration", ({ id }) => ({
    FunctionName: String(id),
    Environment: { Variables: state.variables },
  }));
  answers.set("cloudwatch:DescribeAlarms", ({ AlarmNames }) => ({
    MetricAlarms: [...state.alarms]
      .filter(([name]) => (AlarmNames as readonly string[]).includes(name) && !state.deletedAlarms.has(name))
      .map(([AlarmName, StateValue]) => ({
        AlarmName,
        StateValue,
        AlarmDescription: `what ${AlarmName} means`,
        ActionsEnabled: true,
        StateUpdatedTimestamp: Date.parse(SINCE) / 1000,
        StateTransitionedTimestamp: Date.parse(SINCE) / 1000,
      })),
  }));
  answers.set("cloudwatch:ListMetrics", () => ({
    Metrics: state.points.has("canary")
      ? ["prod", "other"].map((stage) => ({
          Namespace: "firstsight",
          MetricName: "canary",
          Dimensions: [
            { Name: "service", Value: "firstsight" },
            { Name: "function", Value: `firstsight-${stage}-kinesis` },
          ],
        }))
      : [],
  }));
  answers.set("cloudwatch:GetMetricData", ({ MetricDataQueries }) => ({
    MetricDataResults: (MetricDataQueries as readonly Query[]).map(({ Id, MetricStat: { Metric } }) => {
      const points = state.points.get(Metric.MetricName) ?? [];
      return {
        Id,
        Timestamps: points.map(([minutes]) => Math.floor(Date.now() / 1000) - minutes * 60),
        Values: points.map(([, value]) => value),
      };
    }),
  }));
  answers.set("kms:DescribeKey", () => ({ KeyMetadata: { KeyId: "1234abcd", KeyState: state.keyState } }));
  answers.set("dynamodb:DescribeTimeToLive", () => ({
    TimeToLiveDescription: { TimeToLiveStatus: state.ttl, AttributeName: "ex" },
  }));
  answers.set("dynamodb:DescribeContinuousBackups", () => ({
    ContinuousBackupsDescription: {
      ContinuousBackupsStatus: "ENABLED",
      PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: state.pitr },
    },
  }));
}

/** What DescribeStacks answers of one stack. */
export function stackAnswer(
  StackName: string,
  outputs: Readonly<Record<string, string>>,
  StackStatus = "UPDATE_COMPLETE",
) {
  return {
    Stacks: [
      {
        StackName,
        StackId: `arn:aws:cloudformation:eu-west-1:${ACCOUNT}:stack/${StackName}/1`,
        CreationTime: "2026-11-01T10:00:00.000Z",
        LastUpdatedTime: "2026-11-20T10:00:00.000Z",
        StackStatus,
        Outputs: Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })),
      },
    ],
  };
}

interface Query {
  readonly Id: string;
  readonly MetricStat: { readonly Metric: { readonly MetricName: string } };
}

function resource(LogicalResourceId: string, ResourceType: string, PhysicalResourceId: string) {
  return {
    LogicalResourceId,
    ResourceType,
    PhysicalResourceId,
    ResourceStatus: "CREATE_COMPLETE",
    LastUpdatedTimestamp: "2026-11-20T10:00:00.000Z",
  };
}
