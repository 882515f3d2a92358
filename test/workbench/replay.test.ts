import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { unhurried } from "../../src/detect/deadline.ts";
import { detect } from "../../src/detect/detect.ts";
import { ruleSet } from "../../src/detect/rule-set.ts";
import { memoryTable } from "../../src/history/memory-table.ts";
import { refreshStep } from "../../src/history/settle.ts";
import { WINDOW_MEMBERS } from "../../src/history/suppression-window.ts";
import { seeded } from "../../src/local/sample-events.ts";
import { cloudWatchLogs } from "../../src/local/sample-stream.ts";
import { loadRuleFiles } from "../../src/rule/load.ts";
import { deliveryOf } from "../../src/stream/delivery.ts";

import type { Block } from "../../src/workbench/input/blocks.ts";
import { readInput } from "../../src/workbench/input/input.ts";

import { replay } from "../../src/workbench/replay.ts";
import type { ReplayFinding, ReplayResult } from "../../src/workbench/replay-result.ts";
import { anyRule } from "../support/built-function.ts";
import { HOSTILE_VALUES } from "../support/hostile-values.ts";
import { ruleText } from "../support/rule-text.ts";

const folder = mkdtempSync(join(tmpdir(), "firstsight-replay-"));
after(() => rmSync(folder, { recursive: true }));
const RULE = join(folder, "any.toml");
writeFileSync(RULE, anyRule());

const START = Date.parse("2026-10-01T00:00:00Z");
const HOUR = 3_600_000;
const WINDOW = 7 * 24 * HOUR;
const STEP = refreshStep(WINDOW);

interface Event {
  readonly host: string;
  readonly at: number;
  readonly id: string;
}

function lineOf({ host, at, id }: Event): string {
  const time = new Date(at).toISOString();
  return JSON.stringify({ "@timestamp": time, event: { id }, host: { id: host }, process: { executable: "/bin/x" } });
}

async function* blocksOf(lines: readonly string[], size: number): AsyncGenerator<Block> {
  for (let from = 0; from < lines.length; from += size) {
    const bytes = Buffer.from(`${lines.slice(from, from + size).join("\n")}\n`);
    yield { source: "events", first: from + 1, bytes };
  }
}

async function played(
  lines: readonly string[],
  {
    size = 50,
    workers = 0,
    ...more
  }: { readonly size?: number; readonly workers?: number; readonly learnMs?: number } = {},
): Promise<{ readonly findings: readonly ReplayFinding[]; readonly result: ReplayResult }> {
  const findings: ReplayFinding[] = [];
  const settings = { ruleFiles: [RULE], now: START };
  const options = { settings, workers, ...more, onFinding: (finding: ReplayFinding) => findings.push(finding) };
  const { result } = await replay(blocksOf(lines, size), options);
  return { findings, result };
}

test("each line of raw events with hostile lines among them is in one count: looked at, passed over, rejected, or told", async () => {
  const call = (over: object) =>
    JSON.stringify({
      ...{ eventVersion: "1.11", eventTime: "2026-02-03T10:11:12Z", eventSource: "sts.amazonaws.com" },
      ...{ eventName: "GetCallerIdentity", eventID: "e", awsRegion: "eu-west-1", userIdentity: { type: "IAMUser" } },
      ...over,
    });
  const keys = ["eventTime", "eventName", "eventSource", "userIdentity", "requestParameters", "eventVersion"];
  const odd = HOSTILE_VALUES.flatMap((value) => keys.map((key) => call({ [key]: value })));
  const broken = [
    '{"a":',
    '{"a":1,',
    '{"a":[',
    '{"a":"',
    "[[]]",
    "nonsense",
    "7",
    '{"a":1}x"',
    "{'a':1}",
    "\ufffe",
    '{"a"}',
  ];
  const fine = [
    call({}),
    "{}",
    '{"Records":[]}',
    '{"logEvents":[]}',
    '{"digestS3Bucket":1}',
    `{"a":${"[".repeat(300)}`,
  ];
  const lines = [call({}), ...odd, ...broken.flatMap((line) => [line, call({})]), ...fine, call({})];
  for (const text of [lines.join("\n"), lines.join("\n\n"), lines.join("\r\n"), `\n\r\n${lines.join("\n")}\n\n`]) {
    const path = join(folder, "raw.ndjson");
    writeFileSync(path, text);
    for (const query of ["event.dataset:*", 'process.name:"what no line has"']) {
      const rule = join(folder, "raw.toml");
      writeFileSync(rule, ruleText(query));
      let told = 0;
      const blocks = readInput([path], { onProblem: ({ lines: count = 1 }) => (told += count) });
      const { result } = await replay(blocks, { settings: { ruleFiles: [rule], now: START }, workers: 0 });
      const { events, skipped, rejected } = result;
      assert.equal(result.lines, events + skipped + rejected, JSON.stringify([query, events, skipped, rejected]));
      // Of two lines that hold an event and something behind it both are told of.
      assert.equal(result.lines + told, lines.length + 1, `${query}: ${result.lines} lines, and ${told} told`);
    }
  }
});

