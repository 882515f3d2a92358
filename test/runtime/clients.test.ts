import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, beforeEach, test } from "node:test";
import type { Invocation } from "../../src/runtime/deadline.ts";

// The clients as the functions make them, against a server on a real socket that misbehaves.

type Behaviour = (request: IncomingMessage, response: ServerResponse, body: string) => void;

let behave: Behaviour = () => {};
let requests: string[] = [];
const server = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8").on("data", (chunk: string) => {
    body += chunk;
  });
  request.on("end", () => {
    requests.push(String(request.headers["x-amz-target"] ?? new URLSearchParams(body).get("Action")));
    behave(request, response, body);
  });
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
Object.assign(process.env, {
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "local",
  AWS_SECRET_ACCESS_KEY: "local",
  AWS_ENDPOINT_URL: url,
});
const { DynamoDBClient } = await import("@aws-sdk/client-dynamodb");
const { dynamoDb } = await import("../../src/runtime/dynamodb.ts");
const { dynamoDbTable } = await import("../../src/history/dynamodb-table.ts");
const { snsPublisher } = await import("../../src/runtime/sns.ts");
const { sns } = await import("../../src/runtime/sns.ts");
const { sqs, sqsSend } = await import("../../src/runtime/sqs.ts");

after(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  requests = [];
});

let deadline: AbortSignal | undefined;
const signal = () => deadline;
let mayStart = true;
const life = () => ({ ...({} as Invocation), mayStart: () => mayStart, ...(deadline && { signal: deadline }) });
const clients = { sns: sns(), sqs: sqs() };
const table = dynamoDbTable(dynamoDb(new DynamoDBClient({}), life), "history");
const refresh = () => table.refresh("k", { lastSeen: 1, windowMs: 1 });

const hang: Behaviour = () => {};
const drip: Behaviour = (_, response) => {
  response.writeHead(200, { "content-type": "application/x-amz-json-1.0" });
  const timer = setInterval(() => response.write(" "), 50);
  response.on("close", () => clearInterval(timer));
};
const fail =
  (status: number, type: string, more: object = {}): Behaviour =>
  (_, response) => {
    response.writeHead(status, { "content-type": "application/x-amz-json-1.0" });
    response.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: "no", ...more }));
  };
const answer =
  (body: object): Behaviour =>
  (_, response) => {
    response.writeHead(200, { "content-type": "application/x-amz-json-1.0" });
    response.end(JSON.stringify(body));
  };

test("a server that never answers is given up, attempt by attempt", async () => {
  behave = hang;
  deadline = undefined;
  await assert.rejects(refresh(), { name: "TimeoutError" });
  assert.equal(requests.length, 3);
});

test("the invocation's deadline ends a request that hangs, and one that drips", async () => {
  for (const behaviour of [hang, drip]) {
    behave = behaviour;
    deadline = AbortSignal.timeout(300);
    await assert.rejects(refresh(), { name: "AbortError" });
    deadline = AbortSignal.timeout(300);
    await assert.rejects(table.read(["k"]), { name: "AbortError" });
  }
});

test("a topic or a queue that hangs accepts nothing, and rejects nothing", async () => {
  behave = hang;
  deadline = AbortSignal.timeout(300);
  const errors: unknown[] = [];
  const publisher = snsPublisher(clients.sns, "arn:aws:sns:eu-west-1:1:t", (error) => errors.push(error), signal);
  assert.deepEqual([...(await publisher.publish([{ findingId: "f", body: "{}" }]))], []);
  const send = sqsSend(clients.sqs, `${url}/1/q`, (error) => errors.push(error), signal);
  assert.deepEqual([...(await send(["x"]))], []);
  assert.equal(errors.length, 2);
});

test("a write whose answer is lost is tried again, and finds its own condition refused", async () => {
  deadline = undefined;
  behave = (request, response, body) => {
    if (requests.length === 1)
      request.socket.destroy(); // committed, and then cut
    else
      fail(400, "ConditionalCheckFailedException", { Item: { st: { S: "P" }, fid: { S: "f1" }, ls: { N: "1" } } })(
        request,
        response,
        body,
      );
  };
  const claim = {
    firstSeen: 1,
    lastSeen: 1,
    windowMs: 1,
    findingId: "f1",
    triggerId: "e",
    outbox: new Uint8Array([1]),
    leaseUntil: 2,
  };
  const outcome = await table.claim("k", { ...claim, ruleId: "r", preview: [] });
  assert.equal(outcome.claimed, false);
  assert.equal(!outcome.claimed && outcome.item?.state === "P" && outcome.item.findingId, "f1");
});

test("throttling is tried again as long as there is time, then is an error that says which limit was hit", async () => {
  setTimeout(() => {
    mayStart = false;
  }, 1500);
  behave = fail(400, "ThrottlingException", {
    throttlingReasons: [{ reason: "TableWriteKeyRangeThroughputExceeded", resource: "arn" }],
  });
  deadline = AbortSignal.timeout(10_000);
  await assert.rejects(refresh(), (error: Error & { throttlingReasons?: readonly { reason: string }[] }) => {
    assert.equal(error.name, "ThrottlingException");
    assert.equal(error.throttlingReasons?.[0]?.reason, "TableWriteKeyRangeThroughputExceeded");
    return true;
  });
  assert.ok(requests.length > 3, `${requests.length} tries`);
  assert.ok(requests.length < 30, "and each waits longer than the one before");
  mayStart = true;
});

test("a server error passes once the server is well", async () => {
  deadline = AbortSignal.timeout(10_000);
  behave = (request, response, body) => {
    (requests.length < 3 ? fail(500, "InternalServerError") : answer({ Attributes: {} }))(request, response, body);
  };
  assert.equal(await refresh(), true);
});

test("what no retry can mend is not tried again", async () => {
  deadline = AbortSignal.timeout(10_000);
  behave = fail(400, "AccessDeniedException");
  await assert.rejects(refresh(), { name: "AccessDeniedException" });
  assert.equal(requests.length, 1);
});
