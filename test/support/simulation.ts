import type { PublishBatchCommand, PublishBatchCommandOutput, SNSClient } from "@aws-sdk/client-sns";
import { detect, type Ports } from "../../src/detect/detect.ts";
import { imbalances } from "../../src/detect/ledger.ts";
import { ruleSet, startedRule } from "../../src/detect/rule-set.ts";
import { TRUNCATED } from "../../src/finding/document.ts";
import { type Message, publishWith } from "../../src/finding/publisher.ts";
import { type MemoryTable, memoryTable } from "../../src/history/memory-table.ts";
import { remembering } from "../../src/history/remembering.ts";
import { ruleStarts } from "../../src/history/starts.ts";
import { sweep } from "../../src/history/sweep.ts";
import type { HistoryTable, Reading } from "../../src/history/table.ts";
import { seeded } from "../../src/local/sample-events.ts";
import type { Rule } from "../../src/rule/rule.ts";
import { type Breaker, breaker } from "../../src/runtime/breaker.ts";
import { snsPublisher } from "../../src/runtime/sns.ts";
import { deliveryOf } from "../../src/stream/delivery.ts";
import type { StreamRecord } from "../../src/stream/record.ts";
import { someDetector } from "./rules.ts";
import { tableThrough } from "./world.ts";

/**
 * Workers, duplicates of workers and sweepers over one history, each call of theirs a step that a random scheduler
 * takes in its own order, and may lose, half lose, answer from the past, or never come back from. What must hold of any
 * run is looked at when the dust has settled.
 */
export interface SimulationReport {
  readonly deliveries: number;
  /** Faults injected, by kind. */
  readonly faults: Readonly<Record<Fault, number>>;
  /** Combinations times the windows in which they were seen anew. */
  readonly newCombinations: number;
  /** Findings, by id. */
  readonly findings: number;
  /** Publications beyond the first of a finding. */
  readonly repeats: number;
  /** Messages that close a window of suppression, by id. */
  readonly closings: number;
  /** Findings that these list. */
  readonly suppressed: number;
  /** New combinations in no finding and no closing message. */
  readonly lost: number;
  /** Findings beyond the first of a combination and window. */
  readonly extra: number;
  /** Findings of combinations that were seen, all along, while their rule learned. */
  readonly tooSoon: number;
  /** New combinations that were learned, and are therefore no finding. */
  readonly learned: number;
  /** Findings of which two different bodies went out. */
  readonly rewritten: number;
  /** Records that an invocation left to the next. */
  readonly undecided: number;
  readonly quarantined: number;
  /** Items left pending, records left undecided, ledgers that do not balance, TTL stamps that are wrong. */
  readonly unsettled: readonly string[];
}

const FAULTS = [
  "killed", // the process ends at this step, before or after the world hears it
  "lost request", // an error, and nothing happened
  "lost answer", // an error, and it happened
  "stale read", // the answer of a moment ago
  "refused entry", // the topic takes a batch and refuses some of it
  "slow topic", // the answer takes seconds
  "hanging topic", // no answer, until the client gives up
  "slow quarantine", // the answer takes seconds
  "hanging quarantine", // no answer, until it is told to stop
  "short memory", // little room for what waits to be decided
  "duplicate", // the same batch in two processes at once
  "expired", // TTL takes what it may
  "sweep", // not a fault, but the world's own doing at the same time
] as const;
type Fault = (typeof FAULTS)[number];

export interface SimulationOptions {
  readonly seed: number;
  /** The history; in memory unless given. */
  readonly table?: MemoryTable;
  /** Chance of a fault at each step. */
  readonly trouble?: number;
  /** The rule suppresses: every finding is of one group. */
  readonly suppresses?: boolean;
}

const MINUTE = 60_000;
const DAY = 86_400_000;
const WINDOW = 7 * DAY;
const LIFE_MS = 60_000;
const SKEW_MS = 30_000;
/** Of a client: three attempts of two seconds. */
const GIVE_UP_MS = 6_000;
const START = Date.parse("2026-05-25T10:00:00Z");

const SHARDS = 3;
const EPOCHS = 4;
const BATCHES = 2;

/** A sighting as it truly was. */
interface Truth {
  readonly combination: string;
  readonly at: number;
}

