import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import { SQSClient } from "@aws-sdk/client-sqs";

/** What AWS was asked for, as IAM would judge it. */
export interface Asked {
  readonly action: string;
  /** The input that names the resource: a queue's URL, an address, a name. */
  readonly of: string;
}

interface Command {
  readonly constructor: { readonly name: string };
  readonly input: Readonly<Record<string, unknown>>;
}
interface Client {
  readonly config: { readonly serviceId: string };
}
type Send = (this: Client, command: Command, ...more: unknown[]) => unknown;

/** IAM knows S3's listing by the bucket's, and a batch by what it is a batch of. */
const ACTIONS: Readonly<Record<string, string>> = { ListObjectsV2: "ListBucket" };

/** Runs, and keeps each request of the AWS clients' in this process, and of the history's past them, once. */
export async function askedBy(run: () => Promise<unknown>): Promise<readonly Asked[]> {
  const asked = new Map<string, Asked>();
  const byClients = new Set<string>();
  const add = (action: string, of: string) => asked.set(`${action} ${of}`, { action, of });
  // All clients have it of one class.
  const base = Object.getPrototypeOf(SQSClient.prototype) as { send: Send };
  const { send } = base;
  base.send = function (command, ...more) {
    const name = command.constructor.name.replace(/Command$/, "").replace(/Batch$/, "");
    const service = this.config.serviceId.toLowerCase();
    if (service === "dynamodb") byClients.add(name);
    add(`${service}:${ACTIONS[name] ?? name}`, resourceIn(command.input));
    return send.call(this, command, ...more);
  };
  const onRequest = (message: unknown) => {
    const target = String((message as { readonly request: ClientRequest }).request.getHeader("x-amz-target"));
    const [, operation] = /^DynamoDB_\d+\.(.*)$/.exec(target) ?? [];
    if (operation === undefined || byClients.has(operation)) return;
    // What the history queries is its index.
    add(`dynamodb:${operation}`, operation === "Query" ? "table/index/outbox" : "table");
  };
  subscribe("http.client.request.start", onRequest);
  try {
    await run();
  } finally {
    unsubscribe("http.client.request.start", onRequest);
    base.send = send;
  }
  return [...asked.values()];
}

const NAMES = ["QueueUrl", "TopicArn", "StackName", "FunctionName", "UUID", "KeyId"];

function resourceIn(input: Command["input"]): string {
  const { TableName, IndexName, Bucket, Key, Prefix } = input;
  if (Bucket !== undefined) return Prefix === undefined ? `${Bucket}/${Key}` : String(Bucket);
  if (TableName !== undefined) return IndexName === undefined ? "table" : `table/index/${IndexName}`;
  return String(NAMES.map((name) => input[name]).find((value) => value !== undefined) ?? "*");
}
