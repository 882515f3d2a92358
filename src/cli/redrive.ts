import { readFileSync } from "node:fs";
import type { KinesisStreamRecord } from "aws-lambda";
import { unhurried } from "../detect/deadline.ts";
import { detect } from "../detect/detect.ts";
import { imbalances } from "../detect/ledger.ts";
import { ruleSet } from "../detect/rule-set.ts";
import { remembering } from "../history/remembering.ts";
import { type DetectConfig, detectConfig, rulesFolder } from "../runtime/config.ts";
import { detectOptions, openHistory, openPublisher, openQuarantine, openRules } from "../runtime/ports.ts";
import { REDRIVE_BUDGET } from "../stream/budget.ts";
import { deliveryOf } from "../stream/delivery.ts";
import { kinesisDelivery } from "../stream/kinesis.ts";
import { isQuarantined, type QuarantineMessage, quarantinedRecords } from "../stream/quarantine.ts";
import type { StreamRecord } from "../stream/record.ts";

const BATCH = 500;
/** A claim's lease, should this process die: the sweeper takes over then. */
const LEASE_MS = 60_000;

type Print = (line: string) => void;

/**
 * Puts quarantined documents and failed batches through the rules again, under the identity and the arrival they had, so
 * that what was found before is not found anew. Files hold messages of the quarantine queue (JSON lines, or what
 * `aws sqs receive-message` prints) or objects of the failed-batch bucket. The functions' variables say which table,
 * topic and queue. Records older than history reaches make findings all the same, which say that they may be repeats:
 * better one too many than one lost. What cannot be read is said, and passed over.
 * @returns the exit code: 1 if something could not be decided, 2 if something could not be read
 */
export async function redrive(paths: readonly string[], print: Print, isJson = false): Promise<number> {
  let config: DetectConfig;
  let rules: ReturnType<typeof ruleSet>;
  try {
    config = detectConfig(process.env);
    rules = ruleSet(openRules(rulesFolder(process.env), { longValues: config.LONG_VALUES }));
  } catch (error) {
    print(messageOf(error));
    return 2;
  }
  const { records, unreadable } = readFiles(paths);
  if (!isJson) for (const reason of unreadable) print(`cannot be read: ${reason}`);
  const undecided = await putThrough(records, rules, config, isJson ? () => {} : print);
  const sum = { records: records.length, undecided, unreadable };
  if (isJson) print(JSON.stringify(sum, undefined, 2));
  else print(`${records.length} records put through, ${undecided} undecided, ${unreadable.length} unreadable`);
  return unreadable.length > 0 ? 2 : undecided > 0 ? 1 : 0;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** @returns how many records could not be decided */
async function putThrough(
  records: readonly StreamRecord[],
  rules: ReturnType<typeof ruleSet>,
  config: DetectConfig,
  print: Print,
): Promise<number> {
  const life = () => undefined;
  const ports = {
    history: remembering(await openHistory(config, life)),
    known: new Map<string, number>(),
    publisher: openPublisher(config, life),
    quarantine: openQuarantine(config.QUARANTINE_QUEUE_URL, life),
    now: Date.now,
    onError: (error: unknown) => print(`error: ${messageOf(error)}`),
  };
  const options = { ...detectOptions(config, ports.history), findsStale: true, budget: REDRIVE_BUDGET };
  let undecided = 0;
  for (let from = 0; from < records.length; from += BATCH) {
    const batch = records.slice(from, from + BATCH);
    const deadline = unhurried(Date.now() + LEASE_MS);
    const { undecided: left, ledger } = await detect(deliveryOf(batch), rules, ports, deadline, options);
    for (const index of left) print(`undecided: ${batch[index]?.id}`);
    for (const imbalance of imbalances(ledger)) print(`the ledger does not balance: ${imbalance}`);
    undecided += left.length;
    const { events, quarantined, matched, known, new: found, learned, published, pending } = ledger;
    print(
      `${batch.length} records: ${events} events, ${quarantined} quarantined again, ${matched} matched, ${known} known, ${found} new (${published} published, ${pending} left to the sweeper)${learned === 0 ? "" : `, ${learned} learned`}`,
    );
  }
  return undecided;
}

interface Found {
  readonly records: readonly StreamRecord[];
  /** Why something could not be read, with its place. */
  readonly unreadable: readonly string[];
}

function readFiles(paths: readonly string[]): Found {
  const unreadable: string[] = [];
  const failed: KinesisStreamRecord[] = [];
  const messages: QuarantineMessage[] = [];
  for (const path of paths) {
    for (const { value, place } of valuesIn(path, unreadable)) {
      const batch = failedBatchRecords(value);
      if (batch !== undefined) for (const record of batch) failed.push(record);
      else if (isQuarantined(value)) messages.push(value);
      else unreadable.push(`${place}: neither a quarantine message nor a failed batch with its records`);
    }
  }
  const delivery = kinesisDelivery(failed);
  // Parts of one may lie in several files.
  const restored = quarantinedRecords(messages);
  return {
    records: [...failed.map((_, index) => delivery.record(index)), ...restored.records],
    unreadable: [...unreadable, ...restored.unreadable],
  };
}

interface Placed {
  readonly value: unknown;
  readonly place: string;
}

/** What a file holds: one JSON value, or one a line; of what the AWS CLI prints of a queue, the lines of the bodies. */
function valuesIn(path: string, unreadable: string[]): Placed[] {
  const read = (text: string, place: string): Placed[] => {
    const whole = parsed(text);
    if (whole !== undefined) return unwrapped(whole.value, place);
    return text.split("\n").flatMap((line, index): Placed[] => {
      if (line.trim() === "") return [];
      const one = parsed(line);
      if (one === undefined) unreadable.push(`${place}:${index + 1}: not JSON`);
      return one === undefined ? [] : unwrapped(one.value, `${place}:${index + 1}`);
    });
  };
  const unwrapped = (value: unknown, place: string): Placed[] => {
    const { Messages } = Object(value) as { readonly Messages?: unknown };
    if (!Array.isArray(Messages)) return [{ value, place }];
    return Messages.flatMap((message: { readonly Body?: unknown } | null, index) => {
      const where = `${place}: message ${index + 1}`;
      if (typeof message?.Body === "string") return read(message.Body, where);
      unreadable.push(`${where}: no body`);
      return [];
    });
  };
  let text: string;
  try {
    // Some shells write a byte order mark.
    text = readFileSync(path, "utf8").replace(/^\ufeff/, "");
  } catch (error) {
    unreadable.push(messageOf(error));
    return [];
  }
  return read(text, path);
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/** Of a failed-batch object the records that are some. Lambda writes the event as an object; a copy may hold it as text. */
function failedBatchRecords(value: unknown): readonly KinesisStreamRecord[] | undefined {
  const { payload } = Object(value) as { readonly payload?: unknown };
  const event: unknown = typeof payload === "string" ? parsed(payload)?.value : payload;
  const { Records } = Object(event) as { readonly Records?: unknown };
  return Array.isArray(Records) && Records.every(isKinesisRecord) ? Records : undefined;
}

function isKinesisRecord(record: unknown): record is KinesisStreamRecord {
  const { eventID, kinesis } = Object(record) as { readonly eventID?: unknown; readonly kinesis?: unknown };
  const { data, approximateArrivalTimestamp: arrival } = Object(kinesis) as Record<string, unknown>;
  return typeof eventID === "string" && typeof data === "string" && typeof arrival === "number";
}
