import { sealed } from "../detect/detect.ts";
import type { Source } from "../detect/observe.ts";
import { closingBody } from "../finding/closing.ts";
import { type Message, publishWith } from "../finding/publisher.ts";
import { findingId, windowKey } from "../history/key.ts";
import { type MemoryTable, memoryTable } from "../history/memory-table.ts";
import { settle } from "../history/settle.ts";
import { chainSightings, type Observation, type Sighting } from "../history/sighting.ts";
import { SLACK_MS } from "../history/suppression.ts";
import { READ_LIMIT } from "../history/table.ts";
import type { Decided } from "./decided.ts";
import { eachBlock } from "./each-block.ts";
import type { Block } from "./input/blocks.ts";
import { type Observer, type ObserverSettings, observer, type Seen } from "./observer.ts";
import { openObservers } from "./observers.ts";
import type { ReplayFinding, ReplayResult } from "./replay-result.ts";
import { tally } from "./tally.ts";
import { timeline } from "./timeline.ts";

export interface ReplayOptions {
  readonly settings: ObserverSettings;
  /** Threads that read and match; none does it in this one. */
  readonly workers: number;
  /** Matches before and after are counted and not looked at, epoch ms. */
  readonly from?: number;
  readonly to?: number;
  /** So long from the first match on, ms, the history is taught and nothing is found. */
  readonly learnMs?: number;
  /** Told of each finding, in order of time. Without it none is written out, which is most of a replay's work. */
  readonly onFinding?: (finding: ReplayFinding) => void;
  /** Told of each decision, in order of time. */
  readonly onDecision?: (decision: Decided) => void;
}

export interface Replayed {
  readonly result: ReplayResult;
  readonly history: MemoryTable;
}

/** Matches that wait in memory to be put in order; of an event of 2 KB they are some 200 MB. */
export const MOST_WAITING = 60_000;
/** Sightings decided together, as a batch of a stream is. */
export const BATCH = 500;
export const BLOCKS_PER_WORKER = 2;
/** With alert suppression: those that are decided together enter their windows in order of time. */
export const SUPPRESSED_BATCH = READ_LIMIT;
const LEASE_MS = 60_000;
const UNWRITTEN = new Uint8Array();

/**
 * What the rules would have found in events of the past: read and matched in parallel, put in order of their own time,
 * and decided one after another by the decider of the functions over a history in memory. The same events give the same
 * findings, whatever the order, the split and the number of threads in which they are read.
 */
export async function replay(blocks: AsyncIterable<Block>, options: ReplayOptions): Promise<Replayed> {
  const { settings, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY, learnMs = 0 } = options;
  // Before the rules are loaded here: the threads load theirs meanwhile.
  const observers = openObservers(settings, options.workers, () => own);
  let own: Observer;
  const waiting = timeline<Seen>(MOST_WAITING);
  try {
    own = observer(settings);
    const counts = tally(own.detectors);
    const width = Math.max(1, options.workers * BLOCKS_PER_WORKER);
    await eachBlock(blocks, width, async (block) => {
      const looked = await observers.look(block);
      const inside = looked.seen.filter(({ at }) => at >= from && at < to);
      const times = looked.times.filter((at) => at >= from && at < to);
      counts.look({ ...looked, times }, inside.length);
      await waiting.add(inside);
    });

    const history = memoryTable();
    const known = new Map<string, number>();
    const suppresses = own.detectors.some(({ suppressionOf }) => suppressionOf !== undefined);
    const openers = new Map<string, Opener>();
    const most = suppresses ? SUPPRESSED_BATCH : BATCH;
    const writes = options.onFinding !== undefined;
    let learnUntil = Number.NEGATIVE_INFINITY;
    let batch: Seen[] = [];
    const flush = async () => {
      const last = batch.at(-1)?.at ?? 0;
      const found: ReplayFinding[] = [];
      for (const decided of await decide(batch, { own, history, known, learnUntil, writes })) {
        counts.decide(decided, decided.finding);
        options.onDecision?.(decided);
        const { findingId: id, seen, finding } = decided;
        if (finding === undefined) continue;
        found.push(finding);
        if (suppresses && id !== undefined) openers.set(windowKey(id), { rule: seen.rule, finding });
      }
      batch = [];
      // What comes next may still be of a window that ends just now.
      if (suppresses) found.push(...(await close(last + SLACK_MS - 1)));
      tell(found);
    };
    /** Closes the windows that are over. @returns their messages */
    const close = async (now: number) => {
      const closed = await closings(history, openers, now, writes);
      for (const { rule } of closed) counts.close(rule);
      return closed.map(({ finding }) => finding);
    };
    const tell = (found: readonly ReplayFinding[]) => {
      const inOrder = suppresses ? found.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)) : found;
      for (const finding of inOrder) options.onFinding?.(finding);
    };
    for await (const seen of waiting.ordered()) {
      if (learnUntil === Number.NEGATIVE_INFINITY && learnMs > 0) learnUntil = seen.at + learnMs;
      batch.push(seen);
      if (batch.length === most) await flush();
    }
    await flush();
    // Windows that are open when the events end are over some time.
    if (suppresses) tell(await close(Number.MAX_SAFE_INTEGER));
    return { result: counts.result(learnUntil), history };
  } finally {
    waiting.close();
    await observers.close();
  }
}