test("log events of an envelope among lines that nobody reads are passed over, as lines are", async () => {
  const path = join(folder, "envelope.ndjson");
  // The escape has the line read; its messages have none.
  const envelope = cloudWatchLogs(['{"a":"\u00e9"}', '{"a":1}'], "log").replace("\u00e9", "\\u00e9");
  writeFileSync(path, `{"a":1}\n${envelope}\n`);
  const blocks = readInput([path], { onProblem: () => assert.fail() });
  const { result } = await replay(blocks, { settings: { ruleFiles: [RULE], now: START }, workers: 0 });
  const { lines, events, skipped, rejected } = result;
  assert.deepEqual({ lines, events, skipped, rejected }, { lines: 2, events: 0, skipped: 3, rejected: 0 });
});

/** Some events of a few hosts, close together and far apart, in no order. */
function timelineOf(seed: number): Event[] {
  const random = seeded(seed);
  const count = 1 + Math.floor(random() * 12);
  let at = START;
  const events = Array.from({ length: count }, (_, index): Event => {
    const gaps = [
      0,
      1,
      HOUR / 2,
      3 * HOUR,
      3 * 24 * HOUR,
      WINDOW - 2 * HOUR,
      WINDOW - STEP / 2,
      WINDOW,
      WINDOW + 1,
      9 * 24 * HOUR,
    ];
    at += gaps[Math.floor(random() * gaps.length)] ?? 0;
    return { host: `${seed}-${Math.floor(random() * 2)}`, at, id: `${seed}-${index}` };
  });
  return events.sort(() => random() - 0.5);
}

/** A window told in its own words: new without a sighting in the window before; in its last step either may be said. */
function modelOf(events: readonly Event[]): { readonly sure: Set<string>; readonly possible: Set<string> } {
  const sure = new Set<string>();
  const possible = new Set<string>();
  for (const event of events) {
    const before = events.filter(({ host, at }) => host === event.host && at < event.at);
    const gap = event.at - Math.max(...before.map(({ at }) => at), Number.NEGATIVE_INFINITY);
    const name = `${event.host} ${event.at}`;
    if (gap > WINDOW) sure.add(name);
    if (gap > WINDOW - STEP) possible.add(name);
  }
  return { sure, possible };
}

const RUNS = Number(process.env["RUNS"] ?? 2_000);
/** Timelines of one replay: each has hosts of its own. */
const TOGETHER = 100;

test(`a replay finds what an independent model of the window says: ${RUNS} timelines`, async () => {
  for (let from = 1; from <= RUNS; from += TOGETHER) {
    const timelines = Array.from({ length: TOGETHER }, (_, index) => timelineOf(from + index));
    const { findings } = await played(timelines.flat().map(lineOf), { size: 1 + (from % 50) });
    const found = findings.map(({ terms, at }) => `${terms[0]} ${Date.parse(at)}`);
    assert.equal(new Set(found).size, found.length, "a finding twice");
    const all = new Set(found);
    for (const events of timelines) {
      const { sure, possible } = modelOf(events);
      for (const name of sure) assert.ok(all.delete(name), `${name} is missing`);
      for (const name of possible) all.delete(name);
    }
    assert.deepEqual([...all], [], "no finding but those");
  }
});

function manyEvents(seed: number, count: number): Event[] {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, index) => ({
    host: `h${Math.floor(random() * 300)}`,
    // Minutes apart, so that two never have one time.
    at: START + index * 60_000 + Math.floor(random() * 1000),
    id: `e${index}`,
  }));
}

const ignore = () => {};
const idsOf = (bodies: readonly string[]) =>
  bodies.map((body) => String((JSON.parse(body) as Record<string, unknown>)["kibana.alert.uuid"])).sort();

