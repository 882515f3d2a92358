import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryTable } from "../../src/history/memory-table.ts";
import { type SweepOptions, sweep } from "../../src/history/sweep.ts";
import { type HistoryTable, OUTBOX_PARTITIONS } from "../../src/history/table.ts";
import { seeded } from "../../src/local/sample-events.ts";
import { claimAt, T0 } from "../support/history-suite.ts";

const MINUTE = 60_000;

/** An outbox of so many findings, whose leases end a minute after T0, and a sweeper at work on it two minutes after. */
async function outboxOf(count: number, over: Partial<HistoryTable> = {}) {
  const memory = memoryTable();
  for (let index = 0; index < count; index++) await memory.claim(`k${index}`, claimAt(T0, { findingId: `f${index}` }));
  const calls: string[] = [];
  const errors: unknown[] = [];
  const published = new Set<string>();
  const table = new Proxy<HistoryTable>(
    { ...memory, ...over },
    {
      get(target, verb) {
        const value: unknown = Reflect.get(target, verb);
        return (...args: unknown[]) => {
          calls.push(String(verb));
          return Reflect.apply(value as () => unknown, target, args);
        };
      },
    },
  );
  const clock = { now: T0 + 2 * MINUTE };
  const options: SweepOptions = {
    table,
    publish: async (duties) => {
      for (const { findingId } of duties) published.add(findingId);
      return new Set(duties.map(({ findingId }) => findingId));
    },
    now: () => clock.now,
    mayStart: () => true,
    onError: (error) => errors.push(error),
  };
  const run = (more: Partial<SweepOptions> = {}) => {
    calls.length = 0;
    errors.length = 0;
    return sweep({ ...options, ...more });
  };
  return { run, memory, calls, errors, published, clock };
}

const stillPending = ({ items }: Pick<ReturnType<typeof memoryTable>, "items">) =>
  [...items.values()].filter(({ state }) => state === "P").length;

test("an outbox with nothing in it costs one request for each partition", async () => {
  const { run, calls } = await outboxOf(0);
  assert.deepEqual((await run()).report, {
    due: 0,
    published: 0,
    suppressed: 0,
    pending: 0,
    oldestSeconds: 0,
    overdueSeconds: 0,
    mostAttempts: 0,
    failed: 0,
  });
  assert.deepEqual(calls, Array(OUTBOX_PARTITIONS).fill("pending"));
});

test("whatever its length, an outbox is emptied in one run", async () => {
  const { run, memory, published } = await outboxOf(950);
  const { report } = await run();
  assert.deepEqual([report.due, report.published, report.pending, report.oldestSeconds], [950, 950, 0, 0]);
  assert.equal(published.size, 950);
  assert.equal(stillPending(memory), 0);
});

for (const verb of ["get", "takeOver", "complete"] as const) {
  test(`where ${verb} fails for one finding, it costs that one only`, async () => {
    const { run, memory, errors } = await outboxOf(120);
    const table = new Proxy<HistoryTable>(memory, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        return async (...args: unknown[]) => {
          if (name === verb && args[0] === "k7") throw new Error("no");
          return Reflect.apply(value as () => unknown, target, args);
        };
      },
    });
    const { report, failure } = await run({ table });
    assert.equal(failure, undefined);
    // What is not marked is published all the same, and will be again.
    assert.deepEqual([report.published, report.failed], verb === "complete" ? [120, 0] : [119, 1]);
    assert.deepEqual([report.pending, stillPending(memory), errors.length], [1, 1, 1]);
  });
}

test("with one call in ten failing, what was adopted is published in the same run, and all of it soon", async () => {
  for (const seed of [1, 2, 3]) {
    const random = seeded(seed);
    const { run, memory, published, clock } = await outboxOf(400);
    const flaky = new Proxy<HistoryTable>(memory, {
      get(target, verb) {
        const value: unknown = Reflect.get(target, verb);
        return async (...args: unknown[]) => {
          if (verb !== "pending" && random() < 0.1) throw new Error("internal server error");
          return Reflect.apply(value as () => unknown, target, args);
        };
      },
    });
    await run({ table: flaky });
    // Nine in ten are read, and nine in ten of those adopted.
    assert.ok(published.size > 280, `${published.size} of 400 in the first minute`);
    for (const item of memory.items.values()) {
      if (item.state === "P" && item.attempts > 0) assert.ok(published.has(item.findingId), "adopted and left alone");
    }
    for (let minute = 0; minute < 6; minute++) {
      clock.now += MINUTE;
      await run({ table: flaky });
    }
    assert.equal(published.size, 400, "within seven minutes");
  }
});

