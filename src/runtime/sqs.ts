import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { batches } from "./batches.ts";
import { LIMITS } from "./limits.ts";
import { refusals } from "./refusals.ts";
import type { Send } from "./send.ts";
import { logError } from "./telemetry.ts";

/** Requests under way at once: a thousand messages are a hundred requests, and a deadline waits for them. */
const LANES = 8;

export function sqs(): SQSClient {
  return new SQSClient(LIMITS);
}

export function openQueue(
  queueUrl: string,
  signal: () => AbortSignal | undefined,
  onError: (error: unknown) => void = logError,
): Send {
  return sqsSend(sqs(), queueUrl, onError, signal);
}

/**
 * Sends to an SQS queue in batches, several at a time, and looks at each message's own outcome.
 * @param onError told of each kind of failure once
 * @param signal the invocation's deadline, asked for at each call
 */
export function sqsSend(
  client: SQSClient,
  queueUrl: string,
  onError: (error: unknown) => void,
  signal: () => AbortSignal | undefined,
): Send {
  return async (bodies, given) => {
    const abort = AbortSignal.any([signal(), given].filter((each) => each !== undefined));
    const accepted = new Set<number>();
    const refused = refusals("SQS");
    const entries = bodies.map((body, index) => ({ Id: String(index), MessageBody: body }));
    const queue = batches(entries, ({ MessageBody }) => Buffer.byteLength(MessageBody)).values();

    async function lane(): Promise<void> {
      for (const batch of queue) {
        try {
          const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: batch });
          const answer = await client.send(command, { abortSignal: abort });
          const ids = batch.map(({ Id }) => Id);
          for (const id of refused.read(ids, answer)) accepted.add(Number(id));
        } catch (error) {
          if (!abort.aborted) refused.fail(error);
        }
        if (abort.aborted) return;
      }
    }

    if (!abort.aborted) await orAborted(Promise.all(Array.from({ length: LANES }, lane)), abort);
    if (abort.aborted && accepted.size < bodies.length) {
      const text = `SQS accepted ${accepted.size} of ${bodies.length} messages in time`;
      onError(new Error(text, { cause: abort.reason }));
    }
    refused.tell(onError);
    // A copy: what is still under way may be accepted later, which nobody waits for.
    return new Set(accepted);
  };
}

/** Waits for work, or for the signal, whichever comes first. */
async function orAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const leave = () => resolve();
  signal.addEventListener("abort", leave, { once: true });
  await Promise.race([work, promise]);
  signal.removeEventListener("abort", leave);
}
