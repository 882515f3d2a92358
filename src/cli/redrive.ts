import { readFileSync } from "node:fs";
import type { KinesisStreamRecord } from "aws-lambda";
import { detect } from "../detect/detect.ts";
import { imbalances } from "../detect/ledger.ts";
import { ruleSet } from "../detect/rule-set.ts";
import { detectConfig, rulesFolder } from "../runtime/config.ts";
import { openHistory, openPublisher, openQuarantine, openRules } from "../runtime/ports.ts";
import { deliveryOf } from "../stream/delivery.ts";
import { kinesisDelivery } from "../stream/kinesis.ts";
import { isQuarantined, quarantinedRecords } from "../stream/quarantine.ts";
import type { StreamRecord } from "../stream/record.ts";

const BATCH = 500;
/** A claim's lease, should this process die: the sweeper takes over then. */
const LEASE_MS = 60_000;

/**
 * Puts quarantined documents and failed batches through the rules again, under the identity and the arrival they had, so
 * that what was found before is not found anew. Files hold messages of the quarantine queue (JSON lines, or what
 * `aws sqs receive-message` prints) or objects of the failed-batch bucket. The functions' variables say which table,
 * topic and queue. Records older than history reaches make findings all the same: better one too many than one lost.
 * @returns the exit code: 1 if something could not be decided, 2 if a file cannot be read
 */
export async function redrive(paths: readonly string[], print: (line: string) => void): Promise<number> {
  const config = detectConfig(process.env);
  let records: StreamRecord[];
  try {
    records = paths.flatMap(readRecords);
  } catch (error) {
    print(error instanceof Error ? error.message : String(error));
    return 2;
  }
  const rules = ruleSet(openRules(rulesFolder(process.env), { longValues: config.LONG_VALUES }));
  const signal = () => undefined;
  const ports = {
    history: await openHistory(config, signal),
    known: new Map<string, number>(),
    publisher: openPublisher(config, signal),
    quarantine: openQuarantine(config.QUARANTINE_QUEUE_URL, signal),
    now: Date.now,
    onError: (error: unknown) => print(`error: ${error instanceof Error ? error.message : error}`),
  };
  let undecided = 0;
  for (let from = 0; from < records.length; from += BATCH) {
    const batch = records.slice(from, from + BATCH);
    const deadline = { endsAt: Date.now() + LEASE_MS, mayStart: () => true };
    const { undecided: left, ledger } = await detect(deliveryOf(batch), rules, ports, deadline, { findsStale: true });
    for (const index of left) print(`undecided: ${batch[index]?.id}`);
    for (const imbalance of imbalances(ledger)) print(`the ledger does not balance: ${imbalance}`);
    undecided += left.length;
    const { events, quarantined, matched, known, new: found, published, pending } = ledger;
    print(
      `${batch.length} records: ${events} events, ${quarantined} quarantined again, ${matched} matched, ${known} known, ${found} new (${published} published, ${pending} left to the sweeper)`,
    );
  }
  print(`${records.length} records put through, ${undecided} undecided`);
  return undecided === 0 ? 0 : 1;
}

/** @throws Error that names the file and what it should hold */
function readRecords(path: string): StreamRecord[] {
  const text = readFileSync(path, "utf8");
  const values = parseAll(text, path).flatMap(messagesIn);
  const batches = values.flatMap((value) => failedBatchRecords(value) ?? []);
  const messages = values.filter(isQuarantined);
  if (batches.length === 0 && messages.length === 0) {
    throw new Error(`${path}: neither quarantine messages nor a failed batch with its records`);
  }
  const failed = kinesisDelivery(batches);
  return [...batches.map((_, index) => failed.record(index)), ...quarantinedRecords(messages)];
}

/** One JSON value, or one a line. */
function parseAll(text: string, path: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    return text.split("\n").flatMap((line, index): unknown[] => {
      if (line.trim() === "") return [];
      try {
        return [JSON.parse(line)];
      } catch (error) {
        throw new Error(`${path}:${index + 1}: not JSON`, { cause: error });
      }
    });
  }
}

/** The bodies of what the AWS CLI prints of a queue; anything else is a message itself. */
function messagesIn(value: unknown): unknown[] {
  const { Messages } = Object(value) as { readonly Messages?: unknown };
  if (!Array.isArray(Messages)) return [value];
  return Messages.map((message: { readonly Body?: unknown }) => JSON.parse(String(message.Body)) as unknown);
}

function failedBatchRecords(value: unknown): readonly KinesisStreamRecord[] | undefined {
  const { payload } = Object(value) as { readonly payload?: unknown };
  // Lambda writes the invocation's event as an object; a copy of it may hold it as text.
  const event: unknown = typeof payload === "string" ? JSON.parse(payload) : payload;
  const { Records } = Object(event) as { readonly Records?: unknown };
  return Array.isArray(Records) ? (Records as KinesisStreamRecord[]) : undefined;
}