test("what cannot be adopted is tried once in a run, and does not keep it from ending", async () => {
  const { run, calls } = await outboxOf(350, { takeOver: () => Promise.reject(new Error("no")) });
  const { report } = await run();
  assert.deepEqual([report.published, report.failed, report.pending], [0, 100, 100]);
  assert.equal(calls.filter((verb) => verb === "pending").length, OUTBOX_PARTITIONS + 1);
  assert.equal(calls.filter((verb) => verb === "takeOver").length, 100);
});

test("a topic that is down leaves all pending, and the age is that of the first seen", async () => {
  const { run, memory, clock } = await outboxOf(30);
  await memory.claim("older", claimAt(T0 - 10 * MINUTE));
  clock.now = T0 + 20 * MINUTE;
  const { report } = await run({ publish: async () => new Set() });
  assert.partialDeepStrictEqual(report, { due: 31, published: 0, pending: 31, oldestSeconds: 1800, mostAttempts: 1 });
  assert.equal(report.overdueSeconds, 1800);
  const next = (await run()).report;
  assert.deepEqual([next.due, next.overdueSeconds], [0, 1800], "each has its back-off, and is overdue meanwhile");
});

test("what somebody is at work on is pending, and not due", async () => {
  const { run, clock, calls } = await outboxOf(3);
  clock.now = T0 + 30_000;
  assert.partialDeepStrictEqual((await run()).report, {
    due: 0,
    published: 0,
    pending: 3,
    oldestSeconds: 30,
    overdueSeconds: 0,
  });
  assert.deepEqual([calls.length, calls.includes("get")], [OUTBOX_PARTITIONS + 1, false]);
});

test("an entry of the index whose item is done is neither due nor pending", async () => {
  const { run, memory } = await outboxOf(2);
  const stale = await memory.pending(0);
  for (const { key } of stale)
    await memory.complete(key, { findingId: `f${key.slice(1)}`, now: T0, windowMs: 1, lastSeen: T0 });
  const table = { ...memory, pending: async (partition: number) => (partition === 0 ? stale : []) };
  assert.partialDeepStrictEqual((await run({ table })).report, { due: 0, published: 0, pending: 0, failed: 0 });
});

test("a partition that cannot be read is a failure in the end, when all others are worked", async () => {
  const { run, memory, published, errors } = await outboxOf(5);
  const denied = Object.assign(new Error("not authorized to perform dynamodb:Query"), {
    name: "AccessDeniedException",
  });
  const pending = (partition: number) => (partition === 3 ? Promise.reject(denied) : memory.pending(partition));
  const { report, failure } = await run({ table: { ...memory, pending } });
  assert.equal(published.size, 5);
  assert.deepEqual([report.published, report.failed, errors], [5, 1, [denied]]);
  assert.match(String(failure?.message), /^1 of 16 partitions .* AccessDeniedException: not authorized/);
  assert.equal(failure?.cause, denied);
});

test("an outbox of which nothing can be read is no empty one", async () => {
  const { run } = await outboxOf(5, { pending: () => Promise.reject(new Error("denied")) });
  const { report, failure } = await run();
  assert.deepEqual([report.due, report.failed], [0, OUTBOX_PARTITIONS]);
  assert.match(String(failure?.message), /^16 of 16 partitions/);
});

test("an age that cannot be read is a failure, not youth", async () => {
  const { run } = await outboxOf(5, { read: () => Promise.reject(new Error("denied")) });
  const { report, failure } = await run({ publish: async () => new Set() });
  assert.deepEqual([report.pending, report.failed], [5, 1]);
  assert.match(String(failure?.message), /^1 of 16 partitions/);
});

test("where time runs out after one partition, sixteen runs have looked at all", async () => {
  const asked: number[] = [];
  const pending = async (partition: number) => {
    asked.push(partition);
    return [];
  };
  const { run, clock } = await outboxOf(0, { pending });
  for (let minute = 0; minute < OUTBOX_PARTITIONS; minute++) {
    const before = asked.length;
    await run({ mayStart: () => asked.length === before });
    clock.now += MINUTE;
  }
  assert.equal(new Set(asked).size, OUTBOX_PARTITIONS);
});
