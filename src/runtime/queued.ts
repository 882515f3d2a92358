import type { SQSRecord } from "aws-lambda";
import { idOf } from "../render/digest.ts";
import { type Published, readPublished } from "../render/published.ts";

/** A finding that waits in a queue, by the message that carries it. */
export interface Queued {
  readonly messageId: string;
  readonly finding: Published;
  /** As it was published. */
  readonly body: string;
}

/**
 * The findings of a queue that the findings topic delivers to, raw.
 * @param onError told of each message that carries none
 * @returns them, and the ids of those other messages, which end in the dead-letter queue
 */
export function readQueued(
  records: readonly SQSRecord[],
  onError: (error: unknown) => void,
): { readonly queued: Queued[]; readonly failed: Set<string> } {
  const queued: Queued[] = [];
  const failed = new Set<string>();
  for (const { messageId, body } of records) {
    try {
      const finding = readPublished(body);
      if (idOf(finding) === "") throw new Error("it has no kibana.alert.uuid");
      queued.push({ messageId, finding, body });
    } catch (cause) {
      // Not the cause alone: a parser's words may quote the body.
      onError(new Error(`message ${messageId} holds no finding`, { cause }));
      failed.add(messageId);
    }
  }
  return { queued, failed };
}
