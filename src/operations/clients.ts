import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KMSClient } from "@aws-sdk/client-kms";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";

/** What a deployed stack is asked with. */
export interface Clients {
  readonly cloudFormation: CloudFormationClient;
  readonly cloudWatch: CloudWatchClient;
  readonly dynamoDb: DynamoDBClient;
  readonly kms: KMSClient;
  readonly lambda: LambdaClient;
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
}

/** Of a client at a desk: patient enough for a long poll and a slow line, and not without end. */
export const LIMITS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 5000, requestTimeout: 30_000, throwOnRequestTimeout: true },
} as const;

/** Clients with the Region and the credentials of the environment, and what ends them with all that is under way. */
export function openClients(): Clients & { close(): void } {
  const clients = {
    cloudFormation: new CloudFormationClient(LIMITS),
    cloudWatch: new CloudWatchClient(LIMITS),
    dynamoDb: new DynamoDBClient(LIMITS),
    kms: new KMSClient(LIMITS),
    lambda: new LambdaClient(LIMITS),
    sns: new SNSClient(LIMITS),
    sqs: new SQSClient(LIMITS),
  };
  return {
    ...clients,
    close() {
      for (const client of Object.values(clients)) client.destroy();
    },
  };
}
