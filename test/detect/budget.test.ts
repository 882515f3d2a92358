import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { unhurried } from "../../src/detect/deadline.ts";
import { detect, type Ports } from "../../src/detect/detect.ts";
import { imbalances } from "../../src/detect/ledger.ts";
import { ruleSet } from "../../src/detect/rule-set.ts";
import { chainSightings, type Observation } from "../../src/history/sighting.ts";
import type { Detector } from "../../src/rule/detector.ts";
import { type Budget, RECORD_BUDGET } from "../../src/stream/budget.ts";
import { deliveryOf } from "../../src/stream/delivery.ts";
import { someDetector } from "../support/rules.ts";
import { collect, invoke, keep, newWorld, START } from "../support/world.ts";

const detectors = [someDetector()];
const record = (text: string, id = "r") => ({ id, arrival: START, bytes: Buffer.from(text) });
const event = (host: string, executable: unknown = "/bin/x") =>
  JSON.stringify({ host: { id: host }, process: { executable } });

/** One record with little to spend, between two neighbours. */
async function play(text: string | Buffer, budget: Partial<Budget>, rules: readonly Detector[] = detectors) {
  const world = newWorld();
  const own = { id: "own", arrival: START, bytes: Buffer.from(text) };
  const records = [record(event("before"), "first"), own, record(event("behind"), "last")];
  const { detection } = await invoke(world, records, rules, { options: { budget: { ...RECORD_BUDGET, ...budget } } });
  assert.ok(detection !== "killed");
  assert.deepEqual(detection.undecided, []);
  assert.deepEqual(imbalances(detection.ledger), []);
  const hosts = world.published.map(
    ({ body }) => (JSON.parse(body) as { readonly host: { readonly id: string } }).host.id,
  );
  assert.ok(hosts.includes("before") && hosts.includes("behind"), "the neighbours are found");
  for (const { recordId, position, bytes } of world.quarantined) {
    assert.equal(recordId, "own");
    if (position === undefined) assert.ok(bytes.equals(own.bytes), "as it came");
  }
  return { ...detection, away: world.quarantined, hosts };
}

test("of more documents than the budget the first are found, and the record is put away whole, once", async () => {
  const { away, hosts, ledger } = await play(["a", "b", "c"].map((host) => event(host)).join("\n"), { documents: 2 });
  assert.deepEqual(
    away.map(({ reason, read, position }) => [reason, read, position]),
    [["too_many", 2, undefined]],
  );
  assert.deepEqual([hosts.includes("b"), hosts.includes("c"), ledger.cut], [true, false, 1]);
});

test("rejects within the budget are put away as what they are, together; with one more the record is", async () => {
  const lines = (bad: number) =>
    [event("a"), ...Array.from({ length: bad }, (_, at) => `bad ${at}`), event("z")].join("\n");
  const within = await play(lines(3), { rejected: 3 });
  assert.deepEqual(
    within.away.map(({ position, bytes }) => [position, String(bytes)]),
    [
      ["1", "bad 0"],
      ["2", "bad 1"],
      ["3", "bad 2"],
    ],
  );
  assert.ok(within.hosts.includes("z"));
  const over = await play(lines(4), { rejected: 3 });
  assert.deepEqual(
    over.away.map(({ reason, position }) => [reason, position]),
    [["not_json", undefined]],
  );
  assert.ok(over.hosts.includes("a"));
});

test("what is rejected never comes to more bytes than its record", async () => {
  const { away } = await play(gzipSync("x".repeat(100_000)), {});
  assert.deepEqual(
    away.map(({ position, reason }) => [position, reason]),
    [[undefined, "not_json"]],
  );
});

test("combinations count once, however often they come; with one more the record is cut, and a finding says so", async () => {
  const within = await play([event("a", ["/1", "/2"]), event("a", ["/2", "/1"])].join("\n"), { combinations: 2 });
  assert.deepEqual([within.ledger.cut, within.ledger.combinations, within.ledger.known], [0, 6, 2]);
  const over = await play([event("a", ["/1", "/2", "/3"]), event("a", "/4")].join("\n"), { combinations: 2 });
  assert.deepEqual(
    over.away.map(({ reason }) => reason),
    ["too_many_combinations"],
  );
  assert.deepEqual(
    [over.ledger.overflows, over.ledger.new],
    [1, 5],
    "two of its own, the neighbours', and the overflow",
  );
});