test("a replay's findings are the functions', whatever the order, the split and the number of threads", async () => {
  const events = manyEvents(7, 4000);
  const lines = events.map(lineOf);
  const bodies: string[] = [];
  const known = new Map<string, number>();
  const history = memoryTable();
  const { detectors } = loadRuleFiles([RULE]);
  for (let from = 0; from < events.length; from += 300) {
    const some = events.slice(from, from + 300);
    const records = some.map((event) => ({ id: event.id, arrival: event.at, bytes: Buffer.from(lineOf(event)) }));
    const now = some.at(-1)?.at ?? START;
    const publisher = {
      publish: async (messages: readonly { readonly findingId: string; readonly body: string }[]) => {
        bodies.push(...messages.map(({ body }) => body));
        return new Set(messages.map(({ findingId }) => findingId));
      },
    };
    const ports = {
      history,
      known,
      publisher,
      quarantine: async () => new Set<never>(),
      now: () => now,
      onError: ignore,
    };
    await detect(deliveryOf(records), ruleSet(detectors), ports, unhurried(now + 60_000));
  }
  assert.equal(bodies.length, 300);
  const expected = idsOf(bodies);
  const shuffled = lines.toSorted((a, b) => (a.slice(-40) < b.slice(-40) ? -1 : 1)).reverse();
  for (const [order, size, workers] of [
    [lines, 100, 0],
    [lines, 7, 0],
    [shuffled, 100, 0],
    [shuffled, 333, 1],
    [lines, 50, 3],
  ] as const) {
    const { findings } = await played(order, { size, workers });
    assert.deepEqual(idsOf(findings.map(({ body }) => body)), expected, `${size} lines a block, ${workers} threads`);
  }
});

test("learning teaches and finds nothing, and days say which of them learn", async () => {
  const events = [0, 2, 8, 20].map((day): Event => ({ host: "h", at: START + day * 24 * HOUR, id: `e${day}` }));
  const { findings, result } = await played(events.map(lineOf), { learnMs: WINDOW });
  assert.deepEqual(
    findings.map(({ at }) => at),
    ["2026-10-21T00:00:00.000Z"],
  );
  const [rule] = result.rules;
  assert.equal(rule?.learned, 2);
  assert.deepEqual(
    rule?.days.filter(({ isLearning }) => isLearning).map(({ day }) => day),
    ["01", "02", "03", "04", "05", "06", "07"].map((day) => `2026-10-${day}`),
  );
  assert.equal(rule?.days.length, 21);
});

test("one pair on the 1st, the 3rd, the 20th and 15 November makes three findings of a window of seven days", async () => {
  const times = ["2026-10-01", "2026-10-03", "2026-10-20", "2026-11-15"];
  const { findings } = await played(times.map((day) => lineOf({ host: "h", at: Date.parse(day), id: day })));
  assert.deepEqual(
    findings.map(({ at }) => at.slice(0, 10)),
    ["2026-10-01", "2026-10-20", "2026-11-15"],
  );
});

test("matches without terms are counted by the field that is missing, and rejects by reason", async () => {
  writeFileSync(
    join(folder, "one.toml"),
    anyRule().replace("host.id:* and process.executable:*", "host.os.type:linux"),
  );
  const lines = ['{"host":{"os":{"type":"linux"},"id":"h"}}', '{"host":{"os":{"type":"linux"}}}', "{nothing"];
  const settings = { ruleFiles: [join(folder, "one.toml")], now: START };
  const { result } = await replay(blocksOf(lines, 10), { settings, workers: 0 });
  const [rule] = result.rules;
  assert.deepEqual([rule?.matched, rule?.withoutTerms], [2, 2]);
  assert.deepEqual(rule?.missing, { "process.executable": 2, "host.id": 1 });
  assert.deepEqual([result.lines, result.rejected, result.rejections], [3, 1, { not_json: 1 }]);
  assert.equal(result.untimed, 2);
});

test("a rule that matches nothing names the fields it reads that no event has", async () => {
  const { result } = await played(['{"@timestamp":"2026-10-01T00:00:00Z","host":{"id":"h"}}']);
  assert.deepEqual(result.rules[0]?.unseen, ["process.executable"]);
});

test("a time that no Date can tell is none: the event counts as now, and nobody's replay ends", async () => {
  const event = { "@timestamp": 9e15, host: { id: "h" }, process: { executable: "/x" } };
  const { findings, result } = await played([JSON.stringify(event)]);
  assert.deepEqual([findings[0]?.at, result.untimed], [new Date(START).toISOString(), 1]);
});

test("who asks for no findings is told the same decisions and ids, and none is written out", async () => {
  const lines = ["h1", "h2", "h1"].map((id) =>
    JSON.stringify({ "@timestamp": "2026-10-01T00:00:00Z", host: { id }, process: { executable: "/x" } }),
  );
  const decided = async (onFinding?: (finding: ReplayFinding) => void) => {
    const told: unknown[] = [];
    const { history } = await replay(blocksOf(lines, 10), {
      settings: { ruleFiles: [RULE], now: START },
      workers: 0,
      onDecision: ({ verdict, findingId, previousSeen }) => told.push([verdict, findingId, previousSeen]),
      ...(onFinding && { onFinding }),
    });
    return { told, items: [...history.items.keys()] };
  };
  const bodies: string[] = [];
  const written = await decided(({ body }) => bodies.push(body));
  assert.equal(bodies.length, 2);
  assert.deepEqual(await decided(), written);
});

