import { isTime } from "../ecs/iso-date.ts";
import { type HistoryTable, READ_LIMIT, type Start } from "./table.ts";

/** A rule as far as its start goes. */
export interface StartedRule extends Omit<Start, "at"> {
  /** The start's key, from startKey. */
  readonly key: string;
}

/** When the histories of rules began, as an environment knows it. */
export interface RuleStarts {
  /**
   * When each of them began, epoch ms, by its key; one that has not begins now. Asks the table for those that are not
   * known here, and once an hour for those that still learn: a backfill may have moved their start back.
   * @param at what the stream shows the rules just now, by arrival, epoch ms
   * @param begins false leaves those out that have not begun, as for records of the past
   */
  of(rules: readonly StartedRule[], at: number, begins?: boolean): Promise<ReadonlyMap<string, number>>;
}

const TRUST_MS = 3_600_000;
/** After a failure it is so long the answer: a table that is down is asked by what else needs it. */
const PAUSE_MS = 5000;
/** Rules that begin side by side: all of them, once. */
const AT_ONCE = 10;
/** Parked sightings bring rules along that this environment does not have. */
const MAX_STARTS = 10_000;

/** @param now wall clock, epoch ms */
export function ruleStarts(
  table: Pick<HistoryTable, "starts" | "start">,
  now: () => number = () => Date.now(),
): RuleStarts {
  const known = new Map<string, { readonly at: number; readonly readAt: number }>();
  let underWay: Promise<unknown> | undefined;
  let failed: { readonly error: unknown; readonly until: number } | undefined;

  const isTrusted = ({ key, windowMs }: StartedRule, at: number): boolean => {
    const start = known.get(key);
    return start !== undefined && (isLearned({ at: start.at, windowMs }, at) || now() - start.readAt < TRUST_MS);
  };

  async function ask(rules: readonly StartedRule[], at: number, begins: boolean): Promise<void> {
    if (known.size > MAX_STARTS) known.clear();
    for (let from = 0; from < rules.length; from += READ_LIMIT) {
      const some = rules.slice(from, from + READ_LIMIT);
      const found = await table.starts(some.map(({ key }) => key));
      const readAt = now();
      for (const [key, { since }] of found) known.set(key, { at: since, readAt });
      const absent = begins ? some.filter(({ key }) => !found.has(key)) : [];
      for (let first = 0; first < absent.length; first += AT_ONCE) {
        const begun = absent.slice(first, first + AT_ONCE).map(async ({ key, ...rule }) => {
          known.set(key, { at: await table.start(key, { ...rule, at }), readAt });
        });
        await Promise.all(begun);
      }
    }
  }

  return {
    async of(rules, at, begins = true) {
      for (;;) {
        const unknown = rules.filter((rule) => !isTrusted(rule, at));
        if (unknown.length === 0) break;
        if (underWay !== undefined) {
          // Who began it is told of its failure, and so is who waits for the same.
          await underWay;
          continue;
        }
        if (failed !== undefined && now() < failed.until) throw failed.error;
        const own = ask(unknown, at, begins).finally(() => {
          underWay = undefined;
        });
        underWay = own;
        try {
          await own;
        } catch (error) {
          failed = { error, until: now() + PAUSE_MS };
          throw error;
        }
        if (!begins) break;
      }
      return new Map(rules.flatMap(({ key }) => [[key, known.get(key)?.at] as const]).filter(isKnown));
    },
  };
}

function isKnown(entry: readonly [string, number | undefined]): entry is readonly [string, number] {
  return entry[1] !== undefined;
}

/** True once the stream was seen for a window from a rule's start on. @param at arrival, epoch ms */
export function isLearned({ at: start, windowMs }: Pick<Start, "at" | "windowMs">, at: number): boolean {
  return at >= start + windowMs;
}

/** How far a rule has come with learning. */
export interface RuleLearning {
  readonly ruleId: string;
  /** `unseen`: no function has shown it the stream. `unreadable`: its start is no time. */
  readonly state: "unseen" | "learning" | "learned" | "unreadable";
  /** Epoch ms, of the stream: since when its history is kept, and until when it learns where it is to learn a window. */
  readonly since?: number;
  readonly until?: number;
}

/**
 * What the table tells of rules' learning, in their order: one read for each hundred.
 * @param at how far the stream is, by arrival, epoch ms
 */
export async function learningOf(
  table: Pick<HistoryTable, "starts">,
  rules: readonly StartedRule[],
  at: number,
): Promise<RuleLearning[]> {
  const learning: RuleLearning[] = [];
  for (let from = 0; from < rules.length; from += READ_LIMIT) {
    const some = rules.slice(from, from + READ_LIMIT);
    const found = await table.starts(some.map(({ key }) => key));
    for (const { key, ruleId, windowMs } of some) {
      const since = found.get(key)?.since;
      if (since === undefined) learning.push({ ruleId, state: "unseen" });
      else if (!isTime(since) || !isTime(since + windowMs)) learning.push({ ruleId, state: "unreadable" });
      else {
        const state = isLearned({ at: since, windowMs }, at) ? "learned" : "learning";
        learning.push({ ruleId, state, since, until: since + windowMs });
      }
    }
  }
  return learning;
}
