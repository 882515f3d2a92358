import assert from "node:assert/strict";
import { test } from "node:test";
import { unhurried } from "../../src/detect/deadline.ts";
import { decideParked } from "../../src/detect/decide-parked.ts";
import type { DetectOptions } from "../../src/detect/detect.ts";
import { emptyLedger } from "../../src/detect/ledger.ts";
import { ruleCounts } from "../../src/detect/rule-counts.ts";
import { startedRule } from "../../src/detect/rule-set.ts";
import { BODY_LIMIT, sealFinding, withWhy } from "../../src/finding/seal.ts";
import { counterKey } from "../../src/history/key.ts";
import { readParked } from "../../src/history/parked.ts";
import { remembering } from "../../src/history/remembering.ts";
import { ruleStarts } from "../../src/history/starts.ts";
import type { HistoryTable } from "../../src/history/table.ts";
import type { Detector } from "../../src/rule/detector.ts";
import type { StreamRecord } from "../../src/stream/record.ts";
import { parkedBodies } from "../support/parked.ts";
import { someDetector } from "../support/rules.ts";
import { collect, invoke, LIFE_MS, newWorld, recordOf, START, tableThrough, type World } from "../support/world.ts";

// What a Firehose function could not decide is decided later as it would have been: told why it is new, and counted.

const DAY = 86_400_000;
const COUNTERS = { counters: true } as const;
const rule = someDetector();

/** Messages of the retry queue, of records that came while the table was away. */
const parkedOf = (records: readonly StreamRecord[], detectors: readonly Detector[] = [rule]) =>
  parkedBodies(records, detectors, START);

/** One invocation of the retry function's. */
async function retry(
  world: World,
  bodies: readonly string[],
  options: DetectOptions = COUNTERS,
  table: HistoryTable = world.history,
) {
  const history = remembering(table, () => world.now);
  const publisher = collect(world);
  const ports = { history, known: new Map(), publisher, now: () => world.now, onError: () => {} };
  const ledger = emptyLedger();
  const counts = ruleCounts();
  const deadline = unhurried(world.now + LIFE_MS);
  const starts = ruleStarts(history, () => world.now);
  const left = await decideParked(bodies.map(readParked), ports, deadline, { ledger, counts }, { starts, ...options });
  return { ledger, left };
}

/** What the findings say of themselves that came undelayed, and delayed. */
function findings({ published }: World): Record<string, unknown>[] {
  return published.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
}

const countOf = (world: World, field: string, text: string) =>
  world.history.counters.get(counterKey("some-rule", field, text))?.combinations;

test("a parked finding says why it is new as if it had not waited, word for word", async () => {
  const records = [recordOf("1", "h1", "/bin/x"), recordOf("2", "h2", "/bin/x", START + 1)];
  const last = JSON.parse(records[1]?.bytes.toString() ?? "") as object;
  const named = { ...last, host: { id: "h2", name: 'web"-\u202e2' }, process: { executable: "/bin/".padEnd(90, "x") } };
  const odd: StreamRecord = { id: "3", arrival: START + DAY, bytes: Buffer.from(JSON.stringify(named)) };
  const [swift, late] = [newWorld(), newWorld()];
  for (const record of [...records, odd]) {
    const starts = ruleStarts(swift.history, () => swift.now);
    await invoke(swift, [record], [rule], { options: { ...COUNTERS, starts } });
    await retry(late, await parkedOf([record]));
  }
  const [whole, parked] = [findings(swift), findings(late)];
  assert.deepEqual(parked, whole);
  assert.equal(
    parked[1]?.["new_terms_stream.why"],
    "First time on h2 since its history began on 2026-05-25. /bin/x is known on 1 other host since 2026-05-25; this host has no other executable.",
  );
  assert.match(String(parked[2]?.["new_terms_stream.why"]), /^First time on "web'-\\u202e2" .*\/bin\/x{55}…/);
  assert.deepEqual(late.history.counters, swift.history.counters);
});

test("however often its message comes, a parked finding is counted once and has one text", async () => {
  const world = newWorld();
  const bodies = await parkedOf([recordOf("1", "h1", "/bin/x")]);
  await retry(world, [...bodies, ...bodies]);
  await retry(world, bodies);
  world.now += 120_000;
  await retry(world, bodies);
  assert.deepEqual([countOf(world, "host.id", "h1"), countOf(world, "process.executable", "/bin/x")], [1, 1]);
  assert.equal(new Set(world.published.map(({ body }) => body)).size, 1);
});

test("killed at any call and delivered again, its text is the one that was claimed, and it is counted once at most", async () => {
  const bodies = await parkedOf([recordOf("1", "h1", "/bin/x")]);
  for (const heard of [true, false]) {
    for (let kill = 0; ; kill++) {
      const world = newWorld();
      let calls = 0;
      const mortal = async <T>(act: () => Promise<T>): Promise<T> => {
        const call = calls++;
        if (call > kill || (call === kill && !heard)) throw new Error("dead");
        const answer = await act();
        if (call === kill) throw new Error("dead");
        return answer;
      };
      await retry(world, bodies, COUNTERS, tableThrough(world.history, mortal));
      // In between, the others of the rule are counted: what it says is what it said.
      await retry(world, await parkedOf([recordOf("2", "h2", "/bin/x")]));
      world.now += 120_000;
      const { left } = await retry(world, bodies);
      assert.equal(left.size, 0);
      const texts = world.published.filter(({ body }) => body.includes('"h1"')).map(({ body }) => body);
      assert.equal(new Set(texts).size, 1, `killed at ${kill}`);
      assert.ok((countOf(world, "host.id", "h1") ?? 0) <= 1);
      assert.ok(texts.every((text) => text.includes("new_terms_stream.why")));
      if (calls <= kill) break;
    }
  }
});

