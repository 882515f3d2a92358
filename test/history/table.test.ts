import assert from "node:assert/strict";
import { after, test } from "node:test";
import { CreateTableCommand, DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";
import { dynamoDbTable } from "../../src/history/dynamodb-table.ts";
import { memoryTable } from "../../src/history/memory-table.ts";
import type { HistoryTable } from "../../src/history/table.ts";
import { historyTable } from "../../src/local/history-table.ts";
import { dynamoDb } from "../../src/runtime/dynamodb.ts";
import { openDynamoDb } from "../support/dynamodb/stand-in.ts";
import { claimAt, DAY_MS, historyTableSuite, T0, WINDOW } from "../support/history-suite.ts";

const server = dynalite({ createTableMs: 0 });
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const address = server.address();
const clientOf = (endpoint: string) =>
  new DynamoDBClient({
    region: "eu-west-1",
    endpoint,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
const client = clientOf(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`);
await client.send(new CreateTableCommand(historyTable("history")));
const standIn = await openDynamoDb([historyTable("history")]);
const standInClient = clientOf(standIn.url);
after(async () => {
  client.destroy();
  server.close();
  server.closeAllConnections();
  standInClient.destroy();
  await standIn.close();
});

const TABLES: readonly (readonly [string, HistoryTable])[] = [
  ["memory", memoryTable()],
  ["DynamoDB", dynamoDbTable(dynamoDb(client), "history")],
  ["stand-in's DynamoDB", dynamoDbTable(dynamoDb(standInClient), "history")],
];

for (const [name, table] of TABLES) historyTableSuite(name, table);

test("a pending item carries no TTL stamp, a settled one its window and the consumer's longest lag", async () => {
  const table = memoryTable();
  await table.claim("k", claimAt(T0));
  assert.equal(table.items.get("k")?.expires, undefined);
  await table.complete("k", { findingId: "f1", now: T0 + 1000, windowMs: WINDOW, lastSeen: T0 });
  assert.equal(table.items.get("k")?.expires, Math.floor((T0 + 1000 + WINDOW + 8 * DAY_MS) / 1000));
});

test("a finding that was left pending in the form before is adopted and completed", async () => {
  const [, [, table] = assert.fail("no table")] = TABLES;
  const lease = { N: String(T0 + 60_000) };
  const Item = {
    ...{ pk: { S: "n1#before" }, st: { S: "P" }, r: { S: "rule" }, ep: { N: "0" }, rv: { S: "1" }, tm: { L: [] } },
    ...{
      fs: { N: String(T0) },
      ls: { N: String(T0) },
      fid: { S: "0123456789abcdef0123456789abcdef" },
      ev: { S: "e1" },
    },
    ...{ ob: { B: new Uint8Array([1]) }, la: lease, att: { N: "0" }, gp: { S: "o#3" }, gs: lease, n: { N: "1" } },
    w: { N: String(WINDOW) },
  };
  await client.send(new PutItemCommand({ TableName: "history", Item }));
  const findingId = "0123456789abcdef0123456789abcdef";
  const adopted = await table.takeOver("n1#before", { findingId, seen: T0 + 60_000, until: T0 + 90_000 });
  assert.partialDeepStrictEqual(adopted, { state: "P", findingId, attempts: 1, leaseUntil: T0 + 90_000 });
  assert.equal(await table.complete("n1#before", { findingId, now: T0, windowMs: WINDOW, lastSeen: T0 }), true);
});
