import { unhurried } from "../../src/detect/deadline.ts";
import { type Detection, type DetectOptions, detect, type Ports } from "../../src/detect/detect.ts";
import { ruleSet } from "../../src/detect/rule-set.ts";
import { type Message, type Publisher, publishWith } from "../../src/finding/publisher.ts";
import { type MemoryTable, memoryTable } from "../../src/history/memory-table.ts";
import { remembering } from "../../src/history/remembering.ts";
import { ruleStarts } from "../../src/history/starts.ts";
import { sweep } from "../../src/history/sweep.ts";
import type { HistoryTable } from "../../src/history/table.ts";
import type { Detector } from "../../src/rule/detector.ts";
import { deliveryOf } from "../../src/stream/delivery.ts";
import type { Quarantine, Quarantined, Rejected } from "../../src/stream/quarantine.ts";
import type { StreamRecord } from "../../src/stream/record.ts";

/** Everything outside the function: what survives when an invocation dies. */
export interface World {
  readonly history: MemoryTable;
  readonly published: Message[];
  /** Each stretch of bytes that was put away, with what is said of its record. */
  readonly quarantined: (Omit<Quarantined, "rejected"> & Rejected)[];
  /** Wall clock, epoch ms. */
  now: number;
}

export const START = Date.parse("2026-05-25T10:00:00Z");
/** An invocation's longest life. */
export const LIFE_MS = 58_000;

export function newWorld(history: MemoryTable = memoryTable()): World {
  return { history, published: [], quarantined: [], now: START };
}

/** Where an invocation is to die: at the nth time it talks to the world, before or after the world heard it. */
export interface Kill {
  readonly call: number;
  readonly heard: boolean;
}

/** How the invocation ended; how many times it talked to the world shows which kills there are. */
export interface Run {
  readonly detection: Detection | "killed";
  readonly calls: number;
}

/** One invocation in a process of its own: no cache from before, and nothing after its death. */
export async function invoke(
  world: World,
  records: readonly StreamRecord[],
  detectors: readonly Detector[],
  { kill, options = {} }: { readonly kill?: Kill; readonly options?: DetectOptions } = {},
): Promise<Run> {
  let calls = 0;
  const death = Promise.withResolvers<"killed">();

  /** A dead process never hears back, so nothing that awaited goes on. */
  async function mortal<T>(act: () => Promise<T>): Promise<T> {
    const call = calls++;
    if (kill !== undefined && call > kill.call) return new Promise<T>(() => {});
    if (kill?.call === call && !kill.heard) {
      death.resolve("killed");
      return new Promise<T>(() => {});
    }
    const answer = await act();
    if (kill?.call === call) {
      death.resolve("killed");
      return new Promise<T>(() => {});
    }
    return answer;
  }

  const ports: Ports = {
    history: remembering(tableThrough(world.history, mortal), () => world.now),
    known: new Map(),
    publisher: { publish: (messages) => mortal(() => collect(world).publish(messages)) },
    quarantine: (entries, signal) => mortal(() => keep(world)(entries, signal)),
    now: () => world.now,
    onError: () => {},
  };
  const deadline = unhurried(world.now + LIFE_MS);
  // An environment's memory of when rules began, as the functions have it: it talks to the world, too.
  const asksStarts = options.learn === "window" && options.starts === undefined;
  const starts = asksStarts ? ruleStarts(ports.history, () => world.now) : options.starts;
  const detection = await Promise.race([
    detect(deliveryOf(records), ruleSet(detectors), ports, deadline, { ...options, starts }),
    death.promise,
  ]);
  return { detection, calls };
}

export async function sweepOnce(world: World): Promise<void> {
  const { history: table } = world;
  await sweep({
    table,
    publish: publishWith(collect(world), table),
    now: () => world.now,
    mayStart: () => true,
    onError: () => {},
  });
}

export function collect(world: World): Publisher {
  return {
    async publish(messages) {
      world.published.push(...messages);
      return new Set(messages.map(({ findingId }) => findingId));
    },
  };
}

export function keep(world: World): Quarantine {
  return async (entries) => {
    for (const { rejected, ...about } of entries)
      for (const each of rejected) world.quarantined.push({ ...about, ...each });
    return new Set(entries);
  };
}

type Mortal = <T>(act: () => Promise<T>) => Promise<T>;

/** A history each of whose verbs goes through a call of one's own. */
export function tableThrough(table: HistoryTable, mortal: Mortal): HistoryTable {
  return {
    read: (keys) => mortal(() => table.read(keys)),
    get: (key) => mortal(() => table.get(key)),
    claim: (key, claim) => mortal(() => table.claim(key, claim)),
    complete: (key, done) => mortal(() => table.complete(key, done)),
    refresh: (key, seen) => mortal(() => table.refresh(key, seen)),
    refreshPending: (key, lastSeen) => mortal(() => table.refreshPending(key, lastSeen)),
    takeOver: (key, lease) => mortal(() => table.takeOver(key, lease)),
    learn: (key, learned) => mortal(() => table.learn(key, learned)),
    keepFragment: (digest, fragment) => mortal(() => table.keepFragment(digest, fragment)),
    fragment: (digest) => mortal(() => table.fragment(digest)),
    starts: (keys) => mortal(() => table.starts(keys)),
    start: (key, start) => mortal(() => table.start(key, start)),
    startEarlier: (key, at) => mortal(() => table.startEarlier(key, at)),
    counts: (keys) => mortal(() => table.counts(keys)),
    count: (key, more) => mortal(() => table.count(key, more)),
    recount: (key, before, count) => mortal(() => table.recount(key, before, count)),
    pending: (partition) => mortal(() => table.pending(partition)),
    currentWindow: (group) => mortal(() => table.currentWindow(group)),
    openWindow: (opening) => mortal(() => table.openWindow(opening)),
    succeed: (group, seen, next) => mortal(() => table.succeed(group, seen, next)),
    join: (opener, members) => mortal(() => table.join(opener, members)),
    members: (opener) => mortal(() => table.members(opener)),
    decideFate: (key, fate) => mortal(() => table.decideFate(key, fate)),
  };
}

/** A record that holds one event with this host and executable. */
export function recordOf(id: string, host: string, executable: string, arrival: number = START): StreamRecord {
  const event = { event: { id }, host: { id: host }, process: { executable } };
  return { id: `shard-0:${id}`, arrival, bytes: Buffer.from(JSON.stringify(event)) };
}

/** The terms of each published finding, by id. */
export function termsById(world: World): Map<string, string> {
  return new Map(
    world.published.map(({ findingId, body }) => {
      const finding = JSON.parse(body) as Record<string, unknown>;
      return [findingId, JSON.stringify(finding["kibana.alert.new_terms"])];
    }),
  );
}
