import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import { decideParked } from "../detect/decide-parked.ts";
import { emptyLedger } from "../detect/ledger.ts";
import { ruleCounts } from "../detect/rule-counts.ts";
import { type Parked, readParked } from "../history/parked.ts";
import { remembering } from "../history/remembering.ts";
import { retryConfig } from "../runtime/config.ts";
import { type Invocation, invocation } from "../runtime/deadline.ts";
import { detectOptions, knownCache, openHistory, openPublisher } from "../runtime/ports.ts";
import { logError, logWarning, writeMetrics } from "../runtime/telemetry.ts";

const config = retryConfig(process.env);

let current: Invocation | undefined;
const life = () => current;
const ports = {
  history: remembering(await openHistory(config, life)),
  known: knownCache(),
  publisher: openPublisher(config, life),
  now: Date.now,
  onError: logError,
};

const options = detectOptions(config, ports.history);

/**
 * Decides what a Firehose invocation could not. Sightings keep the times and the identity they came with; a message that
 * still cannot be decided stays in the queue, and one that cannot be read ends in the dead-letter queue.
 */
export async function handler({ Records }: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  current = invocation(context);
  const ledger = emptyLedger();
  const counts = ruleCounts();
  const failed = new Set<string>();
  const parked: Parked[] = [];
  const idOf = new Map<Parked, string>();
  for (const { messageId, body } of Records) {
    ledger.records++;
    try {
      const one = readParked(body);
      parked.push(one);
      idOf.set(one, messageId);
    } catch (error) {
      logError(error);
      failed.add(messageId);
    }
  }
  const undecided = await decideParked(parked, ports, current, { ledger, counts }, options);
  for (const one of undecided) failed.add(idOf.get(one) ?? "");
  const left = Records.filter(({ messageId }) => failed.has(messageId));
  writeMetrics("retry", { ...ledger, oldestSeconds: oldestOf(left, Date.now()) }, context, counts);
  if (failed.size > 0) logWarning("messages left in the queue", { count: failed.size });
  return { batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) };
}

/**
 * How long the oldest message has been in the queue, in seconds; 0 where there is none. SQS forgets an age after three
 * receives, so its own metric is silent just while this function tries.
 */
function oldestOf(records: SQSEvent["Records"], now: number): number {
  const sent = records.map(({ attributes }) => Number(attributes.SentTimestamp));
  return Math.max(0, ...sent.map((at) => Math.round((now - at) / 1000)));
}
