import { readFileSync } from "node:fs";

const EVENT = new URL("../../canary/event.ndjson", import.meta.url);

/**
 * The canary's event as Scheduler puts it on the stream, with what it fills in.
 * @param scheduledAt epoch ms; Scheduler tells seconds
 * @param executionId what tells an attempt from all others
 */
export function canaryEvent(scheduledAt: number, executionId: string): string {
  const scheduledTime = `${new Date(scheduledAt).toISOString().slice(0, -".000Z".length)}Z`;
  return readFileSync(EVENT, "utf8")
    .replaceAll("<aws.scheduler.scheduled-time>", scheduledTime)
    .replaceAll("<aws.scheduler.execution-id>", executionId);
}
