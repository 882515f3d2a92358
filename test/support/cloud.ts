import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { SQSRecord } from "aws-lambda";
import { connectionEvent, IMDS } from "../../src/local/sample-events.ts";

/** What no log may show: it stands in each suspicious event's body. */
export const SECRET = "s3cr3t-in-the-body";

let count = 0;

/** An event that the shipped rule matches. */
export function suspiciousEvent(host: string, id = `event-${count++}`): string {
  return JSON.stringify(
    connectionEvent({
      host: { id: host, name: SECRET, os: "linux" },
      process: { name: "curl", executable: "/usr/bin/curl", user: SECRET, parent: "/bin/sh", commandLine: SECRET },
      address: IMDS,
      port: 80,
      id,
      at: new Date().toISOString(),
    }),
  );
}

/** Empties a queue. @returns the bodies */
export async function received(sqs: SQSClient, QueueUrl: string): Promise<string[]> {
  const bodies: string[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    if (Messages.length === 0) return bodies;
    for (const { Body = "", ReceiptHandle } of Messages) {
      bodies.push(Body);
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
}

/** A message of a queue as Lambda hands it over. @param sent epoch ms */
export function queueRecord(body: string, messageId: string, sent: number): SQSRecord {
  return {
    messageId,
    body,
    receiptHandle: `receipt-${messageId}`,
    attributes: {
      ApproximateReceiveCount: "1",
      SentTimestamp: String(sent),
      SenderId: "firehose",
      ApproximateFirstReceiveTimestamp: String(sent),
    },
    messageAttributes: {},
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:eu-west-1:000000000000:retry",
    awsRegion: "eu-west-1",
  };
}

/** Runs with what is printed kept. */
export async function captured<T>(run: () => Promise<T>): Promise<{ readonly result: T; readonly printed: string }> {
  const printed: string[] = [];
  const [out, err] = [process.stdout.write, process.stderr.write];
  const capture = (chunk: unknown) => {
    printed.push(String(chunk));
    return true;
  };
  process.stdout.write = capture;
  process.stderr.write = capture;
  try {
    return { result: await run(), printed: printed.join("") };
  } finally {
    process.stdout.write = out;
    process.stderr.write = err;
  }
}

export async function silenced<T>(run: () => Promise<T>): Promise<T> {
  return (await captured(run)).result;
}
