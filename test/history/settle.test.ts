import assert from "node:assert/strict";
import { test } from "node:test";
import type { Term } from "../../src/ecs/semantics.ts";
import { combinationKey, findingId } from "../../src/history/key.ts";
import { memoryTable } from "../../src/history/memory-table.ts";
import { refreshStep, type SettleOptions, settle } from "../../src/history/settle.ts";
import { chainSightings, type Observation } from "../../src/history/sighting.ts";
import { sweep } from "../../src/history/sweep.ts";
import type { HistoryTable } from "../../src/history/table.ts";
import { someDetector } from "../support/rules.ts";
import { invoke, LIFE_MS, newWorld, recordOf, START, sweepOnce } from "../support/world.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const W = 7 * DAY;

type Source = { readonly name: string };
const at = (time: number, key = "k", triggerId = `e${time}`): Observation<Source> => ({
  key,
  at: time,
  triggerId,
  windowMs: W,
  count: 1,
  source: { name: triggerId },
});

/** A table that counts what is asked of it, and a world to settle in. */
function bench(over: Partial<SettleOptions<Source>> = {}) {
  const memory = memoryTable();
  const calls: string[] = [];
  const table = new Proxy<HistoryTable>(memory, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        calls.push(String(name));
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
  const published: string[] = [];
  const errors: unknown[] = [];
  const known = new Map<string, number>();
  const options: SettleOptions<Source> = {
    table,
    known,
    publish: async (stored) => {
      published.push(...stored.map(({ findingId: id }) => id));
      return new Set(stored.map(({ findingId: id }) => id));
    },
    now: () => START,
    leaseUntil: () => START + LIFE_MS,
    mayStart: () => true,
    learns: () => undefined,
    seal: ({ key, first, observations }) => ({
      findingId: findingId(key, first, observations[0].triggerId),
      outbox: new Uint8Array([1]),
      ruleId: "r",
      preview: [],
    }),
    onError: (error) => errors.push(error),
    ...over,
  };
  const run = async (...observations: Observation<Source>[]) => {
    calls.length = 0;
    const { decisions, cacheHits } = await settle(chainSightings(observations), options);
    return { verdicts: decisions.map(({ verdict }) => verdict), cacheHits, calls: [...calls] };
  };
  return { run, memory, calls, published, errors, known, options };
}

test("new, then known, then new again once a window has passed without it", async () => {
  const { run, published } = bench();
  assert.deepEqual((await run(at(0))).verdicts, ["new"]);
  assert.deepEqual((await run(at(W))).verdicts, ["known"], "the window's both ends are within it");
  assert.deepEqual((await run(at(2 * W))).verdicts, ["known"], "each sighting slides the window on");
  assert.deepEqual((await run(at(3 * W + 1))).verdicts, ["new"]);
  assert.equal(new Set(published).size, 2);
});

test("steady state costs no I/O, and one write for each refresh step", async () => {
  const { run } = bench();
  assert.deepEqual((await run(at(0))).calls, ["read", "claim", "complete"]);
  assert.deepEqual(await run(at(1), at(HOUR - 1)), { verdicts: ["known"], cacheHits: 1, calls: [] });
  assert.deepEqual((await run(at(HOUR))).calls, ["read", "refresh"]);
  assert.deepEqual((await run(at(HOUR + 1))).calls, []);
});

test("a cold cache costs one read for a hundred combinations", async () => {
  const { run, known } = bench();
  const many = Array.from({ length: 250 }, (_, index) => at(0, `k${index}`));
  await run(...many);
  known.clear();
  const { calls, verdicts } = await run(...many);
  assert.deepEqual(calls, ["read", "read", "read"]);
  assert.ok(verdicts.every((verdict) => verdict === "known"));
});

test("the cache never says new, and never answers for a time before its window", async () => {
  const { run, known } = bench();
  known.set("k", 10 * W);
  assert.deepEqual((await run(at(W))).verdicts, ["new"], "the table decides");
});

test("a gap longer than the window within a batch makes two findings, in order", async () => {
  const { run, published } = bench();
  assert.deepEqual((await run(at(2 * W + 5), at(0), at(1))).verdicts, ["new", "new"]);
  assert.equal(new Set(published).size, 2);
});

test("throttled or broken calls leave a sighting undecided, never known or new", async () => {
  for (const broken of ["read", "claim"] as const) {
    const { run, options, memory, errors } = bench();
    const table = { ...memory, [broken]: () => Promise.reject(new Error("ThrottlingException")) };
    const failing = await settle(chainSightings([at(0)]), { ...options, table });
    assert.deepEqual(
      failing.decisions.map(({ verdict }) => verdict),
      ["undecided"],
      broken,
    );
    assert.equal(errors.length, 1);
    assert.deepEqual((await run(at(0))).verdicts, ["new"], "and later it is decided");
  }
});

test("a completion that fails leaves the finding to the sweeper, and the verdict stands", async () => {
  const { options, memory, published } = bench();
  const table = { ...memory, complete: () => Promise.reject(new Error("timeout")) };
  const { decisions } = await settle(chainSightings([at(0)]), { ...options, table });
  assert.deepEqual(
    decisions.map(({ verdict, published: out }) => [verdict, out]),
    [["new", true]],
  );
  const later = START + 2 * LIFE_MS;
  const { report } = await sweep({ ...options, table: memory, now: () => later });
  assert.equal(report.published, 1);
  assert.equal(new Set(published).size, 1, "the same finding, twice");
});

test("a sighting behind one that is undecided is undecided too", async () => {
  const { options, memory } = bench();
  const table = { ...memory, claim: () => Promise.reject(new Error("no")) };
  const { decisions } = await settle(chainSightings([at(0), at(2 * W)]), { ...options, table });
  assert.deepEqual(
    decisions.map(({ verdict }) => verdict),
    ["undecided", "undecided"],
  );
});

test("refresh steps are an hour, and less for short windows", () => {
  assert.equal(refreshStep(30 * DAY), HOUR);
  assert.equal(refreshStep(DAY), DAY / 168);
});

test("keys: no two combinations share one, wherever the border between their values lies", () => {
  const term = (text: string, tag: Term["tag"] = "keyword"): Term => ({ tag, text, value: text });
  const keys = [
    combinationKey("r", ["a", "b"], [term("ab"), term("c")]),
    combinationKey("r", ["a", "b"], [term("a"), term("bc")]),
    combinationKey("r", ["a", "b"], [term("a"), term("3:bc")]),
    combinationKey("r", ["b", "a"], [term("ab"), term("c")]),
    combinationKey("r2", ["a", "b"], [term("ab"), term("c")]),
    combinationKey("r", ["a", "b"], [term("ab", "long"), term("c")]),
  ];
  assert.equal(new Set(keys).size, keys.length);
});

test("while learning nothing is published, and what was learned is known after", async () => {
  const world = newWorld();
  const detectors = [someDetector()];
  const learn = { options: { learnUntil: START + DAY } };
  const { detection } = await invoke(world, [recordOf("e1", "h1", "/bin/x")], detectors, learn);
  assert.ok(detection !== "killed" && detection.ledger.learned === 1);
  world.now += 2 * DAY;
  await invoke(
    world,
    [recordOf("e2", "h1", "/bin/x", world.now), recordOf("e3", "h2", "/bin/x", world.now)],
    detectors,
    learn,
  );
  assert.equal(world.published.length, 1);
});

test("who counts is told of what may be new before it is sealed, and once of each combination there was no item of", async () => {
  const told: string[] = [];
  const tell = (what: string) => async (sightings: readonly { readonly key: string }[]) => {
    for (const { key } of sightings) told.push(`${what} ${key}`);
  };
  const lesson = { ruleId: "r", preview: [] };
  let accepts = false;
  const { memory, options } = bench({
    counting: { look: tell("look"), count: tell("count") },
    learns: ({ key }) => (key === "l" ? lesson : undefined),
    publish: async (stored) => new Set(accepts ? stored.map(({ findingId: id }) => id) : []),
  });
  const play = async (observation: Observation<Source>) => {
    // Each time in a process without memory.
    await settle(chainSightings([observation]), { ...options, known: new Map() });
    return told.splice(0);
  };
  assert.deepEqual(await play(at(START)), ["look k", "count k"]);
  assert.deepEqual(await play(at(START)), [], "its own finding is pending: delivered again, it is not counted again");
  accepts = true;
  assert.deepEqual(await play(at(START)), []);
  assert.equal(memory.items.get("k")?.state, "D");
  assert.deepEqual(await play(at(START + 1)), [], "known");
  assert.deepEqual(await play(at(START + 2 * W)), ["look k"], "new again, and counted before");
  assert.deepEqual(await play(at(START, "l")), ["look l", "count l"]);
  assert.deepEqual(await play(at(START + 2 * W, "l")), ["look l"]);
});

test("records older than history reaches teach and find nothing", async () => {
  const world = newWorld();
  const old = START - 9 * DAY;
  const { detection } = await invoke(world, [recordOf("e1", "h1", "/bin/x", old)], [someDetector()]);
  assert.ok(detection !== "killed");
  assert.deepEqual([detection.ledger.stale, detection.ledger.learned, world.published.length], [1, 1, 0]);
});

test("the sweeper leaves a living lease alone, adopts a dead one, and backs off while publishing fails", async () => {
  const world = newWorld();
  await invoke(world, [recordOf("e1", "h1", "/bin/x")], [someDetector()], { kill: { call: 2, heard: true } });
  await sweepOnce(world);
  assert.equal(world.published.length, 0);

  const tries: number[] = [];
  const refuse = {
    table: world.history,
    publish: async () => new Set<string>(),
    now: () => world.now,
    mayStart: () => true,
    onError: () => {},
  };
  for (let minute = 0; minute < 180; minute++) {
    world.now += 60_000;
    if ((await sweep(refuse)).report.due > 0) tries.push(minute);
  }
  assert.ok(tries.length >= 6 && tries.length <= 9, `tried at minutes ${tries}`);
  world.now += HOUR;
  await sweepOnce(world);
  assert.equal(world.published.length, 1);
});

/** Each verb of a table, answered some turns of the loop later. */
function slowly(table: HistoryTable, turns: (verb: string) => number): HistoryTable {
  return new Proxy(table, {
    get(target, verb) {
      const value: unknown = Reflect.get(target, verb);
      return async (...args: unknown[]) => {
        for (let turn = 0; turn < turns(String(verb)); turn++) await new Promise((resolve) => setImmediate(resolve));
        return Reflect.apply(value as () => unknown, target, args) as unknown;
      };
    },
  });
}

test("of a batch of any size some hundred sealed findings are in memory, however slow the topic is", async () => {
  const { options, memory } = bench();
  let [alive, most] = [0, 0];
  const table = slowly(memory, (verb) => verb.length % 4);
  const { decisions } = await settle(chainSightings(Array.from({ length: 5000 }, (_, index) => at(0, `k${index}`))), {
    ...options,
    table: {
      ...table,
      read: table.read,
      claim: (key, claim) => table.claim(key, claim),
      complete: async (key, done) => {
        const completed = await table.complete(key, done);
        alive--;
        return completed;
      },
    },
    publish: async (...args) => {
      await new Promise((resolve) => setTimeout(resolve, 15));
      return options.publish(...args);
    },
    seal: (...args) => {
      most = Math.max(most, ++alive);
      return options.seal(...args);
    },
  });
  assert.ok(decisions.every(({ verdict, published }) => verdict === "new" && published));
  assert.equal(new Set(decisions.map(({ sighting }) => sighting.key)).size, 5000);
  assert.ok(most <= 2000 && most > 500, `${most} at once: claims go on while others are published`);
});

test("a topic that hangs on one group's findings does not keep the others from being decided", async () => {
  const { options } = bench();
  const claimed: string[] = [];
  const stuck = Promise.withResolvers<void>();
  const table: HistoryTable = {
    ...options.table,
    claim: async (key, claim) => {
      claimed.push(key);
      if (claimed.length === 1000) stuck.resolve();
      return options.table.claim(key, claim);
    },
  };
  const settled = await settle(chainSightings(Array.from({ length: 1000 }, (_, index) => at(0, `k${index}`))), {
    ...options,
    table,
    publish: async (duties, onError) => {
      if (duties.some(({ key }) => key === "k0")) await stuck.promise;
      return options.publish(duties, onError);
    },
  });
  assert.ok(settled.decisions.every(({ published }) => published));
  assert.deepEqual(claimed.slice(0, 5), ["k0", "k1", "k2", "k3", "k4"], "groups begin in the order given");
});

test("decisions come in the order of their groups, however long each takes", async () => {
  const { options, memory } = bench();
  const keys = Array.from({ length: 1000 }, (_, index) => `k${index}`);
  let turns = 0;
  const table = slowly(memory, () => turns++ % 9);
  const { decisions } = await settle(chainSightings(keys.map((key) => at(0, key))), {
    ...options,
    ...{ table },
  });
  assert.deepEqual(
    decisions.map(({ sighting }) => sighting.key),
    keys,
  );
});

test("what the cache knows takes no room in a read", async () => {
  const { run, known } = bench();
  const many = Array.from({ length: 1000 }, (_, index) => at(0, `k${index}`));
  await run(...many);
  for (let index = 0; index < 1000; index += 10) known.delete(`k${index}`);
  const { calls, cacheHits } = await run(...many);
  assert.deepEqual([calls, cacheHits], [["read"], 900]);
});

/** A bench whose topic is down until it is told otherwise, and a clock. */
function outage() {
  const clock = { now: START };
  const topic = { isDown: true };
  const made = bench({ now: () => clock.now, leaseUntil: () => clock.now + LIFE_MS });
  const { options } = made;
  const { publish } = options;
  Object.assign(options, {
    publish: (...args: Parameters<typeof publish>) =>
      topic.isDown ? Promise.resolve(new Set<string>()) : publish(...args),
  });
  return { ...made, clock, topic };
}

test("while the topic is down a combination in another's hands is known by a read, and no claim is tried", async () => {
  const { run, published, clock, topic, memory } = outage();
  assert.deepEqual((await run(at(0))).calls, ["read", "claim"]);
  assert.deepEqual(await run(at(1), at(HOUR - 1)), { verdicts: ["known"], cacheHits: 0, calls: ["read"] });
  assert.deepEqual((await run(at(2))).calls, ["read"], "what is pending is not cached");
  topic.isDown = false;
  clock.now += LIFE_MS + 1;
  assert.deepEqual(await run(at(3)), {
    verdicts: ["known"],
    cacheHits: 0,
    calls: ["read", "claim", "takeOver", "complete"],
  });
  assert.equal(published.length, 1, "a lease that has ended is taken over");
  assert.equal(memory.items.get("k")?.state, "D");
});

test("an event's own finding is its own when it comes again, within its lease", async () => {
  const { run, published, topic } = outage();
  await run(at(0));
  topic.isDown = false;
  assert.deepEqual((await run(at(0))).verdicts, ["new"]);
  assert.equal(published.length, 1);
  const among = outage();
  await among.run(at(5, "k", "e5"));
  among.topic.isDown = false;
  assert.deepEqual((await among.run(at(4, "k", "e4"), at(5, "k", "e5"))).verdicts, ["known"]);
  assert.equal(among.published.length, 1, "also where another event of the batch came before it");
});

test("a pending combination's last seen moves by the refresh step, and where it is not pending any more the claim looks", async () => {
  const { run, memory, known } = outage();
  await run(at(0));
  assert.deepEqual((await run(at(HOUR))).calls, ["read", "refreshPending"]);
  assert.equal(memory.items.get("k")?.lastSeen, HOUR);

  const late = outage();
  await late.run(at(0));
  const before = await late.memory.read(["k"]);
  await late.memory.complete("k", { findingId: findingId("k", 0, "e0"), now: START, windowMs: W, lastSeen: 0 });
  Object.assign(late.options, { table: { ...late.options.table, read: async () => before } });
  known.clear();
  await settle(chainSightings([at(2 * HOUR)]), late.options);
  assert.equal(late.memory.items.get("k")?.lastSeen, 2 * HOUR, "a stale read leaves no sighting behind");
});

test("a pending combination out of the window is not known by a read", async () => {
  const { run, published, topic } = outage();
  await run(at(0));
  topic.isDown = false;
  assert.deepEqual((await run(at(W + 1))).verdicts, ["new"]);
  assert.equal(published.length, 2);
});

test("last seen moves on where a finding that a claim met is completed before it could be moved", async () => {
  const world = bench();
  const first = { findingId: "f", triggerId: "other", outbox: new Uint8Array([1]), ruleId: "r", preview: [] };
  const times = { firstSeen: 0, lastSeen: 0, windowMs: W, leaseUntil: START + LIFE_MS };
  await world.memory.claim("k", { ...first, ...times });
  world.options.table.read = async () => new Map();
  const { refreshPending } = world.memory;
  world.memory.refreshPending = async (key, lastSeen) => {
    await world.memory.complete(key, { findingId: "f", now: START, windowMs: W, lastSeen: 0 });
    return refreshPending(key, lastSeen);
  };
  assert.deepEqual((await world.run(at(DAY))).verdicts, ["known"]);
  assert.equal(world.memory.items.get("k")?.lastSeen, DAY);
});
