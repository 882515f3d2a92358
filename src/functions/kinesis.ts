import type { Context, KinesisStreamBatchResponse, KinesisStreamEvent } from "aws-lambda";
import { detect } from "../detect/detect.ts";
import { ruleSet } from "../detect/rule-set.ts";
import { canaryFile, kinesisConfig, rulesFolder } from "../runtime/config.ts";
import { type Invocation, invocation } from "../runtime/deadline.ts";
import { openNetworks } from "../runtime/networks.ts";
import { detectOptions, openCanary, openPorts, openRules } from "../runtime/ports.ts";
import { logError, logWarning, writeMetrics } from "../runtime/telemetry.ts";
import { kinesisDelivery } from "../stream/kinesis.ts";

// Read once, when the environment starts: what is wrong here fails every invocation, and the stream keeps the data.
const config = kinesisConfig(process.env);
await openNetworks(process.env);
const ruleOptions = { longValues: config.LONG_VALUES };
const rules = ruleSet([
  ...openRules(rulesFolder(process.env), ruleOptions),
  ...(config.CANARY === "true" ? [openCanary(canaryFile(process.env), ruleOptions)] : []),
]);

let current: Invocation | undefined;
const life = () => current;
const ports = openPorts(config, life);
const options = detectOptions(config, ports.history);

/**
 * Works a Kinesis batch. Every record is worked; the answer names the first that holds something undecided, from which
 * Lambda delivers again. The mapping must have ReportBatchItemFailures, or Lambda ignores the answer. Whatever is thrown,
 * the answer is that nothing is decided: so the mapping halves the batch until the record at fault is alone.
 */
export async function handler(event: KinesisStreamEvent, context: Context): Promise<KinesisStreamBatchResponse> {
  try {
    return answer(event, await undecidedOf(event, context));
  } catch (error) {
    logError(error);
    return answer(event, [0]);
  }
}

async function undecidedOf(event: KinesisStreamEvent, context: Context): Promise<readonly number[]> {
  current = invocation(context);
  const delivery = kinesisDelivery(event.Records);
  const { undecided, ledger, counts, rawShapes } = await detect(delivery, rules, ports, current, options);
  writeMetrics("kinesis", { ...ledger, rawShapes }, context, counts);
  return undecided;
}

function answer({ Records }: KinesisStreamEvent, undecided: readonly number[]): KinesisStreamBatchResponse {
  const first = undecided[0] === undefined ? undefined : Records[undecided[0]];
  if (first === undefined) return { batchItemFailures: [] };
  logWarning("records left undecided", { count: undecided.length, first: first.eventID });
  return { batchItemFailures: [{ itemIdentifier: first.kinesis.sequenceNumber }] };
}
