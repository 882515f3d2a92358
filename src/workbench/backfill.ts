import QuickLRU from "quick-lru";
import { previewOf } from "../detect/detect.ts";
import { startedRule } from "../detect/rule-set.ts";
import { counterKey } from "../history/key.ts";
import { refreshStep, settle } from "../history/settle.ts";
import { chainSightings } from "../history/sighting.ts";
import { type Count, type HistoryTable, LAG_MS, MOST_COUNTED, READ_LIMIT, type Started } from "../history/table.ts";
import { eachBlock } from "./each-block.ts";
import type { Block } from "./input/blocks.ts";
import { type ObserverSettings, observer, type Seen } from "./observer.ts";
import { openObservers } from "./observers.ts";
import { BATCH, BLOCKS_PER_WORKER, MOST_WAITING } from "./replay.ts";
import { timeline } from "./timeline.ts";

export interface BackfillOptions {
  readonly table: HistoryTable;
  /** `now` is the wall clock: nothing after it is taught, and nothing that history has forgotten by then. */
  readonly settings: ObserverSettings;
  /** Threads that read and match; none does it in this one. */
  readonly workers: number;
  /** Events from then on are left to the functions, epoch ms. By default, of each rule, from when they first showed it the stream, if they have. */
  readonly to?: number;
  /** True counts the values of combinations, too. */
  readonly counters: boolean;
  /** Told of combinations looked at so far in the table, and of all that there are. */
  readonly onTaught?: (done: number, all: number) => void;
}

export interface Backfilled {
  readonly lines: number;
  readonly events: number;
  /** Records, and log events of envelopes, passed over unparsed. */
  readonly skipped: number;
  readonly rejected: number;
  /** Sightings of combinations. */
  readonly sightings: number;
  /** Of these: before what history keeps, and from when the functions or the future have them. */
  readonly tooOld: number;
  readonly tooLate: number;
  /** The others: written, as combinations that were learned, and known to the table. */
  readonly learned: number;
  readonly known: number;
  /** Values that are counted higher, or since sooner, than before. */
  readonly counted: number;
  readonly rules: readonly RuleBackfilled[];
}

interface RuleBackfilled {
  readonly ruleId: string;
  readonly sightings: number;
  /** Since when its history is kept, epoch ms; none of a rule that no function has shown the stream. */
  readonly since?: number;
  /** True where that is earlier than before. */
  readonly isMoved: boolean;
}

/** Combinations whose last seen this process remembers: some 50 MB. */
const KNOWN_ENTRIES = 100_000;
/** Combinations that are counted; those after them are taught all the same. */
const MOST_DISTINCT = 200_000;
const LANES = 16;
const RECOUNTS = 5;

/**
 * Teaches a history what the rules would have seen in events of the past, in order of their own time and by the decider of
 * the functions, and finds nothing. It may run beside them: last seen only grows, and what is pending stays so. Run again,
 * whole or after it was ended anywhere, it leaves the table as one run does.
 * @throws Error where the table cannot be asked
 */