interface World {
  readonly own: Observer;
  readonly history: MemoryTable;
  readonly known: Map<string, number>;
  readonly learnUntil: number;
  /** Whether findings are written out. */
  readonly writes: boolean;
}

/** The finding that opened a window, by the window's key. */
interface Opener {
  readonly rule: number;
  readonly finding: ReplayFinding;
}

/** The closing messages of the windows that are over. */
async function closings(
  history: MemoryTable,
  openers: Map<string, Opener>,
  now: number,
  writes: boolean,
): Promise<Opener[]> {
  const closed: Opener[] = [];
  for (const [key, { rule, finding }] of openers) {
    const item = history.items.get(key);
    // A finding that another one's window was open for has none.
    if (item?.state === "P" && item.leaseUntil > now) continue;
    openers.delete(key);
    const window = item?.state === "P" ? await history.get(key) : undefined;
    if (window?.state !== "P" || window.closing === undefined) continue;
    const { findingId: id, leaseUntil: seen, closing, lastSeen, windowMs } = window;
    await history.takeOver(key, { findingId: id, seen, until: seen });
    await history.complete(key, { findingId: id, now: lastSeen, windowMs, lastSeen });
    if (closing.members.length === 0) continue;
    const body = writes ? closingBody(finding.body, id, closing) : "";
    closed.push({ rule, finding: { ...finding, at: new Date(closing.end).toISOString(), body } });
  }
  return closed;
}

type Decision = Decided & { readonly finding?: ReplayFinding };

/** One batch, by the functions' own decider. The clock stands at the events: there is no other in the past. */
async function decide(batch: readonly Seen[], { own, history, known, learnUntil, writes }: World): Promise<Decision[]> {
  const bodies = new Map<string, string>();
  const before = new Map<string, number | undefined>();
  const publisher = {
    publish: async (messages: readonly Message[]) => {
      for (const { findingId: id, body } of messages) bodies.set(id, body);
      return new Set(messages.map(({ findingId: id }) => id));
    },
  };
  const observations = batch.map((seen): Observation<Seen> => {
    const { key, at, triggerId, count } = seen;
    return { key, at, triggerId, count, windowMs: own.detectors[seen.rule]?.rule.windowMs ?? 0, source: seen };
  });
  const [first] = batch;
  const last = batch.at(-1)?.at ?? 0;
  const chains = chainSightings(observations);
  for (const [sighting] of chains) if (sighting) before.set(sighting.key, history.items.get(sighting.key)?.lastSeen);

  const { decisions } = await settle(chains, {
    table: history,
    known,
    publish: writes
      ? publishWith(publisher, history)
      : async (stored) => new Set(stored.map(({ findingId: id }) => id)),
    // A window of suppression is counted from here, too.
    now: () => first?.at ?? 0,
    leaseUntil: () => last + LEASE_MS,
    mayStart: () => true,
    learns: ({ first, observations: [{ source }] }) =>
      first < learnUntil ? { ruleId: own.detectors[source.rule]?.rule.rule_id ?? "", preview: [] } : undefined,
    seal(sighting, previousSeen) {
      const [observation] = sighting.observations;
      const { suppressionOf, rule } = own.detectors[observation.source.rule] ?? {};
      if (!writes && suppressionOf === undefined) {
        const id = findingId(sighting.key, sighting.first, observation.triggerId);
        return { findingId: id, outbox: UNWRITTEN, ruleId: rule?.rule_id ?? "", preview: [] };
      }
      const again: Sighting<Source> = { ...sighting, observations: [own.again(observation.source)] };
      return sealed(again, previousSeen, sighting.first, false);
    },
    onError(error) {
      throw error;
    },
  });
  return decisions
    .flatMap(({ sighting, verdict, suppressed }) =>
      sighting.observations.map(({ source: seen }, index): Decision => {
        const previousSeen = index === 0 ? before.get(sighting.key) : sighting.observations[index - 1]?.at;
        before.set(sighting.key, seen.at);
        if (verdict === "learned" && seen.at < learnUntil) return { seen, verdict, previousSeen };
        if (verdict !== "new" || index > 0) return { seen, verdict: "known", previousSeen };
        if (suppressed) return { seen, verdict, previousSeen, suppressed };
        const id = findingId(sighting.key, sighting.first, seen.triggerId);
        const body = bodies.get(id) ?? "";
        const { terms, source, line, at } = seen;
        const ruleId = own.detectors[seen.rule]?.rule.rule_id ?? "";
        const finding = { ruleId, terms, at: new Date(at).toISOString(), source, line, body };
        return { seen, verdict, previousSeen, findingId: id, finding };
      }),
    )
    .sort((a, b) => a.seen.at - b.seen.at);
}
