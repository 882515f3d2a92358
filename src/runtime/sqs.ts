import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { batches } from "./batches.ts";
import { LIMITS } from "./limits.ts";
import type { Send } from "./send.ts";
import { logError } from "./telemetry.ts";

export function sqs(): SQSClient {
  return new SQSClient(LIMITS);
}

export function openQueue(queueUrl: string, signal: () => AbortSignal | undefined): Send {
  return sqsSend(sqs(), queueUrl, logError, signal);
}

/**
 * Sends to an SQS queue in batches, and looks at each message's own outcome.
 * @param onError told of each failed batch or message
 */
export function sqsSend(
  client: SQSClient,
  queueUrl: string,
  onError: (error: unknown) => void,
  signal: () => AbortSignal | undefined,
): Send {
  return async (bodies) => {
    const accepted = new Set<number>();
    const entries = bodies.map((body, index) => ({ Id: String(index), MessageBody: body }));
    for (const batch of batches(entries, ({ MessageBody }) => Buffer.byteLength(MessageBody))) {
      try {
        const abortSignal = signal();
        const { Failed = [] } = await client.send(
          new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: [...batch] }),
          abortSignal === undefined ? {} : { abortSignal },
        );
        for (const { Code } of Failed) onError(new Error(`SQS refused a message: ${Code}`));
        const failed = new Set(Failed.map(({ Id }) => Id));
        for (const { Id } of batch) if (!failed.has(Id)) accepted.add(Number(Id));
      } catch (error) {
        onError(error);
      }
    }
    return accepted;
  };
}