test("an overflow is announced for each place in the stream, whatever the event calls itself", async () => {
  const world = newWorld();
  const small = [someDetector({}, { maxCombinations: 2 })];
  const named = (executables: readonly string[]) =>
    JSON.stringify({ event: { id: "same" }, host: { id: "h" }, process: { executable: executables } });
  await invoke(world, [record(named(["1", "2", "3"]), "r1")], small);
  await invoke(world, [record(named(["1", "2", "3", "4"]), "r2")], small);
  await invoke(world, [record(named(["1", "2", "3", "4"]), "r2")], small);
  const overflows = world.published.filter(({ body }) => body.includes('"new_terms_stream.type":"overflow"'));
  assert.equal(overflows.length, 2);
});

test("a record that takes too long is put away, between events and between the rules of a large one", async () => {
  const [detector] = detectors as [Detector];
  for (const text of [`${event("slow")}\n${event("slow-2")}`, event("slow", "x".repeat(40_000))]) {
    const world = newWorld();
    const slow: Detector = {
      ...detector,
      matches(each, at) {
        if (JSON.stringify(each).includes("slow")) world.now += 1000;
        return detector.matches(each, at);
      },
    };
    const rules = ["a", "b", "c", "d"].map((rule_id) => ({ ...slow, rule: { ...slow.rule, rule_id } }));
    const records = [record(event("before"), "first"), record(text, "own"), record(event("behind"), "last")];
    const { detection } = await invoke(world, records, rules);
    assert.ok(detection !== "killed");
    assert.deepEqual(imbalances(detection.ledger), []);
    assert.ok(world.now - START <= (text.includes("\n") ? 4000 : 2000), "no rule looks once it is late");
    assert.deepEqual(
      world.quarantined.map(({ recordId, reason }) => [recordId, reason]),
      [["own", "too_slow"]],
    );
    assert.ok(world.published.some(({ body }) => body.includes("behind")));
  }
});

test("a reader that throws costs its record", async () => {
  const world = newWorld();
  const rules = { ...ruleSet(detectors), index: ruleSet(detectors).index };
  const throws: typeof rules = {
    ...rules,
    index(each) {
      if (JSON.stringify(each).includes("own")) throw new Error("a bug");
      return rules.index(each);
    },
  };
  const ports: Ports = {
    history: world.history,
    known: new Map(),
    publisher: collect(world),
    quarantine: keep(world),
    now: () => world.now,
    onError: () => {},
  };
  const delivery = deliveryOf([record(event("before"), "a"), record(event("own"), "b"), record(event("behind"), "c")]);
  const { ledger, undecided } = await detect(delivery, throws, ports, unhurried(world.now + 60_000));
  assert.deepEqual([ledger.new, undecided, imbalances(ledger)], [2, [], []]);
  assert.deepEqual(
    world.quarantined.map(({ recordId, reason }) => [recordId, reason]),
    [["b", "read_failed"]],
  );
});

test("events that wait are decided before more is read than memory holds, and the verdicts are the same", async () => {
  const lines = Array.from({ length: 40 }, (_, at) => event(`h${at % 30}`)).join("\n");
  for (const maxWaiting of [0, 3000, Number.POSITIVE_INFINITY]) {
    const world = newWorld();
    const reads: number[] = [];
    const history = {
      ...world.history,
      read: (keys: readonly string[]) => {
        reads.push(keys.length);
        return world.history.read(keys);
      },
    };
    const ports: Ports = {
      history,
      known: new Map(),
      publisher: collect(world),
      quarantine: keep(world),
      now: () => world.now,
      onError: () => {},
    };
    const { ledger } = await detect(deliveryOf([record(lines)]), ruleSet(detectors), ports, unhurried(START + 60_000), {
      maxWaiting,
    });
    assert.deepEqual([ledger.new, ledger.known, imbalances(ledger)], [30, 10, []]);
    assert.ok(maxWaiting > 10_000 ? reads.length === 1 : Math.max(...reads) < 10, `${reads}`);
  }
});

