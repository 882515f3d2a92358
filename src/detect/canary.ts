import { parseDate } from "../ecs/iso-date.ts";
import type { Sighting } from "../history/sighting.ts";
import { isCanary } from "../rule/canary.ts";
import type { Source } from "./observe.ts";

/** The term that says for when the event was scheduled begins so (canary/event.ndjson). */
const EXECUTABLE = "/firstsight/canary/";
/** The schedule puts no event on the stream later than this (infra/canary.yml): who writes one cannot say more. */
const LATEST_START_MS = 300_000;

/**
 * How long a sighting of the canary took from when its event was scheduled until now, in ms; nothing for any other's. A
 * time that the schedule cannot have meant is the nearest to it that it can.
 * @param now epoch ms
 */
export function canaryDelay({ observations: [{ source }] }: Sighting<Source>, now: number): number | undefined {
  const { detector, terms, arrival } = source;
  if (!isCanary(detector.rule)) return undefined;
  const executable = terms.find(({ text }) => text.startsWith(EXECUTABLE))?.text ?? "";
  const scheduled = parseDate(executable.slice(EXECUTABLE.length)) ?? arrival;
  return Math.max(0, now - Math.min(Math.max(scheduled, arrival - LATEST_START_MS), arrival));
}
