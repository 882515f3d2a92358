import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";

/**
 * Limits the SDK does not have by itself: without `throwOnRequestTimeout` a request that takes too long is only warned
 * about, and a server that never answers is waited for without end. Three attempts of two seconds leave an invocation
 * time to report what it could not decide.
 */
const LIMITS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true },
} as const;

export function dynamoDb(): DynamoDBClient {
  return new DynamoDBClient(LIMITS);
}

export function sns(): SNSClient {
  return new SNSClient(LIMITS);
}

export function sqs(): SQSClient {
  return new SQSClient(LIMITS);
}
