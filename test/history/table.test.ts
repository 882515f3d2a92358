import assert from "node:assert/strict";
import { after, test } from "node:test";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";
import { dynamoDbTable } from "../../src/history/dynamodb-table.ts";
import { memoryTable } from "../../src/history/memory-table.ts";
import type { HistoryTable } from "../../src/history/table.ts";
import { historyTable } from "../../src/local/history-table.ts";
import { claimAt, DAY_MS, historyTableSuite, T0, WINDOW } from "../support/history-suite.ts";

const server = dynalite({ createTableMs: 0 });
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const address = server.address();
const client = new DynamoDBClient({
  region: "eu-west-1",
  endpoint: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
});
await client.send(new CreateTableCommand(historyTable("history")));
after(() => {
  client.destroy();
  server.close();
  server.closeAllConnections();
});

const TABLES: readonly (readonly [string, HistoryTable])[] = [
  ["memory", memoryTable()],
  ["DynamoDB", dynamoDbTable(client, "history")],
];

for (const [name, table] of TABLES) historyTableSuite(name, table);

test("a pending item carries no TTL stamp, a settled one its window and the consumer's longest lag", async () => {
  const table = memoryTable();
  await table.claim("k", claimAt(T0));
  assert.equal(table.items.get("k")?.expires, undefined);
  await table.complete("k", { findingId: "f1", now: T0 + 1000, windowMs: WINDOW, lastSeen: T0 });
  assert.equal(table.items.get("k")?.expires, Math.floor((T0 + 1000 + WINDOW + 8 * DAY_MS) / 1000));
});
