import assert from "node:assert/strict";
import { test } from "node:test";
import { puttingAway } from "../../src/detect/put-away.ts";
import type { PutAway } from "../../src/detect/read.ts";
import { type Quarantine, type Quarantined, quarantineBy, quarantinedRecords } from "../../src/stream/quarantine.ts";

const entry = (record: number): PutAway => ({
  record,
  entry: {
    recordId: `r${record}`,
    arrival: 0,
    read: 1,
    rejected: [{ reason: "not_json", bytes: Buffer.from(`bytes ${record}`), position: "0" }],
  },
});
const away = (quarantine: Quarantine) => {
  const ledger = { quarantineFailed: 0 };
  const errors: unknown[] = [];
  return { ...puttingAway(quarantine, (error) => errors.push(error), ledger), ledger, errors };
};
const never = () => new AbortController().signal;

test("what is safe is, and what is not is named and counted", async () => {
  const { add, end, ledger } = away(async ([, ...others]) => new Set(others));
  add([entry(0), entry(1)]);
  add([]);
  add([entry(2), entry(3)]);
  assert.deepEqual([...(await end(never()))], [0, 2]);
  assert.equal(ledger.quarantineFailed, 2);
});

test("a quarantine that throws has taken nothing", async () => {
  const { add, end, errors } = away(async () => {
    throw new Error("gone");
  });
  add([entry(4)]);
  assert.deepEqual([...(await end(never()))], [4]);
  assert.equal(errors.length, 1);
});

test("patience that has ended ends the wait, also for a quarantine that does not hear of it", async () => {
  const deaf = away(() => new Promise(() => {}));
  deaf.add([entry(5)]);
  deaf.add([entry(6)]);
  const over = new AbortController();
  const waiting = deaf.end(over.signal);
  await new Promise((resolve) => setImmediate(resolve));
  over.abort();
  assert.deepEqual([...(await waiting)].sort(), [5, 6]);
});

test("what was accepted by then counts as safe", async () => {
  const { add, end } = away(
    ([first], signal) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => setTimeout(() => resolve(new Set(first && [first])), 20));
      }),
  );
  add([entry(7), entry(8)]);
  const over = AbortSignal.timeout(30);
  assert.deepEqual([...(await end(over))], [8]);
});

/** A queue that keeps what it is sent, and takes what it may. */
function queue(accepts: (index: number) => boolean = () => true) {
  const bodies: string[] = [];
  const quarantine = quarantineBy(async (sent) => {
    const taken = [...sent.keys()].filter(accepts);
    for (const index of taken) bodies.push(sent[index] ?? "");
    return new Set(taken);
  });
  const restored = () => quarantinedRecords(bodies.flatMap((body) => body.split("\n")).map((line) => JSON.parse(line)));
  return { bodies, quarantine, restored };
}

test("a few records have a message each, a flood shares them, and all come out as they went in", async () => {
  for (const [count, most] of [
    [3, 3],
    [80, 80],
    [5000, 250],
  ] as const) {
    const { bodies, quarantine, restored } = queue();
    const entries = Array.from({ length: count }, (_, at) => entry(at).entry);
    assert.equal((await quarantine(entries, never())).size, count);
    assert.ok(bodies.length <= most && bodies.length >= Math.min(count, 80), `${bodies.length} messages of ${count}`);
    assert.deepEqual(
      restored().records.map(({ id, bytes }) => [id, String(bytes)]),
      entries.map(({ recordId, rejected: [{ bytes }] }) => [recordId, String(bytes)]),
    );
  }
});

test("an entry of several messages is safe when each of them is", async () => {
  const large: Quarantined = {
    recordId: "large",
    arrival: 0,
    read: 3,
    rejected: [
      {
        reason: "not_json",
        bytes: Buffer.from(Array.from({ length: 600_000 }, () => Math.random() * 256)),
        position: "0",
      },
      { reason: "too_deep", bytes: Buffer.from("second"), position: "1" },
      { reason: "rule_failed", bytes: Buffer.alloc(0), position: "2", ruleId: "r" },
    ],
  };
  const whole = queue();
  assert.equal((await whole.quarantine([large, entry(1).entry], never())).size, 2);
  assert.ok(whole.bodies.length > 3);
  assert.ok(whole.bodies.every((body) => Buffer.byteLength(body) <= 256 * 1024));
  assert.deepEqual(
    whole
      .restored()
      .records.slice(0, 3)
      .map(({ position, bytes }) => [position, bytes]),
    large.rejected.map(({ position, bytes }) => [position, bytes]),
  );
  const torn = queue((index) => index !== 1);
  const small = entry(1).entry;
  assert.deepEqual([...(await torn.quarantine([large, small], never()))], [small]);
});

test("other parts of the same record are others", async () => {
  const { quarantine, restored } = queue();
  const part = (position: string, text: string): Quarantined => ({
    recordId: "one",
    arrival: 0,
    read: 1,
    rejected: [{ reason: "not_json", bytes: Buffer.from(text), position }],
  });
  await quarantine([part("0", "same"), part("1", "same"), part("1", "other")], never());
  await quarantine([part("0", "same"), part("2", "same")], never());
  assert.deepEqual(
    restored().records.map(({ position, bytes }) => `${position} ${bytes}`),
    ["0 same", "1 same", "1 other", "2 same"],
  );
});

test("nothing is sent twice by one environment, and nothing once the signal is aborted", async () => {
  const { bodies, quarantine } = queue();
  const entries = [entry(1).entry, entry(2).entry];
  await quarantine(entries, never());
  assert.equal((await quarantine([entry(1).entry, entry(2).entry, entry(3).entry], never())).size, 3);
  assert.equal(bodies.length, 3);
  assert.equal((await quarantine([entry(4).entry], AbortSignal.abort())).size, 0);
});
