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
type Send = (this: unknown, command: Command, ...more: unknown[]) => unknown;

/** IAM knows a batch by what it is a batch of, and S3's listing by the bucket's. */
const ACTIONS: Readonly<Record<string, string>> = {
  ListObjectsV2: "s3:ListBucket",
  GetObject: "s3:GetObject",
  DeleteObject: "s3:DeleteObject",
  PublishBatch: "sns:Publish",
  DescribeStacks: "cloudformation:DescribeStacks",
  GetFunctionConfiguration: "lambda:GetFunctionConfiguration",
};

/** Runs, and keeps each request of the AWS clients' in this process, and of the history's past them, once. */
export async function askedBy(run: () => Promise<unknown>): Promise<readonly Asked[]> {
  const asked = new Map<string, Asked>();
  const add = (action: string, of: string) => asked.set(`${action} ${of}`, { action, of });
  // All clients have it of one class.
  const base = Object.getPrototypeOf(SQSClient.prototype) as { send: Send };
  const { send } = base;
  base.send = function (command, ...more) {
    const name = command.constructor.name.replace(/Command$/, "");
    const { QueueUrl, TopicArn, Bucket, Key, Prefix, StackName, FunctionName } = command.input;
    const of =
      QueueUrl ?? TopicArn ?? StackName ?? FunctionName ?? (Prefix === undefined ? `${Bucket}/${Key}` : Bucket);
    add(ACTIONS[name] ?? `sqs:${name.replace(/Batch$/, "")}`, String(of));
    return send.call(this, command, ...more);
  };
  const onRequest = (message: unknown) => {
    const target = String((message as { readonly request: ClientRequest }).request.getHeader("x-amz-target"));
    const [, operation] = /^DynamoDB_\d+\.(.*)$/.exec(target) ?? [];
    if (operation !== undefined) add(`dynamodb:${operation}`, "table");
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
