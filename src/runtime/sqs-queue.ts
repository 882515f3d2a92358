import { SendMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { batches } from "../batch.ts";

/** Sends messages; resolves to the indexes of those that were accepted, and never rejects. */
export type Send = (bodies: readonly string[]) => Promise<ReadonlySet<number>>;

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

/** Writes each message as a line. */
export function lineSend(write: (line: string) => void): Send {
  return async (bodies) => {
    for (const body of bodies) write(`${body}\n`);
    return new Set(bodies.keys());
  };
}
