import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamoDbTable } from "../history/dynamodb-table.ts";
import type { HistoryTable } from "../history/table.ts";
import type { Life } from "./deadline.ts";
import { LIMITS } from "./limits.ts";
import { tableRetries } from "./retries.ts";

export function dynamoDb(life: Life): DynamoDBClient {
  const { requestHandler } = LIMITS;
  return new DynamoDBClient({ requestHandler, retryStrategy: tableRetries(() => life()?.mayStart() ?? true) });
}

export function openTable(name: string, life: Life): HistoryTable {
  return dynamoDbTable(dynamoDb(life), name, () => life()?.signal);
}
