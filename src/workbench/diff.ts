import type { Detector } from "../rule/detector.ts";
import type { Block } from "./input/blocks.ts";
import { type ObserverSettings, observer, type Seen } from "./observer.ts";
import { replay } from "./replay.ts";
import type { ReplayResult } from "./replay-result.ts";
import { type Spool, spool } from "./spool.ts";

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
  /** Of the rule as it is now, or else as it was. */
  readonly result: ReplayResult;
  readonly before: number;
  readonly after: number;
  readonly changes: readonly Change[];
}

/** Makes a rule ready to say why it does not match an event that the other one matches, in words. */
export type Culprit = (detector: Detector) => (text: string) => string;

/**
 * What an edit changes over recorded events. Both rules are replayed, from an empty history each: what they match and
 * what they remember both count. Findings wait in files, so what is in memory is a name of each, and what changes.
 * @param events called once for each rule
 * @param before none of a rule that is new
 * @param after none of one that is gone
 */
export async function diff(
  events: () => AsyncIterable<Block>,
  before: ObserverSettings | undefined,
  after: ObserverSettings | undefined,
  culprit: Culprit,
): Promise<Diff> {
  const found: Found[] = [];
  try {
    const was = before && (await findingsOf(events(), before));
    if (was !== undefined) found.push(was);
    const is = after && (await findingsOf(events(), after));
    if (is !== undefined) found.push(is);
    const result = (is ?? was)?.result;
    if (result === undefined) throw new Error("there is no rule to compare");
    const changes = changesOf(was, is, culprit);
    return { result, before: was?.names.size ?? 0, after: is?.names.size ?? 0, changes };
  } finally {
    for (const { spooled } of found) spooled.close();
  }
}

/** What one version of a rule finds. */
interface Found {
  readonly detector: Detector;
  readonly names: ReadonlySet<string>;
  readonly spooled: Spool<Seen>;
  readonly result: ReplayResult;
}

async function findingsOf(events: AsyncIterable<Block>, settings: ObserverSettings): Promise<Found> {
  const [detector] = observer(settings).detectors;
  if (detector === undefined) throw new Error("there is no rule to compare");
  const names = new Set<string>();
  const spooled = spool<Seen>();
  try {
    const { result } = await replay(events, {
      settings,
      workers: 0,
      onDecision({ seen, verdict, suppressed }) {
        if (verdict !== "new" || suppressed === true) return;
        names.add(nameOf(seen));
        spooled.add(seen);
      },
    });
    return { detector, names, spooled, result };
  } catch (error) {
    spooled.close();
    throw error;
  }
}

function nameOf({ terms, at }: Seen): string {
  return JSON.stringify([terms, at]);
}

/** What did it where there is one version only. */
const ALONE = { added: "the rule is new", removed: "the rule is gone" };

function changesOf(was: Found | undefined, is: Found | undefined, culprit: Culprit): Change[] {
  const gone = was === undefined ? [] : changedOf("removed", was, is, culprit);
  const come = is === undefined ? [] : changedOf("added", is, was, culprit);

  // A combination whose finding goes at one time and comes at another, within a window, has moved.
  const windowMs = Math.max(was?.detector.rule.windowMs ?? 0, is?.detector.rule.windowMs ?? 0);
  const left = Map.groupBy(gone, ({ terms }) => JSON.stringify(terms));
  const changes = come.map((change): Change => {
    const same = left.get(JSON.stringify(change.terms)) ?? [];
    const index = same.findIndex(({ at }) => Math.abs(Date.parse(at) - Date.parse(change.at)) <= windowMs);
    const [twin] = index < 0 ? [] : same.splice(index, 1);
    if (twin === undefined) return change;
    return { ...change, kind: "moved", was: twin.at, cause: twin.at < change.at ? twin.cause : change.cause };
  });
  for (const some of left.values()) for (const change of some) changes.push(change);
  return changes.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

/** The findings that only one of the versions has. */
function changedOf(
  kind: "added" | "removed",
  { detector, spooled }: Found,
  other: Found | undefined,
  culprit: Culprit,
): Change[] {
  const causeOf = other === undefined ? () => ALONE[kind] : causes(other.detector, detector, culprit);
  const changes: Change[] = [];
  for (const seen of spooled) {
    if (other?.names.has(nameOf(seen)) === true) continue;
    const { terms, at, source, line } = seen;
    changes.push({ kind, terms, at: new Date(at).toISOString(), cause: causeOf(seen), source, line });
  }
  return changes;
}

/** Says why `without` makes no finding where `made` does. */
function causes(without: Detector, made: Detector, culprit: Culprit): (seen: Seen) => string {
  const [fields, others] = [without.rule.new_terms.value, made.rule.new_terms.value].map((names) => names.join(", "));
  const inTheWay = culprit(without);
  return ({ text }) => {
    const reason = inTheWay(text);
    if (reason !== "") return reason;
    const [suppression, other] = [without, made].map(({ rule }) => JSON.stringify(rule.alert_suppression));
    if (suppression !== other) return "alert_suppression: the combination is listed in a closing message";
    if (fields !== others) return `new_terms fields: ${fields} in place of ${others}`;
    if (without.rule.windowMs !== made.rule.windowMs) return "the window: the combination was still known";
    return "the history: the combination was known from an event that only this rule matches";
  };
}
