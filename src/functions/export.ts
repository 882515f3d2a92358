import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import QuickLRU from "quick-lru";
import type { HubOwner } from "../render/asff.ts";
import { idOf } from "../render/digest.ts";
import { type Invocation, invocation } from "../runtime/deadline.ts";
import { eventBridgeSink } from "../runtime/event-bridge.ts";
import { firehoseSink } from "../runtime/firehose.ts";
import { type Queued, readQueued } from "../runtime/queued.ts";
import { securityHubSink } from "../runtime/security-hub.ts";
import type { Sink } from "../runtime/sink.ts";
import { exportConfig } from "../runtime/sink-config.ts";
import { logCounts, logError, logWarning } from "../runtime/telemetry.ts";

/** Findings that a warm environment knows a system has. */
const TAKEN_ENTRIES = 10_000;

const config = exportConfig(process.env);

let current: Invocation | undefined;
let owner: HubOwner = { account: "", region: "" };
const signal = () => current?.signal;

const sinks: readonly Sink[] = [
  ...(config.OCSF_STREAM_NAME === "" ? [] : [firehoseSink(config.OCSF_STREAM_NAME, logError, signal)]),
  ...(config.SECURITY_HUB === "" ? [] : [securityHubSink(() => owner, logError, signal)]),
  ...(config.EVENT_BUS_NAME === "" ? [] : [eventBridgeSink(config.EVENT_BUS_NAME, logError, signal)]),
];
const takenBefore = new Map(sinks.map((sink) => [sink, new QuickLRU<string, true>({ maxSize: TAKEN_ENTRIES })]));

/**
 * Hands findings to other systems, each in its own format, at least once: what one of them did not take stays in the queue
 * and comes again, for that one alone as long as the environment is warm. A finding has the same identity each time.
 */
export async function handler({ Records }: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  current = invocation(context);
  owner = ownerOf(context);
  const { queued, failed } = readQueued(Records, logError);
  const counts = await Promise.all(sinks.map((sink) => handTo(sink, queued, failed)));
  logCounts({ messages: Records.length, taken: counts.reduce((sum, count) => sum + count, 0), failed: failed.size });
  if (failed.size > 0) logWarning("messages left in the queue", { count: failed.size });
  return { batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) };
}

/** @returns how many findings were taken; adds to `failed` the ids of messages whose findings were not */
async function handTo(sink: Sink, queued: readonly Queued[], failed: Set<string>): Promise<number> {
  const before = takenBefore.get(sink);
  const due = queued.filter(({ finding }) => before?.has(idOf(finding)) !== true);
  // One finding may be in two messages, and a request must not name it twice.
  const distinct = [...new Map(due.map((each) => [idOf(each.finding), each])).values()];
  const taken = await sink(distinct);
  for (const id of taken) before?.set(id, true);
  for (const { messageId, finding } of due) if (!taken.has(idOf(finding))) failed.add(messageId);
  return taken.size;
}

/** The account and the Region that the function runs in, of its ARN: `arn:aws:lambda:REGION:ACCOUNT:function:NAME`. */
function ownerOf({ invokedFunctionArn }: Context): HubOwner {
  const [, , , region = "", account = ""] = invokedFunctionArn.split(":");
  return { region, account };
}
