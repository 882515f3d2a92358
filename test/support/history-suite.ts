import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { windowKey } from "../../src/history/key.ts";
import { WINDOW_MEMBERS } from "../../src/history/suppression-window.ts";
import {
  type Claim,
  type HistoryTable,
  MOST_COUNTED,
  OUTBOX_PARTITIONS,
  type OutboxEntry,
  PENDING_PAGE,
  type Pending,
} from "../../src/history/table.ts";

export const DAY_MS = 86_400_000;
export const WINDOW = 7 * DAY_MS;
export const T0 = Date.parse("2026-05-25T10:00:00Z");

export function claimAt(time: number, facts: Partial<Claim> = {}): Claim {
  return {
    firstSeen: time,
    lastSeen: time,
    windowMs: WINDOW,
    findingId: "f1",
    triggerId: "e1",
    outbox: new Uint8Array([1, 2, 3]),
    leaseUntil: time + 60_000,
    ruleId: "rule",
    preview: ["h1", "/bin/x"],
    ...facts,
  };
}

async function pendingItem(table: HistoryTable, key: string): Promise<Pending> {
  const item = await table.get(key);
  assert.equal(item?.state, "P");
  return item as Pending;
}

const END = T0 + 60_000;

function opening(opener: string, due = T0 + 120_000) {
  return { opener, start: T0, end: END, due, outbox: new Uint8Array([4, 5]) };
}