export async function backfill(blocks: AsyncIterable<Block>, options: BackfillOptions): Promise<Backfilled> {
  const { settings, table, workers, counters } = options;
  const own = observer(settings);
  const observers = openObservers(settings, workers, () => own);
  const rules = own.detectors.map(({ rule }) => startedRule(rule));
  const starts = await startsOf(
    table,
    rules.map(({ key }) => key),
  );
  const limits = rules.map(({ key, windowMs }) => ({
    from: settings.now - windowMs - LAG_MS,
    to: Math.min(settings.now, options.to ?? starts.get(key)?.shown ?? Number.POSITIVE_INFINITY),
  }));
  const waiting = timeline<Seen>(MOST_WAITING);
  const sums = {
    lines: 0,
    events: 0,
    skipped: 0,
    rejected: 0,
    sightings: 0,
    tooOld: 0,
    tooLate: 0,
    learned: 0,
    known: 0,
  };
  const perRule = rules.map(() => 0);
  const covered = { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY };
  let all = 0;
  try {
    await eachBlock(blocks, Math.max(1, workers * BLOCKS_PER_WORKER), async (block) => {
      const { lines, ledger, seen, times } = await observers.look(block);
      sums.lines += lines;
      sums.events += ledger.events;
      sums.skipped += ledger.skipped + ledger.passedOver;
      sums.rejected += ledger.quarantined;
      for (const at of times) cover(at);
      const inside = seen.filter(({ at, rule, terms }) => {
        // An event with more combinations than are looked at is announced once, and never again.
        if (terms.length === 0) return false;
        sums.sightings++;
        cover(at);
        const { from, to } = limits[rule] ?? { from: Number.NaN, to: Number.NaN };
        if (at < from) sums.tooOld++;
        else if (at >= to) sums.tooLate++;
        else perRule[rule] = (perRule[rule] ?? 0) + 1;
        return at >= from && at < to;
      });
      all += inside.length;
      // Nothing is found, so that no line is needed again.
      await waiting.add(inside.map((each) => ({ ...each, text: "" })));
    });

    const count = counting(own.detectors.map(({ rule }) => ({ ...startedRule(rule), fields: rule.new_terms.value })));
    const known = new QuickLRU<string, number>({ maxSize: KNOWN_ENTRIES });
    let batch: Seen[] = [];
    let done = 0;
    const flush = async () => {
      const verdicts = await teach(batch, { table, known, windowOf: (rule) => rules[rule]?.windowMs ?? 0, ruleIdOf });
      sums.learned += verdicts.learned;
      sums.known += verdicts.known;
      if (counters) for (const seen of batch) count.add(seen);
      done += batch.length;
      options.onTaught?.(done, all);
      batch = [];
    };
    for await (const seen of waiting.ordered()) {
      batch.push(seen);
      if (batch.length === BATCH) await flush();
    }
    await flush();
    const counted = counters ? await count.write(table) : 0;
    return { ...sums, counted, rules: await moveStarts() };
  } finally {
    waiting.close();
    await observers.close();
  }

  function ruleIdOf(rule: number): string {
    return rules[rule]?.ruleId ?? "";
  }

  function cover(at: number): void {
    if (at >= settings.now) return;
    covered.from = Math.min(covered.from, at);
    covered.to = Math.max(covered.to, at);
  }

  /** Events that reach up to a rule's start are as good as if the rule had begun with them. */
  async function moveStarts(): Promise<RuleBackfilled[]> {
    const told: RuleBackfilled[] = [];
    for (const [index, { key, ruleId, windowMs }] of rules.entries()) {
      const start = starts.get(key)?.since;
      const from = Math.max(covered.from, settings.now - windowMs - LAG_MS);
      const reaches = start !== undefined && covered.to >= start - refreshStep(windowMs) && from < start;
      const isMoved = reaches && (await table.startEarlier(key, from));
      const since = isMoved ? { since: from } : start === undefined ? {} : { since: start };
      told.push({ ruleId, sightings: perRule[index] ?? 0, ...since, isMoved });
    }
    return told;
  }
}

async function startsOf(table: HistoryTable, keys: readonly string[]): Promise<Map<string, Started>> {
  const starts = new Map<string, Started>();
  for (let from = 0; from < keys.length; from += READ_LIMIT) {
    for (const [key, start] of await table.starts(keys.slice(from, from + READ_LIMIT))) starts.set(key, start);
  }
  return starts;
}

interface Teaching {
  readonly table: HistoryTable;
  readonly known: QuickLRU<string, number>;
  readonly windowOf: (rule: number) => number;
  readonly ruleIdOf: (rule: number) => string;
}

