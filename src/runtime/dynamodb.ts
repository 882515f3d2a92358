import type { ClientRequest, RequestOptions, request } from "node:http";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Answer, DynamoDb, DynamoDbError } from "../history/dynamodb-requests.ts";
import { dynamoDbTable } from "../history/dynamodb-table.ts";
import type { HistoryTable } from "../history/table.ts";
import type { Life } from "./deadline.ts";
import { LIMITS } from "./limits.ts";
import { retried } from "./retries.ts";
import { signer } from "./signature.ts";

const TARGET = "DynamoDB_20120810";
const CONTENT_TYPE = "application/x-amz-json-1.0";
const SOCKETS = { keepAlive: true, maxSockets: 50 } as const;

export function openTable(name: string, life: Life): HistoryTable {
  return dynamoDbTable(dynamoDb(new DynamoDBClient({}), life), name);
}

/**
 * Requests with a client's endpoint, region and credentials, and past its middleware: the history's requests are in
 * DynamoDB's JSON already, and through it each takes four times the processor time, of which a storm has too little.
 * They end with the invocation.
 */
export function dynamoDb({ config }: Pick<DynamoDBClient, "config">, life: Life = () => undefined): DynamoDb {
  let opened: ReturnType<typeof open> | undefined;

  async function open() {
    const [region, { protocol, host, hostname, port }] = await Promise.all([config.region(), endpointOf(config)]);
    const sign = signer({ region, service: "dynamodb" });
    // Most batches need no request, and a start has no time for TLS.
    const { Agent, request } = await (protocol === "http:" ? import("node:http") : import("node:https"));
    const target = { method: "POST", hostname, port, path: "/", agent: new Agent(SOCKETS) };

    return async (operation: string, body: string): Promise<Answer> => {
      const unsigned = { host, "content-type": CONTENT_TYPE, "x-amz-target": `${TARGET}.${operation}` };
      const headers = sign(unsigned, body, await config.credentials(), new Date());
      return post(request, { ...target, headers }, body, life()?.signal);
    };
  }

  return async (operation, input) => {
    opened ??= open();
    const send = await opened;
    const body = JSON.stringify(input);
    return retried(
      () => send(operation, body),
      () => life()?.mayStart() ?? true,
    );
  };
}

function post(
  send: typeof request,
  options: RequestOptions,
  body: string,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = send(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        try {
          resolve(answerOf(response.statusCode ?? 0, Buffer.concat(chunks).toString()));
        } catch (error) {
          reject(error);
        }
      });
    });
    const timer = setTimeout(
      () => sent.destroy(named("TimeoutError", "DynamoDB did not answer")),
      LIMITS.requestHandler.requestTimeout,
    );
    sent.on("close", () => clearTimeout(timer));
    sent.on("error", reject);
    if (signal !== undefined) endWith(signal, sent);
    sent.end(body);
  });
}

const underWay = new WeakMap<AbortSignal, Set<ClientRequest>>();

/** Ends a request with a signal. A signal has one listener for all its requests: one for each takes a fifth of their time. */
function endWith(signal: AbortSignal, sent: ClientRequest): void {
  const end = (request: ClientRequest) => request.destroy(named("AbortError", "the invocation is at its end"));
  const requests = underWay.get(signal) ?? new Set();
  if (!underWay.has(signal)) {
    underWay.set(signal, requests);
    signal.addEventListener("abort", () => requests.forEach(end), { once: true });
  }
  requests.add(sent);
  sent.on("close", () => requests.delete(sent));
  if (signal.aborted) end(sent);
}

/** Where the client's requests go: its own setting, the environment's, or the region's. */
async function endpointOf(config: DynamoDBClient["config"]): Promise<URL> {
  const own = await config.endpoint?.();
  if (own !== undefined) return new URL(`${own.protocol}//${own.hostname}:${own.port ?? ""}`);
  const { AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL } = process.env;
  const given = AWS_ENDPOINT_URL_DYNAMODB || AWS_ENDPOINT_URL;
  if (given) return new URL(given);
  const [Region, UseFIPS, UseDualStack] = await Promise.all([
    config.region(),
    config.useFipsEndpoint(),
    config.useDualstackEndpoint(),
  ]);
  return config.endpointProvider({ Region, UseFIPS, UseDualStack }).url;
}

/** @throws DynamoDbError by the code's name, with all that the answer holds */
function answerOf(status: number, text: string): Answer {
  if (status === 200) return JSON.parse(text) as Answer;
  const { __type = "", message, Message, ...rest } = detailsOf(text);
  const error: DynamoDbError = new Error(message ?? Message ?? `HTTP status ${status}`);
  throw Object.assign(error, rest, { name: __type.split("#").at(-1) || `Http${status}`, status });
}

/** A gateway's error is no JSON. */
function detailsOf(text: string): { readonly __type?: string; readonly message?: string; readonly Message?: string } {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