/** What every history table does: they differ in where they keep things, and in nothing else. */
export function historyTableSuite(name: string, table: HistoryTable): void {
  describe(`${name} table`, () => {
    let count = 0;
    const freshKey = () => `n1#${name}-${count++}`;

    test("a claim of an unknown combination stores the finding", async () => {
      const key = freshKey();
      assert.deepEqual(await table.claim(key, claimAt(T0)), { claimed: true });
      const { outbox, ...item } = await pendingItem(table, key);
      assert.deepEqual([...outbox], [1, 2, 3]);
      assert.deepEqual(item, {
        state: "P",
        firstSeen: T0,
        lastSeen: T0,
        findingId: "f1",
        triggerId: "e1",
        leaseUntil: T0 + 60_000,
        attempts: 0,
        windowMs: WINDOW,
      });
    });

    test("a second claim is refused and told who is in the way", async () => {
      const key = freshKey();
      await table.claim(key, claimAt(T0));
      const outcome = await table.claim(key, claimAt(T0 + 1, { findingId: "f2", triggerId: "e2" }));
      assert.equal(outcome.claimed, false);
      assert.equal(!outcome.claimed && outcome.item?.state === "P" && outcome.item.findingId, "f1");
    });

    test("a pending item is not claimed however old: its finding is not out", async () => {
      const key = freshKey();
      await table.claim(key, claimAt(T0));
      assert.equal((await table.claim(key, claimAt(T0 + 30 * DAY_MS, { findingId: "f2" }))).claimed, false);
    });

    test("a settled item is claimed one millisecond past the window, and not on its edge", async () => {
      const key = freshKey();
      await table.claim(key, claimAt(T0));
      await table.complete(key, { findingId: "f1", now: T0, windowMs: WINDOW, lastSeen: T0 });
      assert.equal((await table.claim(key, claimAt(T0 + WINDOW, { findingId: "f2" }))).claimed, false);
      assert.equal((await table.claim(key, claimAt(T0 + WINDOW + 1, { findingId: "f2" }))).claimed, true);
    });

    test("only the finding that is pending can be completed, and once", async () => {
      const key = freshKey();
      const done = { now: T0, windowMs: WINDOW, lastSeen: T0 };
      await table.claim(key, claimAt(T0));
      assert.equal(await table.complete(key, { ...done, findingId: "other" }), false);
      assert.equal(await table.complete(key, { ...done, findingId: "f1" }), true);
      assert.equal(await table.complete(key, { ...done, findingId: "f1" }), false);
      assert.deepEqual(await table.get(key).then((item) => item?.state), "D");
    });

    test("a refresh moves last seen forward and never back, on settled items only", async () => {
      const key = freshKey();
      assert.equal(await table.refresh(key, { lastSeen: T0, windowMs: WINDOW }), false, "nothing there");
      await table.claim(key, claimAt(T0));
      assert.equal(await table.refresh(key, { lastSeen: T0 + 5, windowMs: WINDOW }), false, "pending");
      await table.complete(key, { findingId: "f1", now: T0, windowMs: WINDOW, lastSeen: T0 });
      assert.equal(await table.refresh(key, { lastSeen: T0 + 5, windowMs: WINDOW }), true);
      assert.equal(await table.refresh(key, { lastSeen: T0 + 4, windowMs: WINDOW }), false);
      assert.equal((await table.get(key))?.lastSeen, T0 + 5);
    });

    test("a pending item's last seen moves forward by its own verb", async () => {
      const key = freshKey();
      await table.claim(key, claimAt(T0));
      assert.equal(await table.refreshPending(key, T0 + 5), true);
      assert.equal(await table.refreshPending(key, T0 + 5), false);
      assert.equal((await pendingItem(table, key)).lastSeen, T0 + 5);
    });

    test("a take-over wins once for each lease that was seen", async () => {
      const key = freshKey();
      await table.claim(key, claimAt(T0));
      const lease = { findingId: "f1", seen: T0 + 60_000, until: T0 + 120_000 };
      const adopted = await table.takeOver(key, lease);
      assert.equal(adopted?.attempts, 1);
      assert.equal(adopted?.leaseUntil, T0 + 120_000);
      assert.deepEqual([...(adopted?.outbox ?? [])], [1, 2, 3]);
      assert.equal(await table.takeOver(key, lease), undefined);
    });

    test("learning makes known, refreshes, keeps what is done, and leaves pending alone", async () => {
      const key = freshKey();
      const lesson = { windowMs: WINDOW, ruleId: "rule", preview: ["h1"] };
      assert.equal(await table.learn(key, { ...lesson, lastSeen: T0 }), true);
      assert.deepEqual((await table.get(key))?.state, "L");
      assert.equal(await table.learn(key, { ...lesson, lastSeen: T0 - 1 }), false);
      assert.equal(await table.learn(key, { ...lesson, lastSeen: T0 + 1 }), true);
      const pending = freshKey();
      await table.claim(pending, claimAt(T0));
      assert.equal(await table.learn(pending, { ...lesson, lastSeen: T0 + 1 }), false);
      await table.complete(pending, { findingId: "f1", now: T0, windowMs: WINDOW, lastSeen: T0 });
      await table.learn(pending, { ...lesson, lastSeen: T0 + 1 });
      assert.equal((await table.get(pending))?.state, "D");
    });

    test("a read tells times of the keys that are there, and of pending ones lease, attempts and trigger", async () => {
      const [here, done, gone] = [freshKey(), freshKey(), freshKey()];
      await table.claim(here, claimAt(T0));
      await table.takeOver(here, { findingId: "f1", seen: T0 + 60_000, until: T0 + 120_000 });
      await table.refreshPending(here, T0 + 5);
      await table.claim(done, claimAt(T0));
      await table.complete(done, { findingId: "f1", now: T0, windowMs: WINDOW, lastSeen: T0 });
      const lease = { leaseUntil: T0 + 120_000, attempts: 1 };
      const pending = { state: "P", firstSeen: T0, lastSeen: T0 + 5, ...lease, triggerId: "e1" };
      const settled = { state: "D", firstSeen: T0, lastSeen: T0 };
      assert.deepEqual(
        await table.read([here, done, gone]),
        new Map<string, unknown>([
          [here, pending],
          [done, settled],
        ]),
      );
    });

    test("ids are stored and given back whatever they are, and no other one's", async () => {
      for (const findingId of ["0123456789abcdef0123456789abcdef", "ABCD", "abc", "00", "é"]) {
        const key = freshKey();
        await table.claim(key, claimAt(T0, { findingId }));
        assert.equal((await pendingItem(table, key)).findingId, findingId);
        const done = { now: T0, windowMs: WINDOW, lastSeen: T0 };
        assert.equal(await table.complete(key, { ...done, findingId: `${findingId}00` }), false);
        assert.equal(await table.complete(key, { ...done, findingId }), true);
      }
    });

    test("first seen stays until the combination is new again", async () => {
      const key = freshKey();
      const firstSeen = async () => (await table.get(key))?.firstSeen;
      await table.learn(key, { lastSeen: T0, windowMs: WINDOW, ruleId: "rule", preview: [] });
      await table.learn(key, { lastSeen: T0 + 1, windowMs: WINDOW, ruleId: "rule", preview: [] });
      await table.refresh(key, { lastSeen: T0 + 2, windowMs: WINDOW });
      assert.equal(await firstSeen(), T0);
      const again = T0 + 3 * WINDOW;
      await table.claim(key, claimAt(again));
      assert.equal(await firstSeen(), again);
      await table.complete(key, { findingId: "f1", now: again, windowMs: WINDOW, lastSeen: again });
      assert.equal(await firstSeen(), again);
    });

    test("a fragment is there from when it was kept, whoever keeps it again, and is no item of the outbox", async () => {
      const digest = freshKey();
      assert.equal(await table.fragment(digest), undefined);
      assert.equal(await table.keepFragment(digest, new Uint8Array([7, 8])), true);
      assert.equal(await table.keepFragment(digest, new Uint8Array([7, 8])), true);
      assert.deepEqual([...((await table.fragment(digest)) ?? [])], [7, 8]);
      assert.equal(await table.get(digest), undefined);
      assert.ok((await outbox()).every(({ key }) => !key.includes(digest)));
    });

    test("a rule's history begins once, and its beginning moves back, never forward", async () => {
      const [key, other] = [freshKey(), freshKey()];
      const facts = { ruleId: "rule", windowMs: WINDOW };
      assert.deepEqual(await table.starts([key, other]), new Map());
      assert.equal(await table.startEarlier(key, T0 - 5), false, "what has not begun is not moved");
      assert.equal(await table.start(key, { ...facts, at: T0 }), T0);
      assert.equal(await table.start(key, { ...facts, at: T0 - 1 }), T0);
      assert.equal(await table.start(key, { ...facts, at: T0 + 1 }), T0);
      assert.equal(await table.startEarlier(key, T0 + 1), false);
      assert.equal(await table.startEarlier(key, T0), false);
      assert.equal(await table.startEarlier(key, T0 - 5), true);
      assert.deepEqual(await table.starts([key, other]), new Map([[key, { since: T0 - 5, shown: T0 }]]));
    });

    test("of many who begin a rule at once one wins, and all are told when it began", async () => {
      const key = freshKey();
      const many = Array.from({ length: 10 }, (_, at) => table.start(key, { ruleId: "rule", windowMs: WINDOW, at }));
      const told = new Set(await Promise.all(many));
      assert.equal(told.size, 1);
      assert.deepEqual(
        [...(await table.starts([key])).values()].map(({ since }) => since),
        [...told],
      );
    });

    test("a counter counts, keeps its first and its last, and stops above a thousand", async () => {
      const [key, other] = [freshKey(), freshKey()];
      const facts = { windowMs: WINDOW, ruleId: "rule" };
      assert.equal(await table.count(key, { ...facts, by: 2, at: T0 }), true);
      assert.equal(await table.count(key, { ...facts, by: 1, at: T0 + 9 }), true);
      const counted = { combinations: 3, firstSeen: T0, lastSeen: T0 + 9 };
      assert.deepEqual(await table.counts([key, other]), new Map([[key, counted]]));
      assert.equal(await table.count(key, { ...facts, by: MOST_COUNTED, at: T0 + 10 }), true);
      assert.equal(await table.count(key, { ...facts, by: 1, at: T0 + 11 }), false);
      assert.equal((await table.counts([key])).get(key)?.combinations, MOST_COUNTED + 3);
    });

    test("a count is put in the place of one that is what it was, and of no other", async () => {
      const key = freshKey();
      const facts = { windowMs: WINDOW, ruleId: "rule" };
      const count = { combinations: 7, firstSeen: T0, lastSeen: T0 + 1 };
      assert.equal(await table.recount(key, count, { ...count, ...facts }), false, "of none");
      assert.equal(await table.recount(key, undefined, { ...count, ...facts }), true);
      assert.equal(await table.recount(key, undefined, { ...count, ...facts }), false);
      await table.count(key, { ...facts, by: 1, at: T0 + 2 });
      assert.equal(await table.recount(key, count, { ...count, combinations: 9, ...facts }), false);
      assert.deepEqual((await table.counts([key])).get(key), { combinations: 8, firstSeen: T0, lastSeen: T0 + 2 });
    });

    test("starts and counters are no items of the outbox, and no combinations", async () => {
      const key = freshKey();
      await table.start(key, { ruleId: "rule", windowMs: WINDOW, at: T0 });
      await table.count(freshKey(), { windowMs: WINDOW, ruleId: "rule", by: 1, at: T0 });
      assert.ok((await outbox()).every((entry) => entry.key !== key));
    });

    /** The whole outbox, for as long as no partition of it holds more than a page. */
    async function outbox(): Promise<OutboxEntry[]> {
      const pages = await Promise.all(Array.from({ length: OUTBOX_PARTITIONS }, (_, index) => table.pending(index)));
      return pages.flat();
    }
    const entryOf = async (key: string) => (await outbox()).filter((entry) => entry.key === key);

    test("the outbox shows what is pending with its lease, and no longer what is done", async () => {
      const key = freshKey();
      await table.claim(key, claimAt(T0));
      assert.deepEqual(await entryOf(key), [{ key, leaseUntil: T0 + 60_000 }]);
      await table.takeOver(key, { findingId: "f1", seen: T0 + 60_000, until: T0 + 120_000 });
      assert.deepEqual(await entryOf(key), [{ key, leaseUntil: T0 + 120_000 }]);
      await table.complete(key, { findingId: "f1", now: T0, windowMs: WINDOW, lastSeen: T0 });
      assert.deepEqual(await entryOf(key), []);
    });

    test("a claim keeps what it is suppressed by, a take-over tells it, and what is done has it no longer", async () => {
      for (const fate of [undefined, "f0"]) {
        const key = freshKey();
        const suppression = { group: "s1#g", durationMs: 5, member: "m", ...(fate === undefined ? {} : { fate }) };
        await table.claim(key, claimAt(T0, { suppression }));
        assert.deepEqual((await pendingItem(table, key)).suppression, suppression);
        const lease = { findingId: "f1", seen: T0 + 60_000, until: T0 + 120_000 };
        assert.deepEqual((await table.takeOver(key, lease))?.suppression, suppression);
        await table.complete(key, { findingId: "f1", now: T0, windowMs: WINDOW, lastSeen: T0 });
        await table.claim(key, claimAt(T0 + WINDOW + 1, { findingId: "f2" }));
        assert.equal((await pendingItem(table, key)).suppression, undefined);
      }
    });

    test("a fate is written over the one that was seen, of the finding that is pending", async () => {
      const key = freshKey();
      await table.claim(key, claimAt(T0, { suppression: { group: "s1#g", durationMs: 5, member: "m" } }));
      const write = (from: string | undefined, to: string, findingId = "f1") =>
        table.decideFate(key, { findingId, from, to });
      assert.equal(await write("x", "y"), false);
      assert.equal(await write(undefined, "x", "other"), false);
      assert.equal(await write(undefined, "x"), true);
      assert.equal(await write(undefined, "y"), false);
      assert.equal(await write("x", "y"), true);
      assert.equal((await pendingItem(table, key)).suppression?.fate, "y");
      await table.complete(key, { findingId: "f1", now: T0, windowMs: WINDOW, lastSeen: T0 });
      assert.equal(await write("y", "z"), false);
    });

    test("a group's window gives way only to who has seen it", async () => {
      const group = freshKey();
      assert.equal(await table.currentWindow(group), undefined);
      assert.equal(await table.succeed(group, "none", { opener: "a", end: END }), false);
      assert.equal(await table.succeed(group, undefined, { opener: "a", end: END }), true);
      assert.equal(await table.succeed(group, undefined, { opener: "b", end: END }), false);
      assert.equal(await table.succeed(group, "a", { opener: "b", end: END + 1 }), true);
      assert.deepEqual(await table.currentWindow(group), { opener: "b", end: END + 1 });
    });

    test("a window lists each member once, is in the outbox until it is done, and lists it still", async () => {
      const opener = freshKey();
      const key = windowKey(opener);
      assert.equal(await table.join(opener, ["a"]), false, "not there");
      await table.openWindow(opening(opener));
      await table.openWindow(opening(opener, T0));
      assert.equal((await pendingItem(table, key)).leaseUntil, T0 + 120_000, "opened once");
      assert.deepEqual((await pendingItem(table, key)).closing, { opener, end: END, members: [] });
      assert.deepEqual(await entryOf(key), [{ key, leaseUntil: T0 + 120_000 }]);
      assert.equal(await table.join(opener, ["a", "b"]), true);
      assert.equal(await table.join(opener, ["b", "é"]), true);
      assert.deepEqual((await table.members(opener)).toSorted(), ["a", "b", "é"]);
      const { findingId } = await pendingItem(table, key);
      const closed = await table.takeOver(key, { findingId, seen: T0 + 120_000, until: T0 + 180_000 });
      assert.deepEqual(closed?.closing?.members.toSorted(), ["a", "b", "é"]);
      assert.deepEqual([...(closed?.outbox ?? [])], [4, 5]);
      assert.equal(await table.join(opener, ["c"]), false, "closed by who took it over");
      await table.complete(key, { findingId, now: T0, windowMs: 0, lastSeen: END });
      assert.equal(await table.join(opener, ["c"]), false, "done");
      await table.openWindow(opening(opener));
      assert.equal((await table.get(key))?.state, "D", "never open again");
      assert.deepEqual((await table.members(opener)).toSorted(), ["a", "b", "é"]);
      assert.deepEqual(await entryOf(key), []);
    });

    test("a window that lists enough takes no more", async () => {
      const opener = freshKey();
      await table.openWindow(opening(opener));
      const names = (from: number, count: number) => Array.from({ length: count }, (_, index) => `m${from + index}`);
      assert.equal(await table.join(opener, names(0, 100)), true);
      assert.equal(await table.join(opener, names(100, WINDOW_MEMBERS - 101)), true);
      assert.equal(await table.join(opener, names(500, 100)), true, "one short of enough");
      assert.equal(await table.join(opener, names(900, 1)), false);
      assert.equal((await table.members(opener)).length, WINDOW_MEMBERS + 99);
    });

    test("a page of the outbox begins with the soonest lease end, and is a page", async () => {
      const many = Array.from({ length: 2 * PENDING_PAGE }, (_, index) => freshLease(index));
      await Promise.all(many.map(({ key, leaseUntil }) => table.claim(key, claimAt(T0, { leaseUntil }))));
      for (let partition = 0; partition < OUTBOX_PARTITIONS; partition++) {
        const leases = (await table.pending(partition)).map(({ leaseUntil }) => leaseUntil);
        assert.ok(leases.length <= PENDING_PAGE);
        assert.deepEqual(
          leases,
          leases.toSorted((a, b) => a - b),
        );
      }
      assert.ok(
        (await outbox()).some(({ leaseUntil }) => leaseUntil === 0),
        "the soonest of all is on a first page",
      );
    });

    /** A key, and a lease end that does not grow with it. */
    const freshLease = (index: number) => ({ key: freshKey(), leaseUntil: (index * 37) % (2 * PENDING_PAGE) });
  });
}
