import { LAG_MS } from "../../history/table.ts";
import { momentText } from "./moment.ts";
import type { Played } from "./outcome.ts";
import { learnUntilOf } from "./play.ts";
import type { Scenario } from "./scenario.ts";
import { type Sent, sentBy } from "./sent.ts";
import { streamOf } from "./stream.ts";

/** Orders and batch splits that a shuffled test is played in. */
export const ORDERS = 20;

/** An order of events, or a split into batches, that gave another answer than the file's own. */
export interface Difference {
  /** Which of the orders, 1-based. */
  readonly order: number;
  readonly expected: string;
  readonly actual: string;
}

/**
 * Plays a test in other orders of what comes at one moment, and split into other batches, some of them after a restart:
 * the findings of each moment must be the same.
 * @param seed the orders follow from it
 */
export async function playShuffled(scenario: Scenario, played: Played, seed: number): Promise<Difference | undefined> {
  const random = randomFrom(seed);
  const sents = sentBy(scenario);
  const straight = await answer(
    sents.map((sent) => [sent]),
    scenario,
    played,
    () => 1,
  );
  for (let order = 1; order <= ORDERS; order++) {
    const other = await answer(batches(reordered(sents, random), random), scenario, played, random);
    if (other === straight) continue;
    return { order, ...firstDifference(straight.split("\n"), other.split("\n")) };
  }
  return undefined;
}

/** The findings of each moment, a line each. What is known, and how long ago, may depend on who came first. */
async function answer(
  deliveries: readonly (readonly Sent[])[],
  scenario: Scenario,
  { rules }: Played,
  random: () => number,
): Promise<string> {
  const stream = streamOf(rules, learnUntilOf(scenario));
  const lines: string[] = [];
  for (const batch of deliveries) {
    if (random() < 0.3) stream.restart();
    const { findings } = await stream.deliver(
      batch.map(({ record }) => record),
      batch.at(-1)?.record.arrival ?? 0,
    );
    for (const { terms, at } of findings) lines.push(`${momentText(at)} [${terms.join(", ")}]`);
  }
  return lines.sort().join("\n");
}

function firstDifference(
  straight: readonly string[],
  other: readonly string[],
): Pick<Difference, "expected" | "actual"> {
  const counted = (line: string, lines: readonly string[]) => lines.filter((each) => each === line).length;
  const differs = (line: string) => counted(line, straight) !== counted(line, other);
  const times = (line: string | undefined, lines: readonly string[]) =>
    line === undefined || line === "" ? "no finding" : `${counted(line, lines)} of ${line}`;
  const line = straight.find(differs) ?? other.find(differs);
  return { expected: times(line, straight), actual: times(line, other) };
}

/** In order of time, and in any order where the time is the same. */
function reordered(sents: readonly Sent[], random: () => number): Sent[] {
  const keyed = sents.map((sent) => ({ sent, rank: random() }));
  keyed.sort((a, b) => a.sent.record.arrival - b.sent.record.arrival || a.rank - b.rank);
  return keyed.map(({ sent }) => sent);
}

/** Batches of one event to all. None holds what would be too old for the history by the time of its last. */
function batches(sents: readonly Sent[], random: () => number): Sent[][] {
  const goesOn = random();
  const all: Sent[][] = [];
  for (const sent of sents) {
    const batch = all.at(-1);
    const start = batch?.[0]?.record.arrival;
    const fits = start !== undefined && sent.record.arrival - start <= LAG_MS;
    if (batch !== undefined && fits && random() < goesOn) batch.push(sent);
    else all.push([sent]);
  }
  return all;
}

/** Mulberry32: small, and the same everywhere. Values in [0, 1). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