const SUPPRESSING = join(folder, "suppressing.toml");
writeFileSync(
  SUPPRESSING,
  anyRule(
    "suppressing",
    'alert_suppression = { group_by = ["process.executable"], duration = { value = 1, unit = "h" } }',
  ),
);

async function suppressed(lines: readonly string[], size: number, workers = 0) {
  const findings: ReplayFinding[] = [];
  const settings = { ruleFiles: [SUPPRESSING], now: START };
  const { result } = await replay(blocksOf(lines, size), {
    settings,
    workers,
    onFinding: (each) => findings.push(each),
  });
  const silent = await replay(blocksOf(lines, size), { settings, workers });
  assert.deepEqual(
    silent.result.rules[0]?.suppression,
    result.rules[0]?.suppression,
    "the same where none is written out",
  );
  return { findings, result };
}

test("a replay tells of each new combination by its finding or by one closing message, as a model of windows says", async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = seeded(seed);
    const count = 2 + Math.floor(random() * 400);
    let at = START;
    const events = Array.from({ length: count }, (_, index): Event => {
      // Also exactly at the end of an hour, and exactly past it.
      at += [1, 1000, HOUR / 30, HOUR / 2, HOUR, HOUR + 1][Math.floor(random() * (seed % 2 === 0 ? 3 : 6))] ?? 0;
      return { host: `h${Math.floor(random() * count)}`, at, id: `${index}` };
    });
    const seen = new Set<string>();
    const windows: { readonly start: number; readonly opener: string; readonly members: string[] }[] = [];
    for (const { host, at: time } of events) {
      if (seen.has(host)) continue;
      seen.add(host);
      const window = windows.at(-1);
      if (window === undefined || time > window.start + HOUR || window.members.length >= WINDOW_MEMBERS)
        windows.push({ start: time, opener: host, members: [] });
      else window.members.push(host);
    }
    const lines = events.map(lineOf).sort(() => random() - 0.5);
    const { findings, result } = await suppressed(lines, 1 + (seed % 50));
    const bodies = findings.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    const closings = bodies.flatMap((body) => (body["new_terms_stream.suppressed"] as Window | undefined) ?? []);
    assert.deepEqual(
      bodies
        .filter((body) => !("new_terms_stream.suppressed" in body))
        .map((body) => (body["kibana.alert.new_terms"] as string[])[0]),
      windows.map(({ opener }) => opener),
    );
    assert.deepEqual(
      closings.map(({ combinations }) => combinations.map(({ terms }) => terms[0])),
      windows.map(({ members }) => members).filter(({ length }) => length > 0),
    );
    assert.deepEqual(result.rules[0]?.suppression?.suppressed ?? 0, seen.size - windows.length);
    assert.deepEqual(result.rules[0]?.suppression?.closings ?? 0, closings.length);
    assert.equal(result.findings, windows.length);
    const times = findings.map((finding) => finding.at);
    assert.deepEqual(times, times.toSorted(), "in order of time");
  }
});

interface Window {
  readonly combinations: readonly { readonly terms: readonly string[] }[];
}

test("raw events are replayed as the functions see them, at their own time, and counted by shape", async () => {
  const file = join(folder, "trail.toml");
  writeFileSync(
    file,
    ruleText('event.provider:"sts.amazonaws.com" and event.action:GetCallerIdentity').replace("host.id", "user.name"),
  );
  const call = (userName: string, hour: number) =>
    JSON.stringify({
      eventVersion: "1.11",
      userIdentity: { type: "IAMUser", userName },
      eventTime: new Date(START + hour * HOUR).toISOString(),
      eventSource: "sts.amazonaws.com",
      eventName: "GetCallerIdentity",
    });
  const lines = [
    call("eve", 5),
    call("eve", 1),
    call("ada", 2),
    '{"EventID":1,"Channel":"c","Computer":"sts.amazonaws.com"}',
  ];
  const findings: ReplayFinding[] = [];
  const settings = { ruleFiles: [file], now: START };
  const options = { settings, workers: 0, onFinding: (finding: ReplayFinding) => findings.push(finding) };
  const { result } = await replay(blocksOf(lines, 10), options);
  assert.deepEqual(
    findings.map(({ terms, at }) => [...terms, at]),
    [
      ["eve", new Date(START + HOUR).toISOString()],
      ["ada", new Date(START + 2 * HOUR).toISOString()],
    ],
  );
  assert.deepEqual(result.rawShapes, { cloudtrail: 3, windows: 1 });
  assert.deepEqual([result.rules[0]?.missing, result.untimed], [{}, 0]);
});
