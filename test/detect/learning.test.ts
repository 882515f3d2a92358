import assert from "node:assert/strict";
import { test } from "node:test";
import { startedRule } from "../../src/detect/rule-set.ts";
import { memoryTable } from "../../src/history/memory-table.ts";
import { someDetector, someRule } from "../support/rules.ts";
import { invoke, newWorld, recordOf, START, termsById, type World } from "../support/world.ts";

const DAY = 86_400_000;
const WINDOW = 7 * DAY;
const LEARN = { learn: "window", counters: true } as const;

const rare = someDetector({ rule_id: "rare", query: "process.executable:/bin/rare" });
const usual = someDetector({ rule_id: "usual" });

async function deliver(world: World, at: number, executable: string, detectors = [rare], options: object = LEARN) {
  world.now = at;
  const { detection } = await invoke(world, [recordOf(`${at}`, "h1", executable, at)], detectors, { options });
  assert.ok(detection !== "killed");
  return detection;
}

test("a rule begins with what it is first shown, not with its first match: a rare rule's first match is found", async () => {
  const world = newWorld();
  const first = await deliver(world, START, "/bin/x");
  assert.deepEqual([first.ledger.matched, first.ledger.learning], [0, 1]);
  assert.deepEqual([...world.history.began.values()], [{ since: START, shown: START }]);
  const { ledger } = await deliver(world, START + WINDOW, "/bin/rare");
  assert.deepEqual([ledger.new, ledger.learned, ledger.learning], [1, 0, 0]);
});

test("what a rule sees within a window of its start is learned, to the millisecond, and is known after it", async () => {
  const world = newWorld();
  await deliver(world, START, "/bin/x", [usual]);
  const last = await deliver(world, START + WINDOW - 1, "/bin/y", [usual]);
  assert.deepEqual([last.ledger.learned, last.ledger.new], [1, 0]);
  const after = await deliver(world, START + WINDOW, "/bin/y", [usual]);
  assert.deepEqual([after.ledger.known, after.ledger.new], [1, 0]);
  const other = await deliver(world, START + WINDOW, "/bin/z", [usual]);
  assert.deepEqual([other.ledger.learned, other.ledger.new], [0, 1]);
  assert.deepEqual([...termsById(world).values()], ['["h1","/bin/z"]']);
});

test("a stream that is read late has learned when it was seen for a window, whatever the clock says", async () => {
  const world = newWorld();
  const late = async (at: number, executable: string) => {
    world.now = START + 7.5 * DAY;
    const { detection } = await invoke(world, [recordOf(`${at}`, "h1", executable, at)], [usual], { options: LEARN });
    return detection === "killed" ? assert.fail() : detection.ledger;
  };
  assert.equal((await late(START, "/bin/x")).learned, 1);
  assert.equal((await late(START + WINDOW, "/bin/y")).new, 1);
});

test("a new rule and an edited one learn by themselves, and the others go on", async () => {
  const world = newWorld();
  await deliver(world, START, "/bin/x", [usual]);
  const added = someDetector({ rule_id: "added" });
  const both = await deliver(world, START + WINDOW, "/bin/y", [usual, added]);
  assert.deepEqual([both.ledger.new, both.ledger.learned, both.ledger.learning], [1, 1, 1]);
  const edited = someDetector({ rule_id: "usual", query: "host.id:*" });
  const after = await deliver(world, START + WINDOW + 1, "/bin/z", [edited, added]);
  assert.deepEqual([after.ledger.new, after.ledger.learned, after.ledger.learning], [0, 2, 2]);
  assert.notEqual(startedRule(edited.rule).key, startedRule(usual.rule).key);
  const renamed = someRule({ rule_id: "usual", name: "Another name", version: "2026/02/02", severity: "high" });
  assert.equal(startedRule(renamed).key, startedRule(usual.rule).key, "what says nothing of its history");
});

test("a finding says how long its rule has learned, and how common its values are", async () => {
  const world = newWorld();
  await deliver(world, START, "/bin/x", [usual]);
  await deliver(world, START + 1, "/bin/y", [usual]);
  await deliver(world, START + WINDOW + 5, "/bin/z", [usual]);
  const finding = JSON.parse(world.published[0]?.body ?? "{}");
  assert.equal(finding["new_terms_stream.history_since"], new Date(START).toISOString());
  assert.equal(finding["new_terms_stream.learned_ms"], WINDOW + 5);
  assert.deepEqual(finding["new_terms_stream.values"], [
    {
      field: "host.id",
      combinations: 2,
      first_seen: new Date(START).toISOString(),
      last_seen: new Date(START + 1).toISOString(),
    },
    { field: "process.executable", combinations: 0 },
  ]);
  assert.equal(
    finding["new_terms_stream.why"],
    "First time on h1 in 7 days (history kept since 2026-05-25). /bin/z is known on no other host; this host has 2 other executables, first seen 2026-05-25.",
  );
  assert.equal(finding["kibana.alert.severity"], "medium");
});

test("without the settings nobody asks, and a finding is what it was", async () => {
  const world = newWorld();
  const { ledger } = await deliver(world, START, "/bin/z", [usual], {});
  assert.equal(ledger.new, 1);
  assert.equal(world.history.began.size + world.history.counters.size, 0);
  assert.doesNotMatch(world.published[0]?.body ?? "", /new_terms_stream\.(why|values|history_since|learned_ms)/);
});

test("where the start cannot be known a match is undecided, and what matches nothing is done with", async () => {
  const down = async () => Promise.reject(new Error("down"));
  const world = newWorld({ ...memoryTable(), starts: down });
  assert.deepEqual((await deliver(world, START, "/bin/rare")).undecided, [0]);
  assert.deepEqual((await deliver(world, START, "/bin/x")).undecided, []);
  assert.equal(world.history.items.size, 0);
});

test("counters that cannot be read or written leave findings without them, and delay nothing", async () => {
  const down = async () => Promise.reject(new Error("down"));
  const world = newWorld({ ...memoryTable(), counts: down, count: down });
  assert.equal((await deliver(world, START, "/bin/x", [usual], { counters: true })).ledger.published, 1);
  assert.doesNotMatch(world.published[0]?.body ?? "", /new_terms_stream\.values/);
});

test("records of the past that are put through again begin no rule, and teach one that has not begun", async () => {
  const world = newWorld();
  const { ledger } = await deliver(world, START, "/bin/x", [usual], { ...LEARN, findsStale: true });
  assert.deepEqual([ledger.learned, ledger.new, world.history.began.size], [1, 0, 0]);
});

test("killed at any call and delivered again, a batch across the end of learning has the same verdicts", async () => {
  const batch = [
    recordOf("a", "h1", "/bin/learned", START + WINDOW - 1),
    recordOf("b", "h1", "/bin/found", START + WINDOW),
    recordOf("c", "h2", "/bin/found", START + WINDOW + 1),
  ];
  const begun = async () => {
    const world = newWorld();
    await deliver(world, START, "/bin/x", [usual]);
    world.now = START + WINDOW + 1000;
    return world;
  };
  const { calls } = await invoke(await begun(), batch, [usual], { options: LEARN });
  assert.ok(calls > 8, `${calls}`);
  for (let call = 0; call < calls; call++) {
    for (const heard of [true, false]) {
      const world = await begun();
      await invoke(world, batch, [usual], { options: LEARN, kill: { call, heard } });
      world.now += 120_000;
      await invoke(world, batch, [usual], { options: LEARN });
      assert.deepEqual([...termsById(world).values()].sort(), ['["h1","/bin/found"]', '["h2","/bin/found"]']);
    }
  }
});
