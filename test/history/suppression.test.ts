import assert from "node:assert/strict";
import { test } from "node:test";
import { type Duty, deliverGates, dutyOf } from "../../src/history/duty.ts";
import { windowKey } from "../../src/history/key.ts";
import { type MemoryTable, memoryTable } from "../../src/history/memory-table.ts";
import { deliver } from "../../src/history/outbox.ts";
import { memberOf, withFate } from "../../src/history/suppression.ts";
import { WINDOW_MEMBERS } from "../../src/history/suppression-window.ts";
import { sweep } from "../../src/history/sweep.ts";
import type { HistoryTable } from "../../src/history/table.ts";

const T0 = Date.parse("2026-05-25T10:00:00Z");
const MINUTE = 60_000;
const DURATION = 10 * MINUTE;

/** A claim as settle makes it. */
async function claimed(
  table: HistoryTable,
  id: string,
  seen: number,
  { group = "s1#g", fated = true } = {},
): Promise<Duty> {
  const plain = { group, durationMs: DURATION, member: memberOf(id, seen, [id]) };
  const suppression = fated ? await withFate(plain, seen, table) : plain;
  const claim = {
    ...{ firstSeen: seen, lastSeen: seen, windowMs: MINUTE, findingId: id, triggerId: id, ruleId: "r", preview: [id] },
    ...{ outbox: Buffer.from(id), leaseUntil: seen + MINUTE, suppression },
  };
  assert.equal((await table.claim(`n1#${id}`, claim)).claimed, true);
  return dutyOf(`n1#${id}`, claim);
}

/** What goes out: findings by their ids, windows as `opener: members`. */
function world(table: HistoryTable = memoryTable()) {
  const out: string[] = [];
  const errors: unknown[] = [];
  const clock = { now: T0 };
  const options = {
    table,
    publish: async (duties: readonly Duty[]) => {
      for (const { findingId, closing } of duties) {
        if (closing === undefined) out.push(findingId);
        else
          out.push(
            `${closing.opener}: ${closing.members
              .map((text) => JSON.parse(text)[0])
              .sort()
              .join(" ")}`,
          );
      }
      return new Set(duties.map(({ findingId }) => findingId));
    },
    now: () => clock.now,
    mayStart: () => true,
    onError: (error: unknown) => errors.push(error),
  };
  return {
    out,
    errors,
    clock,
    deliver: (...duties: Duty[]) => deliver(duties, options, deliverGates()),
    sweepAt: async (now: number) => {
      clock.now = now;
      return (await sweep(options)).report;
    },
  };
}

const stateOf = (table: MemoryTable, key: string) => table.items.get(key)?.state;

test("the first is published, the others are counted, and their closing message comes when the window is over", async () => {
  const table = memoryTable();
  const { deliver: go, out, sweepAt } = world(table);
  const { published, suppressed, completed } = await go(
    await claimed(table, "b", T0 + 1),
    await claimed(table, "a", T0),
    await claimed(table, "other", T0, { group: "s1#h" }),
  );
  assert.deepEqual([[...published].sort(), [...suppressed], completed.size], [["a", "other"], ["b"], 3]);
  await go(await claimed(table, "c", T0 + DURATION));
  assert.deepEqual([await sweepAt(T0 + DURATION), out.splice(0).sort()].at(1), ["a", "other"]);
  const report = await sweepAt(T0 + DURATION + MINUTE);
  assert.deepEqual(out, ["a: b c"], "and nothing of a window that held nothing");
  assert.deepEqual([report.due, report.published, report.pending], [2, 1, 0]);
  assert.equal(stateOf(table, windowKey("a")), "D");
});

test("an open window is neither pending nor late", async () => {
  const table = memoryTable();
  const { deliver: go, sweepAt } = world(table);
  await go(await claimed(table, "a", T0), await claimed(table, "b", T0));
  assert.partialDeepStrictEqual(await sweepAt(T0 + 5 * MINUTE), {
    due: 0,
    pending: 0,
    oldestSeconds: 0,
    overdueSeconds: 0,
  });
});

test("what is seen past the end opens another window, though the first is not published yet", async () => {
  const table = memoryTable();
  const { deliver: go, out, sweepAt } = world(table);
  await go(await claimed(table, "a", T0), await claimed(table, "b", T0 + DURATION));
  await go(await claimed(table, "c", T0 + DURATION + 1), await claimed(table, "d", T0 + DURATION + 2));
  assert.deepEqual(out.splice(0), ["a", "c"]);
  await sweepAt(T0 + 3 * DURATION);
  assert.deepEqual(out.sort(), ["a: b", "c: d"]);
});

test("a backlog of many windows at once is decided at once", async () => {
  const table = memoryTable();
  const { deliver: go, out } = world(table);
  const duties = [];
  for (let index = 0; index < 100; index++) duties.push(await claimed(table, `f${index}`, T0 + index * 2 * DURATION));
  assert.equal((await go(...duties)).completed.size, 100);
  assert.equal(out.length, 100);
});

test("whoever holds a finding, and however often, it is counted once, also by one who wakes after the window", async () => {
  const table = memoryTable();
  const { deliver: go, out, sweepAt } = world(table);
  await go(await claimed(table, "a", T0));
  const duty = await claimed(table, "b", T0 + 1);
  await Promise.all([go(duty), go(duty), go(duty)]);
  await sweepAt(T0 + 2 * DURATION);
  await go(duty);
  await go({ ...duty, suppression: duty.suppression && { ...duty.suppression, fate: undefined } });
  await sweepAt(T0 + 9 * DURATION);
  assert.deepEqual(out, ["a", "a: b"]);
});

