import type { EcsEvent } from "../../ecs/json.ts";
import { normalise } from "../../normalize/normalize.ts";
import { pieces } from "../../stream/payload.ts";
import { ZERO } from "./moment.ts";
import { historyOf, type Outcome, outcomeOf, type Played } from "./outcome.ts";
import type { Scenario } from "./scenario.ts";
import { type Sent, sentBy } from "./sent.ts";
import { streamOf } from "./stream.ts";

/** End of what only teaches, epoch ms. */
export function learnUntilOf({ learnMs }: Scenario): number | undefined {
  return learnMs === undefined ? undefined : ZERO + learnMs;
}

/**
 * Plays a test as it is written: each event is a delivery by itself, at its own time, to a process that stays warm.
 * @param look sees each event that was read
 */
export async function play(
  scenario: Scenario,
  played: Played,
  look: (event: EcsEvent, at: number) => void,
): Promise<(readonly [Sent, Outcome])[]> {
  const stream = streamOf(played.rules, learnUntilOf(scenario));
  const outcomes: (readonly [Sent, Outcome])[] = [];
  for (const sent of sentBy(scenario)) {
    const { record } = sent;
    const events = [...pieces(record)].flatMap((piece) =>
      piece.kind === "event" ? [normalise(piece.event).event] : [],
    );
    for (const event of events) look(event, played.detector.timeOf(event, record.arrival));
    // As the delivery does: what it does not find any more is not told of.
    stream.history.expire(record.arrival);
    const before = events.flatMap((event) => historyOf(event, record.arrival, played.detector, stream.history));
    const delivered = await stream.deliver([record], record.arrival);
    outcomes.push([
      sent,
      outcomeOf(delivered, { events, before, at: record.arrival, played, learnMs: scenario.learnMs }),
    ]);
  }
  return outcomes;
}
