import assert from "node:assert/strict";
import { test } from "node:test";
import { refreshStep } from "../../src/history/settle.ts";
import { seeded } from "../../src/local/sample-events.ts";
import { kibanaAlerts, LOOKBACK_MS, type ModelEvent } from "../support/kibana-model.ts";
import { someDetector } from "../support/rules.ts";
import { invoke, newWorld, recordOf, sweepOnce } from "../support/world.ts";

// The stream engine against a model of Kibana's runs over the same sightings: where they must agree, and how far they
// may differ.

const SEED = Number(process.env["SEED"] ?? 1);
const RUNS = Number(process.env["RUNS"] ?? 200);

const MINUTE = 60_000;
const DAY = 86_400_000;
const W = 7 * DAY;
const G = refreshStep(W);
const START = Date.parse("2026-05-25T10:00:00Z");
const detectors = [someDetector({ windowMs: W })];

/** The gaps at which something changes, and what lies around them. */
const GAPS = [
  1,
  MINUTE,
  LOOKBACK_MS,
  G - 1,
  G,
  DAY,
  W - G - 1,
  W - G,
  W - LOOKBACK_MS - 1,
  W - LOOKBACK_MS,
  W - 1,
  W,
  W + 1,
  W + MINUTE,
  2 * W,
];

function sightings(seed: number): { readonly events: ModelEvent[]; readonly phase: number } {
  const random = seeded(seed);
  const events: ModelEvent[] = [];
  for (let combination = 0; combination < 3; combination++) {
    let at = START + Math.floor(random() * DAY);
    for (let count = 0; count < 8; count++) {
      events.push({ id: `${combination}.${count}`, combination: `h${combination}`, at });
      at += (GAPS[Math.floor(random() * GAPS.length)] ?? 0) + (random() < 0.3 ? Math.floor(random() * MINUTE) : 0);
    }
  }
  return { events: events.toSorted((a, b) => a.at - b.at), phase: Math.floor(random() * 5 * MINUTE) };
}

/** What the stream engine finds: in random batches, some twice, some by a process that dies. */
async function streamFindings(events: readonly ModelEvent[], seed: number, largest = 4): Promise<Set<string>> {
  const random = seeded(seed + 1_000_000);
  const world = newWorld();
  for (let at = 0; at < events.length; ) {
    // A batch holds what arrived together: records that lay for days would be stale.
    const until = (events[at]?.at ?? 0) + DAY;
    const batch = events.slice(at, at + 1 + Math.floor(random() * largest)).filter((event) => event.at <= until);
    at += batch.length;
    world.now = Math.max(world.now, (batch.at(-1)?.at ?? 0) + Math.floor(random() * 1000));
    const records = batch.map((event) => recordOf(event.id, event.combination, "/bin/x", event.at));
    if (random() < 0.3)
      await invoke(world, records, detectors, { kill: { call: Math.floor(random() * 7), heard: random() < 0.5 } });
    await invoke(world, records, detectors);
    if (random() < 0.2) await invoke(world, records, detectors);
    if (random() < 0.2) await sweepOnce(world);
    if (random() < 0.2) world.history.expire(world.now);
  }
  world.now += DAY;
  await sweepOnce(world);
  assert.ok([...world.history.items.values()].every(({ state }) => state !== "P"));
  return new Set(
    world.published.map(({ body }) => {
      const [ancestor] =
        (JSON.parse(body) as Record<string, { readonly id: string }[]>)["kibana.alert.ancestors"] ?? [];
      return ancestor?.id ?? "";
    }),
  );
}

test(`both find the same but for what is known to differ: ${RUNS} runs`, async () => {
  const seen = { both: 0, neither: 0, between: 0, onlyStream: 0, onlyKibana: 0 };
  for (let seed = SEED; seed < SEED + RUNS; seed++) {
    const { events, phase } = sightings(seed);
    const kibana = kibanaAlerts(events, W, phase);
    const stream = await streamFindings(events, seed);
    const last = new Map<string, number>();
    for (const { id, combination, at } of events) {
      const gap = at - (last.get(combination) ?? Number.NEGATIVE_INFINITY);
      last.set(combination, at);
      const where = `SEED=${seed} RUNS=1: ${id} after ${gap} ms`;
      const [byStream, byKibana] = [stream.has(id), kibana.has(id)];
      if (gap > W) {
        assert.ok(byStream && byKibana, `${where}: stream ${byStream}, Kibana ${byKibana}`);
        seen.both++;
      } else if (gap <= W - Math.max(LOOKBACK_MS, G)) {
        assert.ok(!byStream && !byKibana, `${where}: stream ${byStream}, Kibana ${byKibana}`);
        seen.neither++;
      } else {
        assert.ok(!(byStream && gap <= W - G), `${where}: the stream repeats too early`);
        assert.ok(!(byKibana && gap <= W - LOOKBACK_MS), `${where}: the model repeats too early`);
        seen.between++;
        if (byStream && !byKibana) seen.onlyStream++;
        if (byKibana && !byStream) seen.onlyKibana++;
      }
    }
  }
  assert.ok(seen.both > RUNS && seen.neither > RUNS && seen.between > RUNS, JSON.stringify(seen));
});

// Each way in which they differ, by a case of its own.

const at = (ms: number): ModelEvent => ({ id: `e${ms}`, combination: "h1", at: START + ms });

/** Which of the sightings each engine finds new. */
async function compared(times: readonly number[], phase = 0): Promise<{ stream: number[]; kibana: number[] }> {
  const events = times.map(at);
  const kibana = kibanaAlerts(events, W, phase + (START % (5 * MINUTE)));
  const stream = await streamFindings(events, 7, 1);
  const of = (found: Set<string>) => times.filter((ms) => found.has(`e${ms}`));
  return { stream: of(stream), kibana: of(kibana) };
}

test("a gap within nine minutes of the window: Kibana may alert, where its runs fall so; the stream does not", async () => {
  const gap = W - 5 * MINUTE;
  assert.deepEqual(await compared([0, gap], 2 * MINUTE), { stream: [0], kibana: [0, gap] });
});

test("a stored last seen may lag by the refresh step: the stream may repeat a finding early, and Kibana does not", async () => {
  const second = G - 1; // too soon to be written
  const third = W + MINUTE; // within the window of the second, past that of what is stored
  assert.deepEqual(await compared([0, second, third], 0), { stream: [0, third], kibana: [0] });
});

test("exactly a window apart is known to both", async () => {
  const { stream } = await compared([0, W]);
  assert.deepEqual(stream, [0]);
});
