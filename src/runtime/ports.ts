import { readFileSync } from "node:fs";
import QuickLRU from "quick-lru";
import type { DetectOptions, Ports } from "../detect/detect.ts";
import { parseDate } from "../ecs/iso-date.ts";
import { linePublisher, type Publisher } from "../finding/publisher.ts";
import { memoryTable } from "../history/memory-table.ts";
import { type RememberingTable, remembering } from "../history/remembering.ts";
import { ruleStarts } from "../history/starts.ts";
import type { HistoryTable } from "../history/table.ts";
import type { Detector, DetectorOptions } from "../rule/detector.ts";
import { loadRule, loadRules } from "../rule/load.ts";
import { type Quarantine, quarantineBy } from "../stream/quarantine.ts";
import type { DetectConfig, RetryConfig, SweepConfig } from "./config.ts";
import type { Life } from "./deadline.ts";
import { lazyPublisher, lazySend, lazyTable } from "./lazy.ts";
import { lineSend, type Send } from "./send.ts";
import { logError } from "./telemetry.ts";

/** How a function's settings have it decide; what is asked of the table for it, an environment remembers. */
export function detectOptions(
  { LEARN_UNTIL, LEARN, COUNTERS }: RetryConfig,
  history: HistoryTable,
): Pick<DetectOptions, "learnUntil" | "learn" | "starts" | "counters"> {
  const learnUntil = parseDate(LEARN_UNTIL);
  const counters = COUNTERS === "true";
  // The sentence of a finding says since when its history is kept.
  const starts = LEARN === "window" || counters ? ruleStarts(history) : undefined;
  return { learn: LEARN, counters, starts, ...(learnUntil === undefined ? {} : { learnUntil }) };
}

/** About 10 MB of keys: the cache keeps as many again before it drops the older half. */
const KNOWN_ENTRIES = 25_000;

/** Records that were put away lately, remembered by a warm environment. */
const PUT_AWAY_ENTRIES = 10_000;

export async function openHistory({ HISTORY_TABLE }: SweepConfig, life: Life): Promise<HistoryTable> {
  return HISTORY_TABLE === "memory" ? memoryTable() : (await import("./dynamodb.ts")).openTable(HISTORY_TABLE, life);
}

export function openPublisher({ FINDINGS_TOPIC_ARN }: SweepConfig, life: Life, onError = logError): Publisher {
  return FINDINGS_TOPIC_ARN === "stdout"
    ? linePublisher((line) => process.stdout.write(line))
    : lazyPublisher(async () =>
        (await import("./sns.ts")).openTopic(FINDINGS_TOPIC_ARN, () => life()?.signal, onError),
      );
}

export function openQueue(queueUrl: string, life: Life, onError = logError): Send {
  return queueUrl === "stdout"
    ? lineSend((line) => process.stdout.write(line))
    : lazySend(async () => (await import("./sqs.ts")).openQueue(queueUrl, () => life()?.signal, onError));
}

export function openQuarantine(queueUrl: string, life: Life, onError = logError): Quarantine {
  return quarantineBy(openQueue(queueUrl, life, onError), new QuickLRU({ maxSize: PUT_AWAY_ENTRIES }));
}

/** What a function that reads a stream stands on; each client is loaded when it is first needed. */
export function openPorts(config: DetectConfig, life: Life): Ports & { readonly history: RememberingTable } {
  return {
    history: remembering(lazyTable(() => openHistory(config, life))),
    known: knownCache(),
    publisher: openPublisher(config, life),
    quarantine: openQuarantine(config.QUARANTINE_QUEUE_URL, life),
    now: () => Date.now(),
    onError: logError,
  };
}

export function knownCache(): QuickLRU<string, number> {
  return new QuickLRU({ maxSize: KNOWN_ENTRIES });
}

/**
 * The rules of a folder, every one of them but those that are disabled, with the exceptions beside it.
 * @throws Error with the place and reason of each that cannot run: the stream keeps the data until it is mended
 */
export function openRules(folder: string, options: DetectorOptions): readonly Detector[] {
  const { detectors, disabled, errors } = loadRules(folder, options);
  if (errors.length > 0) {
    throw new Error(`rules that cannot run:\n${errors.map(({ message }) => message).join("\n")}`, { cause: errors[0] });
  }
  if (detectors.length === 0 && disabled.length > 0) throw new Error(`every rule in ${folder} is disabled`);
  if (detectors.length === 0) throw new Error(`no rules in ${folder}: put Elastic rule files (*.toml) there`);
  return detectors;
}

/** The rule that finds the canary's events. @throws RuleError where it cannot run */
export function openCanary(path: string, options: DetectorOptions): Detector {
  return loadRule(path, readFileSync(path, "utf8"), options);
}