test("what takes long to read is read last, but for a batch's first record", async () => {
  const world = newWorld();
  const [detector] = detectors as [Detector];
  const slow: Detector = {
    ...detector,
    matches(each, at) {
      if (JSON.stringify(each).includes("heavy")) world.now += 900;
      return detector.matches(each, at);
    },
  };
  const heavy = (id: string) => ({
    id,
    arrival: START,
    bytes: gzipSync(
      JSON.stringify({ host: { id: `heavy ${id}` }, process: { executable: "/x" }, pad: "x".repeat(200_000) }),
    ),
  });
  const records = [heavy("0"), heavy("1"), record(event("h2")), heavy("3"), record(event("h4")), heavy("5")];
  const ports: Ports = {
    history: world.history,
    known: new Map(),
    publisher: collect(world),
    quarantine: keep(world),
    now: () => world.now,
    onError: () => {},
  };
  const deadline = { ...unhurried(START + 60_000), readUntil: START + 1500 };
  const { undecided } = await detect(deliveryOf(records), ruleSet([slow]), ports, deadline);
  assert.deepEqual(
    undecided,
    [1, 3, 5].filter((index) => undecided.includes(index)),
  );
  assert.ok(undecided.length >= 1, "there was no time for all");
  const found = world.published.map(
    ({ body }) => (JSON.parse(body) as { readonly host: { readonly id: string } }).host.id,
  );
  for (const host of ["heavy 0", "h2", "h4"]) assert.ok(found.includes(host), `${host} is found`);
});

test("deciding does not wait for quarantine", async () => {
  const world = newWorld();
  const found = Promise.withResolvers<void>();
  const ports: Ports = {
    history: world.history,
    known: new Map(),
    publisher: {
      publish: async (messages) => {
        found.resolve();
        return collect(world).publish(messages);
      },
    },
    // Takes nothing before the finding of the same batch is out.
    quarantine: async (entries) => {
      await found.promise;
      return new Set(entries);
    },
    now: () => world.now,
    onError: () => {},
  };
  const delivery = deliveryOf([record("{bad", "a"), record(event("h"), "b")]);
  const deadline = { ...unhurried(world.now + 60_000), patience: () => AbortSignal.timeout(5000) };
  const { undecided, ledger } = await detect(delivery, ruleSet(detectors), ports, deadline);
  assert.deepEqual([undecided, ledger.new], [[], 1]);
});

test("each record's first combinations come before any record's further ones", () => {
  const seen = (key: string, rank: number): Observation<string> => ({
    key,
    at: START,
    triggerId: key,
    windowMs: 1000,
    count: 1,
    rank,
    source: key,
  });
  const flood = Array.from({ length: 5 }, (_, at) => seen(`flood-${at}`, at + 1));
  const chains = chainSightings([...flood, seen("neighbour", 1), seen("flood-4", 1)]);
  assert.deepEqual(
    chains.map(([first]) => first?.key),
    ["flood-0", "flood-4", "neighbour", "flood-1", "flood-2", "flood-3"],
  );
});

test("a record does not pay for the time that deciding takes between its parts", async () => {
  const world = newWorld();
  const read: typeof world.history.read = (keys) => {
    world.now += 5000;
    return world.history.read(keys);
  };
  const slow: Ports = {
    history: { ...world.history, read },
    known: new Map(),
    publisher: collect(world),
    quarantine: keep(world),
    now: () => world.now,
    onError: (error) => assert.fail(String(error)),
  };
  const text = ["a", "b", "c", "d"].map((host) => event(host)).join("\n");
  const { ledger } = await detect(deliveryOf([record(text)]), ruleSet(detectors), slow, unhurried(START + 600_000), {
    maxWaiting: 1,
  });
  assert.deepEqual([ledger.published, ledger.cut, world.quarantined.length], [4, 0, 0]);
});
