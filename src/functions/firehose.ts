import type { Context, FirehoseTransformationEvent, FirehoseTransformationResult } from "aws-lambda";
import { type Detection, type DetectOptions, detect, putAside } from "../detect/detect.ts";
import type { Source } from "../detect/observe.ts";
import { parkedBody } from "../detect/park.ts";
import { ruleSet } from "../detect/rule-set.ts";
import { fragmentOf } from "../finding/fragment.ts";
import type { Sighting } from "../history/sighting.ts";
import { firehoseConfig, quarantineConfig, rulesFolder } from "../runtime/config.ts";
import { type Invocation, invocation } from "../runtime/deadline.ts";
import { openNetworks } from "../runtime/networks.ts";
import { detectOptions, openPorts, openQuarantine, openQueue, openRules } from "../runtime/ports.ts";
import { logError, logWarning, writeMetrics } from "../runtime/telemetry.ts";
import type { Delivery } from "../stream/delivery.ts";
import { firehoseDelivery } from "../stream/firehose.ts";
import type { Quarantine } from "../stream/quarantine.ts";

/** Firehose waits so long, whatever the function's own timeout. */
const FIREHOSE_TIMEOUT_MS = 300_000;

let current: Invocation | undefined;
const life = () => current;

async function start() {
  const config = firehoseConfig(process.env);
  const send = openQueue(config.RETRY_QUEUE_URL, life);
  const ports = openPorts(config, life);
  // The table may be what failed, so it is not asked: the fragment is there, as far as is known, or goes along.
  const isKept = ({ observations: [{ source }] }: Sighting<Source>) =>
    ports.history.hasFragment(fragmentOf(source.detector.rule)?.digest ?? "");
  const park: NonNullable<DetectOptions["park"]> = (sightings) =>
    send(sightings.map((sighting) => parkedBody(sighting, Date.now(), isKept(sighting))));
  await openNetworks(process.env);
  return {
    rules: ruleSet(openRules(rulesFolder(process.env), { longValues: config.LONG_VALUES })),
    options: { ...detectOptions(config, ports.history), park },
    ports,
  };
}

// A function that cannot start would fail every transformation, and its customer's data would end under the error prefix.
const started = await attempt(start);
const quarantine: Quarantine =
  started?.ports.quarantine ??
  (await attempt(() => openQuarantine(quarantineConfig(process.env).QUARANTINE_QUEUE_URL, life))) ??
  (async () => new Set());

async function attempt<T>(work: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    logError(error);
    return undefined;
  }
}

/**
 * Looks at a Firehose batch on its way, and does it no harm: each record comes back once, Ok, with the very data it came
 * with. What matched and could not be decided goes to the retry queue, what could not be read to quarantine; also all of
 * it, where the function's rules or settings are broken. Only where these fail too is a record answered ProcessingFailed,
 * which Firehose keeps under its error prefix; all others pass.
 */
export async function handler(
  event: FirehoseTransformationEvent,
  context: Context,
): Promise<FirehoseTransformationResult> {
  let failed: (index: number) => boolean;
  try {
    current = invocation(context, FIREHOSE_TIMEOUT_MS);
    const lost = await lostOf(event, context, current);
    failed = (index) => lost.has(index);
    if (lost.size > 0) logWarning("records left undecided", { count: lost.size });
  } catch (error) {
    logError(error);
    failed = () => true;
  }
  return {
    records: event.records.map(({ recordId, data }, index) => ({
      recordId,
      result: failed(index) ? "ProcessingFailed" : "Ok",
      data,
    })),
  };
}

/** @returns indexes of the records that are neither decided nor kept anywhere */
async function lostOf(
  event: FirehoseTransformationEvent,
  context: Context,
  deadline: Invocation,
): Promise<ReadonlySet<number>> {
  const { undecided, ledger, counts, rawShapes } = await look(firehoseDelivery(event), deadline);
  writeMetrics("firehose", { ...ledger, rawShapes }, context, counts);
  return new Set(undecided);
}

async function look(delivery: Delivery, deadline: Invocation): Promise<Detection> {
  if (started !== undefined) {
    const { rules, ports, options } = started;
    try {
      return await detect(delivery, rules, ports, deadline, options);
    } catch (error) {
      logError(error);
    }
  }
  const reason = started === undefined ? "not_started" : "read_failed";
  logWarning(`${reason.replace("_", " ")}: no rule has looked at these records`, { count: delivery.length });
  return putAside(delivery, reason, { quarantine, onError: logError }, deadline);
}
