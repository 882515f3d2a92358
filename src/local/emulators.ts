import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateStreamCommand, KinesisClient } from "@aws-sdk/client-kinesis";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import dynalite from "dynalite";
import { buildApp } from "fauxqs";
import kinesalite from "kinesalite";
import { historyTable } from "./history-table.ts";

const HOST = "127.0.0.1";
const REGION = "eu-west-1";
const CREDENTIALS = { accessKeyId: "local", secretAccessKey: "local" };

/** Emulators in this process, on ports of the system's choosing, none reachable from outside. */
export interface Cloud {
  readonly kinesis: KinesisClient;
  readonly dynamoDb: DynamoDBClient;
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
  /** What points a function's clients here. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export async function openCloud(): Promise<Cloud> {
  const dynamo = dynalite({ createTableMs: 0, deleteTableMs: 0 });
  const streams = kinesalite({ createStreamMs: 0 });
  const queues = buildApp({ logger: false, host: HOST, defaultRegion: REGION });
  const dynamoPort = await listen(dynamo);
  const streamsPort = await listen(streams);
  await queues.listen({ host: HOST, port: 0 });
  const queuesPort = portOf(queues.server);

  const common = { region: REGION, credentials: CREDENTIALS };
  const kinesis = new KinesisClient({
    ...common,
    endpoint: url(streamsPort),
    requestHandler: new NodeHttpHandler(), // the client's own handler speaks HTTP/2, the emulator does not
  });
  const dynamoDb = new DynamoDBClient({ ...common, endpoint: url(dynamoPort) });
  const sns = new SNSClient({ ...common, endpoint: url(queuesPort) });
  const sqs = new SQSClient({ ...common, endpoint: url(queuesPort), useQueueUrlAsEndpoint: false });
  return {
    kinesis,
    dynamoDb,
    sns,
    sqs,
    environment: {
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      AWS_ENDPOINT_URL_DYNAMODB: url(dynamoPort),
      AWS_ENDPOINT_URL_S3: url(queuesPort),
      AWS_ENDPOINT_URL_SNS: url(queuesPort),
      AWS_ENDPOINT_URL_SQS: url(queuesPort),
    },
    async close() {
      for (const client of [kinesis, dynamoDb, sns, sqs]) client.destroy();
      await Promise.all([stop(dynamo), stop(streams), queues.close()]);
    },
  };
}

/** The stack's resources as the functions know them, and a queue that listens to the findings. */
export interface Resources {
  readonly streamName: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly findingsQueue: string;
  readonly quarantineQueue: string;
  readonly retryQueue: string;
  /** Stands for the bucket: what ran out of attempts. */
  readonly failedBatchQueue: string;
}

export async function createResources({ kinesis, dynamoDb, sns, sqs, environment }: Cloud): Promise<Resources> {
  const tableName = "history";
  const streamName = "events";
  await kinesis.send(new CreateStreamCommand({ StreamName: streamName, ShardCount: 2 }));
  await dynamoDb.send(new CreateTableCommand(historyTable(tableName)));
  const queue = async (QueueName: string) => {
    const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName }));
    // The emulator puts the Region before its host, and before an IP that makes no host: take the path only.
    return `${environment["AWS_ENDPOINT_URL_SQS"]}${QueueUrl.slice(QueueUrl.indexOf("/", "http://".length))}`;
  };
  const [findingsQueue, quarantineQueue, retryQueue, failedBatchQueue] = [
    await queue("findings"),
    await queue("quarantine"),
    await queue("retry"),
    await queue("failed-batches"),
  ];
  const { TopicArn = "" } = await sns.send(new CreateTopicCommand({ Name: "findings" }));
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: findingsQueue, AttributeNames: ["QueueArn"] }),
  );
  await sns.send(
    new SubscribeCommand({
      TopicArn,
      Protocol: "sqs",
      Endpoint: Attributes?.["QueueArn"],
      Attributes: { RawMessageDelivery: "true" },
    }),
  );
  return {
    streamName,
    findingsQueue,
    quarantineQueue,
    retryQueue,
    failedBatchQueue,
    environment: {
      HISTORY_TABLE: tableName,
      FINDINGS_TOPIC_ARN: TopicArn,
      QUARANTINE_QUEUE_URL: quarantineQueue,
      RETRY_QUEUE_URL: retryQueue,
    },
  };
}

function url(port: number): string {
  return `http://${HOST}:${port}`;
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, HOST, () => resolve(portOf(server)));
  });
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the emulator has no port");
  return address.port;
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
