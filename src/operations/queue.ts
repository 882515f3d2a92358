import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { LIMITS } from "./clients.ts";

/** A message of a queue, as it was received. */
export interface Message {
  readonly id: string;
  readonly body: string;
}

/** A walk through a queue. What it received is hidden from others until it is deleted or released. */
export interface Walk {
  /** The messages, each once, some at a time, until none is left, or as many are held as may be. */
  messages(): AsyncGenerator<readonly Message[]>;
  /** Deletes messages. @returns the ids of those that are gone */
  remove(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Ends the walk: shows all that was received and not deleted again, at once. What cannot be shown shows itself after HIDDEN_S. */
  release(): Promise<void>;
  /** True where it ended since it held as many as it may: there may be more. */
  isCut(): boolean;
  /** How many messages others had received when the walk began, about. */
  held(): Promise<number>;
}

/** How long a message is hidden by who received it, s: a walk that was killed delays the next by so much. */
const HIDDEN_S = 300;
/** Messages that are held at once: SQS lets 120,000 be hidden. */
const MOST = 100_000;
/** Requests under way at once. */
const LANES = 8;
/** What one request takes or gives: the limit of SQS. */
const BATCH = 10;
/** A long poll asks every server: where it finds nothing there is nothing. */
const WAIT_S = 1;

/** @param most messages that may be held at once */
export function openWalk(QueueUrl: string, most = MOST): Walk {
  const client = new SQSClient(LIMITS);
  /** The handle that deletes a message: of the last time it was received. */
  const handles = new Map<string, string>();
  const removed = new Set<string>();
  let isCut = false;

  async function receive(): Promise<Message[]> {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: BATCH,
        WaitTimeSeconds: WAIT_S,
        VisibilityTimeout: HIDDEN_S,
      }),
    );
    return Messages.flatMap(({ MessageId: id = "", ReceiptHandle = "", Body: body = "" }) => {
      // A walk may last longer than it hides.
      const isKnown = handles.has(id) || removed.has(id);
      handles.set(id, ReceiptHandle);
      return isKnown ? [] : [{ id, body }];
    });
  }

  return {
    async *messages() {
      for (let lanes = 1; ; ) {
        const settled = await Promise.allSettled(Array.from({ length: lanes }, receive));
        // What some lanes received is known by now, and so is released, whatever befell the others.
        const failed = settled.find((lane) => lane.status === "rejected");
        if (failed !== undefined) throw failed.reason;
        const messages = settled.flatMap((lane) => (lane.status === "fulfilled" ? lane.value : []));
        if (messages.length === 0) return;
        // A queue that has little to give is not asked by many, who would each wait for more.
        lanes = messages.length >= (lanes * BATCH) / 2 ? Math.min(2 * lanes, LANES) : 1;
        yield messages;
        if (handles.size < most) continue;
        isCut = true;
        return;
      }
    },

    async remove(ids) {
      const gone = new Set<string>();
      await inBatches(ids, async (batch) => {
        const Entries = batch.map((id, index) => ({ Id: String(index), ReceiptHandle: handles.get(id) ?? "" }));
        const { Successful = [] } = await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
        for (const { Id } of Successful) {
          const id = batch[Number(Id)] ?? "";
          handles.delete(id);
          removed.add(id);
          gone.add(id);
        }
      });
      return gone;
    },

    async release() {
      const all = [...handles.values()];
      handles.clear();
      await inBatches(all, async (batch) => {
        const Entries = batch.map((ReceiptHandle, index) => ({
          Id: String(index),
          ReceiptHandle,
          VisibilityTimeout: 0,
        }));
        await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries })).catch(() => {});
      });
      client.destroy();
    },

    isCut: () => isCut,

    async held() {
      const name = "ApproximateNumberOfMessagesNotVisible";
      const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [name] }));
      return Number(Attributes?.[name] ?? 0);
    },
  };
}

async function inBatches<T>(all: readonly T[], work: (batch: readonly T[]) => Promise<void>): Promise<void> {
  const batches = Array.from({ length: Math.ceil(all.length / BATCH) }, (_, index) =>
    all.slice(index * BATCH, (index + 1) * BATCH),
  ).values();
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (const batch of batches) await work(batch);
    }),
  );
}
