import type { Context, FirehoseTransformationEvent, FirehoseTransformationResult } from "aws-lambda";
import { detect, sealed } from "../detect/detect.ts";
import { ruleSet } from "../detect/rule-set.ts";
import { parseDate } from "../ecs/iso-date.ts";
import { parkedMessage } from "../history/parked.ts";
import { firehoseConfig, rulesFolder } from "../runtime/config.ts";
import { type Invocation, invocation } from "../runtime/deadline.ts";
import { lazyTable } from "../runtime/lazy.ts";
import { knownCache, openHistory, openPublisher, openQuarantine, openQueue, openRules } from "../runtime/ports.ts";
import { logError, logWarning, writeMetrics } from "../runtime/telemetry.ts";
import { firehoseDelivery } from "../stream/firehose.ts";
import type { Quarantined } from "../stream/quarantine.ts";

const config = firehoseConfig(process.env);
const rules = ruleSet(openRules(rulesFolder(process.env), { longValues: config.LONG_VALUES }));
const learnUntil = parseDate(config.LEARN_UNTIL);

/** Firehose waits so long, whatever the function's own timeout. */
const FIREHOSE_TIMEOUT_MS = 300_000;

let current: Invocation | undefined;
const signal = () => current?.signal;
const park = openQueue(config.RETRY_QUEUE_URL, signal);
const ports = {
  history: lazyTable(() => openHistory(config, signal)),
  known: knownCache(),
  publisher: openPublisher(config, signal),
  quarantine: openQuarantine(config.QUARANTINE_QUEUE_URL, signal),
  now: () => Date.now(),
  onError: logError,
};

/**
 * Looks at a Firehose batch on its way, and does it no harm: each record comes back once, Ok, with the very data it came
 * with. What matched and could not be decided goes to the retry queue. Only where that fails too is its record answered
 * ProcessingFailed, which Firehose keeps under its error prefix; all others pass.
 */
export async function handler(
  event: FirehoseTransformationEvent,
  context: Context,
): Promise<FirehoseTransformationResult> {
  current = invocation(context, FIREHOSE_TIMEOUT_MS);
  const delivery = firehoseDelivery(event);
  const options = learnUntil === undefined ? {} : { learnUntil };
  const { undecidedSightings, unread, ledger } = await detect(delivery, rules, ports, current, options);
  const late = unread.map((index): readonly [number, Quarantined] => {
    const { id: recordId, arrival, bytes } = delivery.record(index);
    return [index, { recordId, position: "0", arrival, reason: "out_of_time", bytes }];
  });
  const safe = late.length === 0 ? new Set() : await ports.quarantine(late.map(([, entry]) => entry));

  const parked = await park(
    undecidedSightings.map((sighting) => parkedMessage(sighting, sealed(sighting, undefined, Date.now()))),
  );
  const lost = undecidedSightings.filter((_, index) => !parked.has(index));
  const failed = new Set([
    ...lost.flatMap(({ observations }) => observations.map(({ source }) => source.record)),
    ...late.flatMap(([index, entry]) => (safe.has(entry) ? [] : [index])),
  ]);
  ledger.parked = parked.size;
  writeMetrics(ledger, context);
  if (failed.size > 0) logWarning("records left undecided", { count: failed.size });

  return {
    records: event.records.map(({ recordId, data }, index) => ({
      recordId,
      result: failed.has(index) ? "ProcessingFailed" : "Ok",
      data,
    })),
  };
}