test("counters that fail or hang leave a parked finding without counts, and delay it no longer than others", async () => {
  const bodies = await parkedOf([recordOf("1", "h1", "/bin/x")]);
  const hang = () => new Promise<never>(() => {});
  const fail = () => Promise.reject(new Error("down"));
  for (const verb of [hang, fail]) {
    const world = newWorld();
    const begun = performance.now();
    const { ledger } = await retry(world, bodies, COUNTERS, { ...world.history, counts: verb, count: verb });
    // Once for the look, and once for the count.
    assert.ok(performance.now() - begun < 2000);
    assert.equal(ledger.published, 1);
    const [finding] = findings(world);
    assert.equal(finding?.["new_terms_stream.values"], undefined);
    assert.match(String(finding?.["new_terms_stream.why"]), /^First time on h1 since its history began/);
  }
  // Nor do starts that cannot be read, where nobody learns.
  const world = newWorld();
  const { ledger } = await retry(world, bodies, COUNTERS, { ...world.history, starts: fail });
  assert.equal(ledger.published, 1);
  assert.equal(findings(world)[0]?.["new_terms_stream.history_since"], undefined);
  assert.equal(countOf(world, "host.id", "h1"), 1);
});

test("without counters, of an old message, and of an event with too many combinations, nothing is told or counted", async () => {
  const [body = ""] = await parkedOf([recordOf("1", "h1", "/bin/x")]);
  const { c: _, ...old } = JSON.parse(body) as Record<string, unknown>;
  const hosts = Array.from({ length: 2000 }, (_each, index) => `h${index}`);
  const event = { event: { id: "many" }, host: { id: hosts }, process: { executable: ["/bin/x", "/bin/y"] } };
  const record = { id: "many", arrival: START, bytes: Buffer.from(JSON.stringify(event)) };
  const all = (await parkedOf([record])).map((text) => [text, readParked(text)] as const);
  const overflow = all.filter(([, { terms }]) => terms === undefined).map(([text]) => text);
  assert.equal(overflow.length, 1);
  for (const [bodies, options] of [
    [[body], { starts: undefined }],
    [[JSON.stringify(old)], COUNTERS],
    [overflow, COUNTERS],
  ] as const) {
    const world = newWorld();
    const { ledger } = await retry(world, bodies, options);
    assert.deepEqual([ledger.published, world.history.counters.size], [1, 0]);
    assert.doesNotMatch(world.published[0]?.body ?? "", /new_terms_stream\.(why|values|history_since)/);
  }
});

test("the starts of all rules that wait are one read, and nothing is asked once they have learned", async () => {
  const many = Array.from({ length: 30 }, (_, index) => someDetector({ rule_id: `rule-${index}` }));
  const bodies = await parkedOf([recordOf("1", "h1", "/bin/x")], many);
  assert.equal(bodies.length, 30);
  const world = newWorld();
  for (const { rule: each } of many) {
    const { key, ...start } = startedRule(each);
    await world.history.start(key, { ...start, at: START - 8 * DAY });
  }
  let reads = 0;
  const starts = (keys: readonly string[]) => {
    reads++;
    return world.history.starts(keys);
  };
  const table = { ...world.history, starts };
  const remembered = { ...COUNTERS, learn: "window", starts: ruleStarts(table, () => world.now) } as const;
  for (const _ of [1, 2]) assert.equal((await retry(world, bodies, remembered, table)).left.size, 0);
  world.now += DAY;
  await retry(world, bodies, remembered, table);
  assert.deepEqual([reads, world.published.length], [1, 30]);
});

test("a rule of one field says since when its history is kept, and counts nothing", async () => {
  const one = someDetector({
    new_terms: { ...rule.rule.new_terms, value: ["host.id"] },
  });
  const world = newWorld();
  await retry(world, await parkedOf([recordOf("1", "h1", "/bin/x")], [one]));
  assert.equal(findings(world)[0]?.["new_terms_stream.why"], "First time on h1 since its history began on 2026-05-25.");
  assert.equal(world.history.counters.size, 0);
});

test("a message is no larger for it than a queue takes, whatever a sender writes", async () => {
  const long = "\u0001\ud800".repeat(40_000);
  const record = recordOf("1", long, `/${long}`);
  const longValues = someDetector({}, { longValues: "keep" });
  const [body = ""] = await parkedOf([record], [longValues]);
  assert.ok(Buffer.byteLength(body) < 64 * 1024, `${Buffer.byteLength(body)}`);
  const world = newWorld();
  assert.equal((await retry(world, [body])).ledger.published, 1);
  assert.ok(world.published.every(({ body: text }) => Buffer.byteLength(text) <= BODY_LIMIT));
});

test("what cannot be opened, or would be too large, stays as it was sealed", () => {
  const facts = {
    fields: ["host.id", "process.executable"],
    terms: [{ text: "h1" }, { text: "/bin/x" }],
    windowMs: DAY,
    firstSeen: START,
    previousSeen: undefined,
    historySince: START - 2 * DAY,
    values: undefined,
  };
  const broken = Buffer.from("no finding");
  assert.equal(withWhy(broken, facts), broken);
  const sealed = sealFinding({
    rule: rule.rule,
    event: { host: { id: "h1" } },
    triggerId: "t",
    arrival: START,
    type: "finding",
    terms: [],
    findingId: "f",
    firstSeen: START,
    previousSeen: undefined,
    now: START,
  });
  assert.equal(withWhy(sealed, { ...facts, historySince: undefined }), sealed);
  assert.notEqual(withWhy(sealed, facts), sealed);
});
