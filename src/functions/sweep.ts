import type { Context } from "aws-lambda";
import { publishWith } from "../finding/publisher.ts";
import { remembering } from "../history/remembering.ts";
import { sweep } from "../history/sweep.ts";
import { sweepConfig } from "../runtime/config.ts";
import { type Invocation, invocation } from "../runtime/deadline.ts";
import { openHistory, openPublisher } from "../runtime/ports.ts";
import { logError, writeMetrics } from "../runtime/telemetry.ts";

const config = sweepConfig(process.env);

let current: Invocation | undefined;
const life = () => current;
const table = remembering(await openHistory(config, life));
const publish = publishWith(openPublisher(config, life), table);

/**
 * Publishes what dead invocations claimed and left. Run each minute.
 * @throws Error where a part of the outbox could not be read, so that the alarm on errors rings: what waits there is in
 * no metric
 */
export async function handler(_event: unknown, context: Context): Promise<void> {
  current = invocation(context);
  const { mayStart } = current;
  const { report, failure } = await sweep({ table, publish, now: Date.now, mayStart, onError: logError });
  writeMetrics("sweep", report, context);
  if (failure !== undefined) throw failure;
}