export async function simulate({
  seed,
  table = memoryTable(),
  trouble = 0.12,
  suppresses = false,
}: SimulationOptions): Promise<SimulationReport> {
  const random = seeded(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const faults = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Record<Fault, number>;
  const published: Message[] = [];
  const unsettled: string[] = [];
  const truths: Truth[] = [];
  const rule = someDetector(suppresses ? { alert_suppression: suppressionOf(below(4)) } : {});
  const rules = ruleSet([rule]);
  // Half of the runs begin with a rule that learns; and their findings are counted and told of.
  const learns = seed % 2 === 1;
  let now = START;
  let deliveries = 0;
  let quarantined = 0;
  let undecided = 0;
  const poison = new Set<string>();
  let calm = false;
  // How far the consumer is behind the stream: history must reach over it.
  const lag = below(4) * DAY;
  let previous: ReadonlyMap<string, Reading> = new Map();

  /** Calls that wait for the scheduler. */
  const waiting: (() => Promise<void>)[] = [];

  const strike = (fault: Fault, chance: number): boolean => {
    if (calm || random() >= chance) return false;
    faults[fault]++;
    return true;
  };

  /** One call of a process to the world, taken when the scheduler comes to it. */
  function step<T>(alive: () => boolean, kill: () => void, act: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      waiting.push(async () => {
        if (!alive()) return;
        if (strike("killed", trouble / 4)) {
          if (random() < 0.5) await act().catch(() => {});
          kill();
          return;
        }
        if (strike("lost request", trouble / 2)) return reject(new Error("timeout"));
        try {
          const answer = await act();
          if (strike("lost answer", trouble / 2)) throw new Error("connection reset");
          resolve(answer);
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** Lets the scheduler take calls, in any order, until none wait and the task is done. */
  async function settleDown(tasks: readonly Promise<unknown>[]): Promise<void> {
    let open = tasks.length;
    let failure: unknown;
    for (const task of tasks) {
      task.then(
        () => open--,
        (error: unknown) => {
          failure = error;
        },
      );
    }
    while (open > 0) {
      if (failure !== undefined) throw failure;
      await new Promise((resolve) => setImmediate(resolve));
      if (open > 0 && waiting.length > 0) {
        const [next] = waiting.splice(below(waiting.length), 1);
        now += below(200);
        if (strike("expired", trouble / 8)) table.expire(now);
        if (next !== undefined) await next();
      }
    }
  }

  const newTopic = () => breaker(() => now);

  /** A process: its own clock, its own cache or none, its own death. */
  function process_(topic: Breaker) {
    let alive = true;
    const death = Promise.withResolvers<"killed">();
    const kill = () => {
      alive = false;
      death.resolve("killed");
    };
    const skew = below(SKEW_MS) - SKEW_MS / 2;
    const clock = () => now + skew;
    const call = <T>(act: () => Promise<T>) => step(() => alive, kill, act);
    const reached: HistoryTable = {
      ...tableThrough(table, call),
      read: (keys) =>
        call(async () => {
          const fresh = await table.read(keys);
          const isStale = strike("stale read", trouble);
          const answer = isStale ? new Map([...previous].filter(([key]) => keys.includes(key))) : fresh;
          previous = new Map([...previous, ...fresh]);
          return answer;
        }),
    };
    // Each process has a memory of its own of the fragments it stored or found.
    const history = remembering(reached, clock);
    const starts = ruleStarts(history, clock);
    const answer = async ({ input }: PublishBatchCommand): Promise<PublishBatchCommandOutput> => {
      if (strike("slow topic", trouble / 2)) now += below(5000);
      if (strike("hanging topic", trouble / 2)) {
        now += GIVE_UP_MS;
        throw new Error("timeout");
      }
      const entries = (input.PublishBatchRequestEntries ?? []).filter(() => !strike("refused entry", trouble));
      published.push(...entries.map(({ Id = "", Message = "" }) => ({ findingId: Id, body: Message })));
      return { Successful: entries.map(({ Id }) => ({ Id, MessageId: Id })), Failed: [], $metadata: {} };
    };
    const client = { send: (command: PublishBatchCommand) => call(() => answer(command)) } as unknown as SNSClient;
    const publisher = snsPublisher(client, "topic", () => {}, undefined, topic);
    /** Each entry by a call of its own, and none after the signal, as of messages sent one after another. */
    const quarantine: Ports["quarantine"] = async (entries, signal) => {
      const safe = new Set<(typeof entries)[number]>();
      for (const entry of entries) {
        if (signal.aborted) break;
        if (strike("hanging quarantine", trouble / 2)) {
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
          break;
        }
        try {
          await call(async () => {
            if (strike("slow quarantine", trouble)) now += below(5000);
            quarantined++;
            for (const { bytes } of entry.rejected) for (const line of String(bytes).split("\n")) poison.delete(line);
          });
          safe.add(entry);
        } catch {
          // The answer was lost, or the request: not known to be safe.
        }
      }
      return safe;
    };
    /** The answer waits for a while, and no longer. */
    const patience = () => {
      const over = new AbortController();
      waiting.push(async () => over.abort());
      return over.signal;
    };
    return { clock, history, starts, publisher, quarantine, patience, death: death.promise };
  }

  /** @param topic how a warm environment remembers it */
  async function deliver(records: readonly StreamRecord[], topic = newTopic()): Promise<"killed" | readonly number[]> {
    deliveries++;
    const { clock, death, patience, starts, ...world } = process_(topic);
    const endsAt = clock() + LIFE_MS;
    const ports: Ports = { ...world, known: new Map(), now: clock, onError: () => {} };
    const deadline = { endsAt, readUntil: endsAt - LIFE_MS / 2, mayStart: () => clock() < endsAt - 3000, patience };
    const maxWaiting = strike("short memory", 0.3) ? below(1000) : Number.POSITIVE_INFINITY;
    const learning = learns ? ({ starts, learn: "window", counters: true } as const) : {};
    const work = detect(deliveryOf(records), rules, ports, deadline, { maxWaiting, ...learning });
    const outcome = await Promise.race([work, death]);
    if (outcome === "killed") return outcome;
    unsettled.push(...imbalances(outcome.ledger));
    undecided += outcome.undecided.length;
    return outcome.undecided;
  }

  async function sweepOnce(): Promise<void> {
    const { clock, history, publisher, death } = process_(newTopic());
    const options = { table: history, publish: publishWith(publisher, history), now: clock, mayStart: () => true };
    await Promise.race([sweep({ ...options, onError: () => {} }), death]);
  }

  /** A shard: its batches in order, each delivered until it is decided, as the mapping does. */
  async function shard(batches: readonly (readonly StreamRecord[])[]): Promise<void> {
    let topic = newTopic();
    for (const batch of batches) {
      let rest = batch;
      for (let attempt = 0; rest.length > 0; attempt++) {
        if (attempt > 200) throw new Error(`a batch is never decided (seed ${seed})`);
        const twin = strike("duplicate", trouble) ? deliver(rest) : undefined;
        const outcome = await deliver(rest, topic);
        await twin;
        if (outcome === "killed") {
          topic = newTopic();
          continue;
        }
        rest = outcome[0] === undefined ? [] : rest.slice(outcome[0]);
      }
    }
  }

  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const shards = Array.from({ length: SHARDS }, (_, index) =>
      Array.from({ length: BATCHES }, (_, batch) => {
        const at = now - lag + batch * 1000;
        return Array.from({ length: 1 + below(4) }, (_, position) => {
          const id = `${epoch}.${index}.${batch}.${position}`;
          const lines = Array.from({ length: 1 + (random() < 0.2 ? below(3) : 0) }, (_, line) => {
            if (random() < 0.1) {
              const text = `{poison ${id}.${line}`;
              poison.add(text);
              return text;
            }
            const combination = `h${below(suppresses ? 8 : 3)}`;
            truths.push({ combination, at: at + position });
            return eventOf(`${id}.${line}`, combination);
          });
          return { id, arrival: at + position, bytes: Buffer.from(lines.join("\n")) };
        });
      }),
    );
    const sweeps = Array.from({ length: below(3) }, async () => {
      faults.sweep++;
      await sweepOnce();
    });
    await settleDown([...shards.map(shard), ...sweeps]);
    // Within the window, with room for the refresh step; or clearly past it.
    now += random() < 0.6 ? below(5) * DAY + below(60) * MINUTE : WINDOW + DAY + below(DAY);
  }

  calm = true;
  for (let turn = 0; turn < 4; turn++) {
    now += 3 * 60 * MINUTE;
    await settleDown([sweepOnce()]);
  }
  for (const id of poison) unsettled.push(`${id} is neither read nor in quarantine`);
  return report();

  function report(): SimulationReport {
    for (const [key, item] of table.items) {
      if (item.state === "P") unsettled.push(`${key} is pending`);
      else if (item.expires === undefined || item.expires * 1000 < item.lastSeen + WINDOW)
        unsettled.push(`${key} ages wrongly`);
    }
    const bodies = new Map<string, Set<string>>();
    for (const { findingId, body } of published) bodies.set(findingId, (bodies.get(findingId) ?? new Set()).add(body));
    const firsts = new Map<string, number[]>();
    const seeFirst = (combination: string, first: number) =>
      firsts.set(combination, [...(firsts.get(combination) ?? []), first]);
    const told = new Map<string, string>();
    const tell = (id: string, where: string) => {
      if (told.has(id)) unsettled.push(`${id} is told of by ${told.get(id)} and by ${where}`);
      told.set(id, where);
    };
    let closings = 0;
    let suppressed = 0;
    for (const [id, [body = "{}"]] of [...bodies].map(([id, set]) => [id, [...set]] as const)) {
      const finding = JSON.parse(body) as Record<string, unknown>;
      const window = finding["new_terms_stream.suppressed"] as Suppressed | undefined;
      if (window !== undefined) {
        closings++;
        suppressed += window.count;
        if (window.count !== window.combinations.length) unsettled.push(`a window counts ${window.count} otherwise`);
        for (const each of window.combinations) {
          tell(each.finding, id);
          seeFirst(String(each.terms[0]), Date.parse(each.first_seen));
        }
        continue;
      }
      tell(id, "itself");
      const combination = String((finding["kibana.alert.new_terms"] as readonly string[])[0]);
      const first = Date.parse(String(finding["new_terms_stream.first_seen"]));
      if (TRUNCATED in finding || !("kibana.alert.rule.description" in finding))
        unsettled.push(`a finding of ${combination} lacks a part: ${String(finding[TRUNCATED])}`);
      seeFirst(combination, first);
    }
    let newCombinations = 0;
    let lost = 0;
    let extra = 0;
    let learned = 0;
    let tooSoon = 0;
    const started = table.began.get(startedRule(rule.rule).key)?.since;
    if (learns !== (started !== undefined)) unsettled.push(`the rule began at ${started}`);
    const learnedAt = (started ?? Number.NEGATIVE_INFINITY) + WINDOW;
    for (const [key, { combinations, firstSeen, lastSeen }] of table.counters) {
      const isPossible = combinations > 0 && firstSeen >= START - 4 * DAY && lastSeen <= now;
      if (!learns || !isPossible) unsettled.push(`${key} counts ${combinations} from ${firstSeen} to ${lastSeen}`);
    }
    for (const { combination, from, to } of windowsOf(truths)) {
      const found = (firsts.get(combination) ?? []).filter((first) => first >= from && first <= to);
      newCombinations++;
      // Of one that begins while the rule learns and goes on after it, either may be decided first.
      if (from < learnedAt) learned++;
      else if (found.length === 0) lost++;
      tooSoon += found.filter((first) => first < learnedAt).length;
      extra += Math.max(0, found.length - 1);
    }
    return {
      deliveries,
      faults,
      newCombinations,
      findings: bodies.size - closings,
      closings,
      suppressed,
      undecided,
      repeats: published.length - bodies.size,
      lost,
      extra,
      tooSoon,
      learned,
      rewritten: [...bodies.values()].filter(({ size }) => size > 1).length,
      quarantined,
      unsettled,
    };
  }
}

interface Suppressed {
  readonly count: number;
  readonly combinations: readonly {
    readonly terms: readonly string[];
    readonly first_seen: string;
    readonly finding: string;
  }[];
}

/** Windows shorter than a delivery, and longer than all of them. */
function suppressionOf(which: number): Rule["alert_suppression"] {
  const durations = [
    { value: 1, unit: "s" },
    { value: 40, unit: "s" },
    { value: 10, unit: "m" },
    { value: 6, unit: "h" },
  ] as const;
  return {
    group_by: ["process.executable"],
    duration: durations[which] ?? durations[0],
    missing_fields_strategy: "suppress",
  };
}

/** Spans of sightings of a combination, none more than a window after the one before. */
function windowsOf(truths: readonly Truth[]): { combination: string; from: number; to: number }[] {
  const spans: { combination: string; from: number; to: number }[] = [];
  for (const { combination, at } of truths.toSorted((a, b) => a.at - b.at)) {
    const span = spans.findLast((each) => each.combination === combination);
    if (span !== undefined && at - span.to <= WINDOW) span.to = at;
    else spans.push({ combination, from: at, to: at });
  }
  return spans;
}

function eventOf(id: string, host: string): string {
  return JSON.stringify({ event: { id }, host: { id: host }, process: { executable: "/bin/x" } });
}

/** The broken promises of a run, in words; none, if all were kept. */
export function brokenPromises({ lost, extra, tooSoon, rewritten, unsettled }: SimulationReport): string[] {
  return [
    ...(lost > 0 ? [`${lost} new combinations lost`] : []),
    ...(extra > 0 ? [`${extra} findings too many`] : []),
    ...(tooSoon > 0 ? [`${tooSoon} findings while the rule learned`] : []),
    ...(rewritten > 0 ? [`${rewritten} findings with two bodies`] : []),
    ...unsettled,
  ];
}
