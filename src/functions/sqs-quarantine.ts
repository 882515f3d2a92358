import { SendMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { batches } from "../batch.ts";
import { type Quarantine, type Quarantined, quarantineMessages } from "../stream/quarantine.ts";

interface Part {
  readonly entry: Quarantined;
  readonly body: string;
}

/** Puts bytes away in an SQS queue. An entry is safe when each of its parts was accepted. */
export function sqsQuarantine(
  client: SQSClient,
  queueUrl: string,
  onError: (error: unknown) => void,
  signal: () => AbortSignal | undefined = () => undefined,
): Quarantine {
  /** The parts that were not accepted. */
  async function send(parts: readonly Part[]): Promise<readonly Part[]> {
    const abortSignal = signal();
    const { Failed = [] } = await client.send(
      new SendMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: parts.map(({ body }, index) => ({ Id: String(index), MessageBody: body })),
      }),
      abortSignal === undefined ? {} : { abortSignal },
    );
    for (const { Code } of Failed) onError(new Error(`SQS refused a quarantined document: ${Code}`));
    const failed = new Set(Failed.map(({ Id }) => Id));
    return parts.filter((_, index) => failed.has(String(index)));
  }

  return async (entries) => {
    const safe = new Set(entries);
    const parts = entries.flatMap((entry) => quarantineMessages(entry).map((body): Part => ({ entry, body })));
    for (const batch of batches(parts, ({ body }) => Buffer.byteLength(body))) {
      try {
        for (const { entry } of await send(batch)) safe.delete(entry);
      } catch (error) {
        onError(error);
        for (const { entry } of batch) safe.delete(entry);
      }
    }
    return safe;
  };
}

/** Writes each entry as lines of JSON. */
export function lineQuarantine(write: (line: string) => void): Quarantine {
  return async (entries) => {
    for (const entry of entries) for (const message of quarantineMessages(entry)) write(`${message}\n`);
    return new Set(entries);
  };
}
