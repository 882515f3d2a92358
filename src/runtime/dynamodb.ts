import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamoDbTable } from "../history/dynamodb-table.ts";
import type { HistoryTable } from "../history/table.ts";
import { LIMITS } from "./limits.ts";

export function dynamoDb(): DynamoDBClient {
  return new DynamoDBClient(LIMITS);
}

export function openTable(name: string, signal: () => AbortSignal | undefined): HistoryTable {
  return dynamoDbTable(dynamoDb(), name, signal);
}