/** One batch, by the functions' own decider. */
async function teach(batch: readonly Seen[], { table, known, windowOf, ruleIdOf }: Teaching) {
  const observations = batch.map((seen) => ({ ...seen, windowMs: windowOf(seen.rule), source: seen }));
  const errors: unknown[] = [];
  const { decisions } = await settle(chainSightings(observations), {
    table,
    known,
    publish: async () => new Set(),
    now: Date.now,
    leaseUntil: Date.now,
    mayStart: () => true,
    learns: ({ observations: [{ source }] }) => ({
      ruleId: ruleIdOf(source.rule),
      preview: previewOf(source.terms),
    }),
    seal() {
      throw new Error("a backfill makes no findings");
    },
    onError: (error) => errors.push(error),
  });
  const sums = { learned: 0, known: 0 };
  for (const { sighting, verdict } of decisions) {
    const { length } = sighting.observations;
    if (verdict === "learned") {
      sums.learned++;
      sums.known += length - 1;
    } else if (verdict === "known") sums.known += length;
    else throw new Error("the history table cannot be asked; run it again", { cause: errors[0] });
  }
  return sums;
}

interface CountedRule {
  readonly ruleId: string;
  readonly windowMs: number;
  readonly fields: readonly string[];
}

/** Counts each combination once, as often as it may come. What comes of it is written in the end: run again, it is the same. */
function counting(rules: readonly CountedRule[]) {
  const distinct = new Set<string>();
  const counts = new Map<string, { count: Count; readonly windowMs: number; readonly ruleId: string }>();

  function addTo(key: string, at: number, rule: CountedRule): void {
    const { count } = counts.get(key) ?? {};
    const { combinations = 0, firstSeen = at } = count ?? {};
    const more = { combinations: Math.min(combinations + 1, MOST_COUNTED + 1), firstSeen, lastSeen: at };
    counts.set(key, { count: more, windowMs: rule.windowMs, ruleId: rule.ruleId });
  }

  /** @returns how many of them it changed; what the functions count all the time is not worth more tries */
  async function writePage(table: HistoryTable, page: readonly string[]): Promise<number> {
    let changed = 0;
    let left = page;
    for (let attempt = 0; left.length > 0 && attempt < RECOUNTS; attempt++) {
      const found = await table.counts(left);
      const lost: string[] = [];
      for (const key of left) {
        const { count, ...rest } = counts.get(key) as { count: Count; windowMs: number; ruleId: string };
        const before = found.get(key);
        const after = merged(before, count);
        if (before !== undefined && isSame(before, after)) continue;
        if (await table.recount(key, before, { ...after, ...rest })) changed++;
        else lost.push(key);
      }
      left = lost;
    }
    return changed;
  }

  return {
    add({ rule: index, key, at, terms }: Seen): void {
      const rule = rules[index];
      if (rule === undefined || terms.length < 2 || distinct.has(key) || distinct.size === MOST_DISTINCT) return;
      distinct.add(key);
      for (const [place, term] of terms.entries())
        addTo(counterKey(rule.ruleId, rule.fields[place] ?? "", term), at, rule);
    },
    /** @returns how many counters it changed */
    async write(table: HistoryTable): Promise<number> {
      const keys = [...counts.keys()];
      let changed = 0;
      let next = 0;
      const lane = async () => {
        while (next < keys.length) {
          const page = keys.slice(next, next + READ_LIMIT);
          next += page.length;
          const more = await writePage(table, page);
          changed += more;
        }
      };
      await Promise.all(Array.from({ length: LANES }, lane));
      return changed;
    },
  };
}

function merged(before: Count | undefined, count: Count): Count {
  if (before === undefined) return count;
  return {
    combinations: Math.max(before.combinations, count.combinations),
    firstSeen: Math.min(before.firstSeen, count.firstSeen),
    lastSeen: Math.max(before.lastSeen, count.lastSeen),
  };
}

function isSame(a: Count, b: Count): boolean {
  return a.combinations === b.combinations && a.firstSeen === b.firstSeen && a.lastSeen === b.lastSeen;
}
