import { LRUCache } from "lru-cache";
import { linePublisher, type Publisher } from "../finding/publisher.ts";
import { snsPublisher } from "../finding/sns-publisher.ts";
import { dynamoDbTable } from "../history/dynamodb-table.ts";
import { memoryTable } from "../history/memory-table.ts";
import type { HistoryTable } from "../history/table.ts";
import type { Detector, DetectorOptions } from "../rule/detector.ts";
import { loadRules } from "../rule/load.ts";
import { type Quarantine, quarantineBy } from "../stream/quarantine.ts";
import { dynamoDb, sns, sqs } from "./clients.ts";
import type { SweepConfig } from "./config.ts";
import { lineSend, type Send, sqsSend } from "./sqs-queue.ts";
import { logError } from "./telemetry.ts";

/** About 10 MB of keys. */
const KNOWN_ENTRIES = 50_000;

type Signal = () => AbortSignal | undefined;

export function openHistory({ HISTORY_TABLE }: SweepConfig, signal: Signal): HistoryTable {
  return HISTORY_TABLE === "memory" ? memoryTable() : dynamoDbTable(dynamoDb(), HISTORY_TABLE, signal);
}

export function openPublisher({ FINDINGS_TOPIC_ARN }: SweepConfig, signal: Signal): Publisher {
  return FINDINGS_TOPIC_ARN === "stdout"
    ? linePublisher((line) => process.stdout.write(line))
    : snsPublisher(sns(), FINDINGS_TOPIC_ARN, logError, signal);
}

export function openQueue(queueUrl: string, signal: Signal): Send {
  return queueUrl === "stdout"
    ? lineSend((line) => process.stdout.write(line))
    : sqsSend(sqs(), queueUrl, logError, signal);
}

export function openQuarantine(queueUrl: string, signal: Signal): Quarantine {
  return quarantineBy(openQueue(queueUrl, signal));
}

export function knownCache(): LRUCache<string, number> {
  return new LRUCache({ max: KNOWN_ENTRIES });
}

/**
 * The rules of a folder, every one of them.
 * @throws Error with the place and reason of each that cannot run: the stream keeps the data until it is mended
 */
export function openRules(folder: string, options: DetectorOptions): readonly Detector[] {
  const { detectors, errors } = loadRules(folder, options);
  if (errors.length > 0) {
    throw new Error(`rules that cannot run:\n${errors.map(({ message }) => message).join("\n")}`, { cause: errors[0] });
  }
  if (detectors.length === 0) throw new Error(`no rules in ${folder}: put Elastic rule files (*.toml) there`);
  return detectors;
}
