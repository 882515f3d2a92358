import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import type { Context } from "aws-lambda";
import { captured } from "../support/cloud.ts";

// The handler as Lambda runs it, against a table that answers what it is told to.

let denied: (partition: string) => boolean = () => false;
let asked: string[] = [];
const server = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8").on("data", (chunk: string) => {
    body += chunk;
  });
  request.on("end", () => {
    const { ExpressionAttributeValues } = JSON.parse(body) as { ExpressionAttributeValues: { ":gp": { S: string } } };
    const partition = ExpressionAttributeValues[":gp"].S;
    asked.push(partition);
    const isDenied = denied(partition);
    response.writeHead(isDenied ? 400 : 200, { "content-type": "application/x-amz-json-1.0" });
    response.end(JSON.stringify(isDenied ? { __type: "AccessDeniedException", message: "no" } : { Items: [] }));
  });
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
after(() => {
  server.close();
  server.closeAllConnections();
});
Object.assign(process.env, {
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "local",
  AWS_SECRET_ACCESS_KEY: "local",
  AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  HISTORY_TABLE: "history",
  FINDINGS_TOPIC_ARN: "stdout",
});
const { handler } = await import("../../src/functions/sweep.ts");

/** One run: the error it ended in, if it did, the metrics it wrote, and the partitions it asked for. */
async function runWith(isDenied: typeof denied) {
  denied = isDenied;
  asked = [];
  const context = { functionName: "f", awsRequestId: "r", getRemainingTimeInMillis: () => 55_000 } as Context;
  const { result, printed } = await captured(() => handler({}, context).then(() => undefined, String));
  const lines = printed.split("\n").filter((line) => line.startsWith('{"_aws"'));
  const metrics = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { error: String(result), metrics, partitions: new Set(asked).size, requests: asked.length };
}

// All runs come before the first test: what the test runner prints must not be captured.
const readable = await runWith(() => false);
const unreadable = await runWith(() => true);
const partly = await runWith((partition) => partition === "o#3");

test("an empty outbox is zeros", () => {
  assert.equal(readable.error, "undefined");
  const zeros = {
    due: 0,
    published: 0,
    suppressed: 0,
    pending: 0,
    oldestSeconds: 0,
    overdueSeconds: 0,
    mostAttempts: 0,
    failed: 0,
  };
  assert.partialDeepStrictEqual(readable.metrics, [zeros]);
  assert.equal(readable.requests, 16);
});

test("where the index may not be read the metrics are written, and the function fails", () => {
  assert.match(unreadable.error, /^Error: 16 of 16 partitions of the outbox could not be read, .*AccessDenied/);
  assert.partialDeepStrictEqual(unreadable.metrics, [{ due: 0, failed: 16 }]);
});

test("one partition that cannot be read fails the function, and the others are worked", () => {
  assert.match(partly.error, /^Error: 1 of 16 partitions/);
  assert.partialDeepStrictEqual(partly.metrics, [{ failed: 1 }]);
  assert.equal(partly.partitions, 16);
});
