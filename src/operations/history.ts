import { dynamoDbTable } from "../history/dynamodb-table.ts";
import type { HistoryTable } from "../history/table.ts";
import { dynamoDb } from "../runtime/dynamodb.ts";
import type { Clients } from "./clients.ts";

/** The history table, asked until a look is over. */
export function historyAt({ dynamoDb: client }: Clients, tableName: string, signal: AbortSignal): HistoryTable {
  const endsAt = Number.POSITIVE_INFINITY;
  const life = { endsAt, readUntil: endsAt, mayStart: () => !signal.aborted, patience: () => signal, signal };
  return dynamoDbTable(
    dynamoDb(client, () => life),
    tableName,
  );
}