test("two that open at once: one does, and the other is counted", async () => {
  const table = memoryTable();
  const { deliver: go, out, sweepAt } = world(table);
  const [a, b] = [await claimed(table, "a", T0), await claimed(table, "b", T0)];
  await Promise.all([go(a), go(b)]);
  assert.equal(out.length, 1);
  const [first] = out.splice(0);
  await sweepAt(T0 + 2 * DURATION);
  assert.deepEqual(out, [`${first}: ${first === "a" ? "b" : "a"}`]);
});

test("who holds a finding that another published meanwhile lists it in no window", async () => {
  const table = memoryTable();
  const { deliver: go, out, sweepAt } = world(table);
  await go(await claimed(table, "a", T0));
  const slow = await claimed(table, "b", T0 + 1, { fated: false });
  assert.ok(await table.decideFate(slow.key, { findingId: "b", from: undefined, to: "out" }));
  assert.ok(await table.complete(slow.key, { findingId: "b", windowMs: MINUTE, lastSeen: T0 + 1, now: T0 + 2 }));
  await go(slow);
  await sweepAt(T0 + 3 * DURATION);
  assert.deepEqual(out, ["a"]);
});

test("a finding that was bound to a window and came too late for it goes elsewhere", async () => {
  const table = memoryTable();
  const { deliver: go, out, sweepAt } = world(table);
  await go(await claimed(table, "a", T0), await claimed(table, "b", T0));
  const late = await claimed(table, "late", T0 + 1);
  // Its process died; the sweeper finds the window over, and the finding later.
  await sweepAt(T0 + DURATION + MINUTE);
  await go(late);
  await sweepAt(T0 + 4 * DURATION);
  assert.deepEqual(out, ["a", "a: b", "late"]);
});

test("a finding whose listing was not heard of is found in the window, though that is closed by then", async () => {
  const memory = memoryTable();
  let isLost = false;
  const join: HistoryTable["join"] = async (opener, members) => {
    const answer = await memory.join(opener, members);
    if (isLost) throw new Error("connection reset");
    return answer;
  };
  const { deliver: go, out, sweepAt } = world({ ...memory, join });
  await go(await claimed(memory, "a", T0));
  const duty = await claimed(memory, "b", T0 + 1);
  isLost = true;
  assert.equal((await go(duty)).suppressed.size, 0);
  isLost = false;
  const key = windowKey("a");
  const window = await memory.get(key);
  assert.ok(window?.state === "P");
  await memory.takeOver(key, { findingId: window.findingId, seen: window.leaseUntil, until: window.leaseUntil + 1 });
  await go(duty);
  assert.equal(stateOf(memory, "n1#b"), "D");
  await sweepAt(T0 + 9 * DURATION);
  assert.deepEqual(out, ["a", "a: b"]);
});

test("an open window survives what cannot be asked: nothing is told and nothing lost", async () => {
  for (const broken of ["currentWindow", "openWindow", "succeed", "decideFate", "join"] as const) {
    const memory = memoryTable();
    let isDown = true;
    const table = new Proxy<HistoryTable>(memory, {
      get: (target, name) => {
        if (name === broken && isDown) return async () => Promise.reject(new Error("down"));
        return Reflect.get(target, name) as unknown;
      },
    });
    const { deliver: go, out, errors, sweepAt } = world(table);
    const duties = [await claimed(memory, "a", T0), await claimed(memory, "b", T0)];
    const { suppressed } = await go(...duties);
    assert.ok(errors.length > 0, broken);
    assert.equal(suppressed.size, 0);
    isDown = false;
    await sweepAt(T0 + 2 * MINUTE);
    await sweepAt(T0 + 2 * DURATION);
    assert.deepEqual(out.toSorted(), ["a", "a: b"], broken);
  }
});

test("a table that hangs is left when the time is over", async () => {
  const memory = memoryTable();
  const duties = [await claimed(memory, "a", T0), await claimed(memory, "b", T0)];
  let calls = 0;
  const { published, suppressed } = await deliver(
    duties,
    {
      table: { ...memory, succeed: async () => false, currentWindow: async () => undefined },
      publish: async () => new Set(["a"]),
      now: () => T0,
      mayStart: () => calls++ < 3,
      onError: (error) => assert.fail(String(error)),
    },
    deliverGates(),
  );
  assert.deepEqual([published.size, suppressed.size], [0, 0]);
  assert.ok(calls < 6);
});

test("100,000 of one group: no item grows without bound, and each is told of once", async () => {
  const table = memoryTable();
  const { deliver: go, out, sweepAt } = world(table);
  const COUNT = 100_000;
  for (let from = 0; from < COUNT; from += 400) {
    // Four processes at once.
    await Promise.all(
      Array.from({ length: 4 }, async (_, process) => {
        const duties = [];
        for (let index = from + process * 100; index < from + process * 100 + 100; index++)
          duties.push(await claimed(table, `f${index}`, T0 + (index % 1000)));
        const { published, suppressed } = await go(...duties);
        assert.equal(published.size + suppressed.size, 100);
      }),
    );
  }
  let most = 0;
  for (const key of table.items.keys())
    if (key.startsWith("w1#")) most = Math.max(most, (await table.members(key.slice(3))).length);
  assert.ok(most < WINDOW_MEMBERS + 100, `${most} in one window`);
  for (let turn = 0; turn < 12; turn++) await sweepAt(T0 + 2 * DURATION + turn * MINUTE);
  const told = out.flatMap((text) => (text.includes(":") ? text.split(": ")[1]?.split(" ") : [text]));
  assert.equal(told.length, COUNT);
  assert.equal(new Set(told).size, COUNT);
  assert.ok(out.length < COUNT / 50, `${out.length} messages`);
});
