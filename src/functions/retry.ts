import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import { decide } from "../detect/decide.ts";
import { emptyLedger } from "../detect/ledger.ts";
import { parseDate } from "../ecs/iso-date.ts";
import { observationsOf, type Parked, readParked } from "../history/parked.ts";
import { remembering } from "../history/remembering.ts";
import type { Observation } from "../history/sighting.ts";
import { isLearned, ruleStarts } from "../history/starts.ts";
import { retryConfig } from "../runtime/config.ts";
import { type Invocation, invocation } from "../runtime/deadline.ts";
import { knownCache, openHistory, openPublisher } from "../runtime/ports.ts";
import { logError, logWarning, writeMetrics } from "../runtime/telemetry.ts";

const config = retryConfig(process.env);
const learnUntil = parseDate(config.LEARN_UNTIL) ?? Number.NEGATIVE_INFINITY;

let current: Invocation | undefined;
const life = () => current;
const ports = {
  history: remembering(await openHistory(config, life)),
  known: knownCache(),
  publisher: openPublisher(config, life),
  now: Date.now,
  onError: logError,
};

const starts = ruleStarts(ports.history);

/** True while a sighting's rule learns: it begins with it, where the function that parked it could not begin it. */
async function isLearning({ startKey: key, ruleId, windowMs, first }: Parked): Promise<boolean> {
  if (config.LEARN !== "window" || key === undefined) return false;
  const at = (await starts.of([{ key, ruleId, windowMs }], first)).get(key);
  return at === undefined || !isLearned({ at, windowMs }, first);
}

/** A message's sighting, and which message it was. */
interface Source {
  readonly messageId: string;
  readonly parked: Parked;
}

/**
 * Decides what a Firehose invocation could not. Sightings keep the times and the identity they came with; a message that
 * still cannot be decided stays in the queue, and one that cannot be read ends in the dead-letter queue.
 */
export async function handler({ Records }: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  current = invocation(context);
  const ledger = emptyLedger();
  const failed = new Set<string>();
  const observations: Observation<Source>[] = [];
  for (const { messageId, body } of Records) {
    ledger.records++;
    try {
      const parked = readParked(body);
      observations.push(
        ...observationsOf(parked).map((observation) => ({ ...observation, source: { messageId, parked } })),
      );
    } catch (error) {
      logError(error);
      failed.add(messageId);
    }
  }
  const undecided = await decide(
    observations,
    ports,
    current,
    {
      // The finding was made when the event was there; whatever its age, it is not dropped for it.
      seal: ({ observations: [{ source }] }) => source.parked,
      learns: async ({ first, observations: [{ source }] }) =>
        first < learnUntil || (await isLearning({ ...source.parked, first })) ? source.parked : undefined,
    },
    ledger,
  );
  for (const { observations: left } of undecided) for (const { source } of left) failed.add(source.messageId);
  writeMetrics(ledger, context);
  if (failed.size > 0) logWarning("messages left in the queue", { count: failed.size });
  return { batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) };
}
