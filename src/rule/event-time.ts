import { isTime, parseDate } from "../ecs/iso-date.ts";
import type { EcsEvent } from "../ecs/json.ts";
import { isLeaf, leafText } from "../ecs/leaf.ts";
import { type FieldPath, fieldPath } from "../ecs/path.ts";
import type { Rule } from "./rule.ts";

/**
 * Whose clock places an event in the history. `arrival`: the stream's, which no sender can set. `event`: the event's
 * own, for replay and backfill of data that was stamped by an ingest pipeline.
 */
export type TimeSource = "arrival" | "event";

const TIMESTAMP = fieldPath("@timestamp");

const MAX_SKEW_MS = 5 * 60_000;
const MAX_LATE_MS = 24 * 3_600_000;

/** @returns epoch ms at which an event counts, given when it arrived */
export function eventTime(
  rule: Pick<Rule, "timestamp_override" | "timestamp_override_fallback_disabled" | "windowMs">,
  source: TimeSource,
): (event: EcsEvent, arrival: number) => number {
  if (source === "arrival") return (_, arrival) => arrival;
  const override = rule.timestamp_override === undefined ? undefined : fieldPath(rule.timestamp_override);
  const fallback = override === undefined || rule.timestamp_override_fallback_disabled !== true;
  const maxLate = Math.min(MAX_LATE_MS, rule.windowMs / 2);
  return (event, arrival) => {
    const stamp = (override && stampAt(override, event)) ?? (fallback ? stampAt(TIMESTAMP, event) : undefined);
    // A stamp out of bounds is not clamped: last seen would then stand where the sender wanted it.
    const plausible = stamp !== undefined && stamp <= arrival + MAX_SKEW_MS && stamp >= arrival - maxLate;
    return plausible ? stamp : arrival;
  };
}

/** The field that a replay takes an event's time from; `arrival` is when a stream received it. */
export type Clock = "arrival" | "@timestamp" | "event.ingested";

/**
 * When an event of the past counts, by its own word: there is no stream any more that could say it.
 * @param clock by default the field that the rule says, or else `@timestamp`
 * @returns epoch ms, or nothing where the event does not say
 */
export function recordedTime(
  { timestamp_override, timestamp_override_fallback_disabled }: Parameters<typeof eventTime>[0],
  clock?: Exclude<Clock, "arrival">,
): (event: EcsEvent) => number | undefined {
  const first = fieldPath(clock ?? timestamp_override ?? "@timestamp");
  const hasFallback = clock === undefined && timestamp_override_fallback_disabled !== true;
  return (event) => stampAt(first, event) ?? (hasFallback ? stampAt(TIMESTAMP, event) : undefined);
}

/** The first date that a field holds and a Date can tell, in epoch ms. */
export function stampAt(path: FieldPath, event: EcsEvent): number | undefined {
  for (const value of path.values(event)) {
    const stamp = value !== null && isLeaf(value) ? parseDate(leafText(value)) : undefined;
    if (stamp !== undefined && isTime(stamp)) return stamp;
  }
  return undefined;
}
