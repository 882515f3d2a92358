import type { Detector } from "../rule/detector.ts";
import type { Block } from "./input/input.ts";
import { type ObserverSettings, observer, type Seen } from "./observer.ts";
import { replay } from "./replay.ts";
import type { ReplayResult } from "./replay-result.ts";

/** A finding that an edit of a rule adds, takes away, or moves in time. */
export interface Change {
  readonly kind: "added" | "removed" | "moved";
  readonly terms: readonly string[];
  readonly at: string;
  /** Of one that moved: when it was found before the edit. */
  readonly was?: string;
  /** What did it, in words. */
  readonly cause: string;
  readonly source: string;
  readonly line: number;
}

export interface Diff {
  /** Of the rule as it is now. */
  readonly result: ReplayResult;
  readonly before: number;
  readonly after: number;
  readonly changes: readonly Change[];
}

/** Why a rule does not match an event that the other one matches, in words. */
export type Culprit = (detector: Detector, text: string) => string;

/**
 * What an edit changes over recorded events. Both rules are replayed, from an empty history each: what they match and
 * what they remember both count.
 * @param events called twice
 */
export async function diff(
  events: () => AsyncIterable<Block>,
  before: ObserverSettings,
  after: ObserverSettings,
  culprit: Culprit,
): Promise<Diff> {
  const [old, now] = [observer(before), observer(after)];
  const [{ found: was }, { found: is, result }] = [
    await findingsOf(events(), before),
    await findingsOf(events(), after),
  ];
  const [[first], [second]] = [old.detectors, now.detectors];
  if (first === undefined || second === undefined) throw new Error("there is no rule to compare");
  const nameOf = ({ terms, at }: Seen) => JSON.stringify([terms, at]);
  const [wasNames, isNames] = [new Set(was.map(nameOf)), new Set(is.map(nameOf))];
  const gone = was.filter((seen) => !isNames.has(nameOf(seen)));
  const come = is.filter((seen) => !wasNames.has(nameOf(seen)));

  // A combination whose finding goes at one time and comes at another, within a window, has moved.
  const windowMs = Math.max(first.rule.windowMs, second.rule.windowMs);
  const left = Map.groupBy(gone, ({ terms }) => JSON.stringify(terms));
  const changes: Change[] = [];
  for (const seen of come) {
    const same = left.get(JSON.stringify(seen.terms)) ?? [];
    const index = same.findIndex(({ at }) => Math.abs(at - seen.at) <= windowMs);
    const [twin] = index < 0 ? [] : same.splice(index, 1);
    if (twin === undefined) changes.push(changeOf("added", seen, causeOf(seen, first, second, culprit)));
    else {
      const earlier = twin.at < seen.at ? causeOf(twin, second, first, culprit) : causeOf(seen, first, second, culprit);
      changes.push({ ...changeOf("moved", seen, earlier), was: new Date(twin.at).toISOString() });
    }
  }
  for (const seen of [...left.values()].flat())
    changes.push(changeOf("removed", seen, causeOf(seen, second, first, culprit)));
  changes.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  return { result, before: was.length, after: is.length, changes };
}

async function findingsOf(
  events: AsyncIterable<Block>,
  settings: ObserverSettings,
): Promise<{ readonly found: readonly Seen[]; readonly result: ReplayResult }> {
  const found: Seen[] = [];
  const { result } = await replay(events, {
    settings,
    workers: 0,
    onDecision({ seen, verdict }) {
      if (verdict === "new") found.push(seen);
    },
  });
  return { found, result };
}

function changeOf(kind: Change["kind"], { terms, at, source, line }: Seen, cause: string): Change {
  return { kind, terms, at: new Date(at).toISOString(), cause, source, line };
}

/** Why `without` makes no finding where `made` does. */
function causeOf({ text }: Seen, without: Detector, made: Detector, culprit: Culprit): string {
  const [fields, others] = [without.rule.new_terms.value, made.rule.new_terms.value].map((names) => names.join(", "));
  const reason = culprit(without, text);
  if (reason !== "") return reason;
  if (fields !== others) return `new_terms fields: ${fields} in place of ${others}`;
  if (without.rule.windowMs !== made.rule.windowMs) return "the window: the combination was still known";
  return "the history: the combination was known from an event that only this rule matches";
}
