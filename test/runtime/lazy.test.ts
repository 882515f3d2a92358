import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryTable } from "../../src/history/memory-table.ts";
import { lazyPublisher, lazySend, lazyTable } from "../../src/runtime/lazy.ts";

test("a table is opened at its first call, once, and every verb reaches it", async () => {
  const calls: string[] = [];
  let opened = 0;
  const table = new Proxy(memoryTable(), {
    get(target, verb) {
      calls.push(String(verb));
      return Reflect.get(target, verb) as unknown;
    },
  });
  const lazy = lazyTable(async () => {
    opened++;
    return table;
  });
  assert.equal(opened, 0);
  const learned = { lastSeen: 1, windowMs: 10, ruleId: "r", preview: [] };
  await Promise.all([lazy.learn("k", learned), lazy.read(["k"])]);
  assert.equal((await lazy.get("k"))?.lastSeen, 1);
  assert.equal(await lazy.refresh("k", { lastSeen: 2, windowMs: 10 }), true);
  assert.equal((await lazy.get("k"))?.lastSeen, 2);
  await lazy.complete("k", { findingId: "f", now: 1, windowMs: 10, lastSeen: 1 });
  await lazy.refreshPending("k", 3);
  await lazy.takeOver("k", { findingId: "f", seen: 1, until: 2 });
  await lazy.pending(0);
  assert.equal(await lazy.keepFragment("d", new Uint8Array([1])), true);
  assert.deepEqual(await lazy.fragment("d"), new Uint8Array([1]));
  const claim = {
    ...learned,
    findingId: "f",
    triggerId: "t",
    outbox: new Uint8Array(),
    leaseUntil: 5,
  };
  assert.equal((await lazy.claim("other", { ...claim, firstSeen: 1 })).claimed, true);
  await lazy.openWindow({ opener: "o", start: 1, end: 2, due: 3, outbox: new Uint8Array() });
  assert.equal(await lazy.join("o", ["m"]), true);
  assert.deepEqual(await lazy.members("o"), ["m"]);
  assert.equal(await lazy.succeed("g", undefined, { opener: "o", end: 2 }), true);
  assert.deepEqual(await lazy.currentWindow("g"), { opener: "o", end: 2 });
  assert.equal(await lazy.decideFate("other", { findingId: "f", from: undefined, to: "o" }), false);
  assert.equal(opened, 1);
  const verbs = (
    "claim complete currentWindow decideFate fragment get join keepFragment learn members openWindow pending read refresh " +
    "refreshPending succeed takeOver"
  ).split(" ");
  // A promise asks what it resolves to whether that is one.
  assert.deepEqual([...new Set(calls)].filter((call) => call !== "then").sort(), verbs);
});

test("a table that cannot be opened rejects, as one that cannot be asked, and is opened the next time", async () => {
  let attempts = 0;
  const lazy = lazyTable(async () => {
    if (attempts++ === 0) throw new Error("no table");
    return memoryTable();
  });
  await assert.rejects(lazy.read(["k"]), /no table/);
  assert.deepEqual(await lazy.read(["k"]), new Map());
  assert.equal(attempts, 2);
});

test("a queue is not opened for nothing, and a topic once", async () => {
  let opened = 0;
  const signals: (AbortSignal | undefined)[] = [];
  const send = lazySend(async () => {
    opened++;
    return async (bodies, signal) => {
      signals.push(signal);
      return new Set(bodies.keys());
    };
  });
  assert.deepEqual(await send([]), new Set());
  assert.equal(opened, 0);
  assert.deepEqual(await send(["a", "b"]), new Set([0, 1]));
  const { signal } = new AbortController();
  await send(["c"], signal);
  assert.deepEqual(signals, [undefined, signal]);
  assert.equal(opened, 1);

  const publisher = lazyPublisher(async () => {
    opened++;
    return { publish: async (messages) => new Set(messages.map(({ findingId }) => findingId)) };
  });
  await Promise.all([publisher.publish([]), publisher.publish([])]);
  assert.deepEqual(await publisher.publish([{ findingId: "f", body: "{}" }]), new Set(["f"]));
  assert.equal(opened, 2);
});
