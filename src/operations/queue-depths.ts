import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { answered } from "./answer.ts";
import { judged, type Look } from "./check.ts";
import type { Clients } from "./clients.ts";
import { pointsOf } from "./metrics.ts";
import type { Stack } from "./stack.ts";

/** The queues by their outputs, and what it means that one of them holds something, where that is wrong. */
const QUEUES: readonly (readonly [string, string, string | undefined])[] = [
  ["QuarantineQueueUrl", "quarantine", "bytes that are no event wait to be looked at, for 14 days at most"],
  // Full while a dependency is down, and emptied by itself: its dead letters are what is left.
  ["RetryQueueUrl", "retry queue", undefined],
  ["RetryDeadLetterQueueUrl", "retry dead letters", "sightings ran out of attempts, and wait to be put through again"],
  ["FindingsQueueUrl", "findings queue", undefined],
  ["FindingsDeadLetterQueueUrl", "findings dead letters", "findings that nobody took wait to be sent again"],
];

/** How many messages each queue of the stack holds. */
export function queueLooks({ sqs }: Clients, { outputs }: Stack): Look[] {
  return QUEUES.flatMap(([output, name, matter]): Look[] => {
    const QueueUrl = outputs.get(output);
    if (QueueUrl === undefined) return [];
    const ask: Look["ask"] = async (abortSignal) => {
      const command = new GetQueueAttributesCommand({
        QueueUrl,
        AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
      });
      const { Attributes } = await answered("sqs:GetQueueAttributes", sqs.send(command, { abortSignal }));
      const waiting = Number(Attributes?.["ApproximateNumberOfMessages"]);
      const beingRead = Number(Attributes?.["ApproximateNumberOfMessagesNotVisible"]);
      const says = `${waiting} messages${beingRead > 0 ? `, ${beingRead} more being read` : ""}`;
      return judged(says, matter !== undefined && waiting + beingRead > 0 ? [matter] : []);
    };
    return [{ name, ask }];
  });
}

/** @param urlOrArn of a queue, both of which end in its name */
export function queueNameOf(urlOrArn: string): string {
  return urlOrArn.split(/[/:]/).at(-1) ?? "";
}

const LOOKED_AT_MS = 3_600_000;

/**
 * Whether somebody asked a queue for messages within the hour.
 * @throws Unanswered
 */
export async function isRead(clients: Clients, queueName: string, signal: AbortSignal): Promise<boolean> {
  const metrics = ["NumberOfMessagesReceived", "NumberOfEmptyReceives"].map(
    (name) => ({ namespace: "AWS/SQS", name, dimensions: { QueueName: queueName }, statistic: "Sum" }) as const,
  );
  const now = Date.now();
  const span = { from: new Date(now - LOOKED_AT_MS), to: new Date(now), period: 300 };
  return (await pointsOf(clients, metrics, span, signal)).flat().some(({ value }) => value > 0);
}
