import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { emptyLedger, imbalances } from "../../src/detect/ledger.ts";
import { readRecords } from "../../src/detect/read.ts";
import { type RuleSet, ruleSet } from "../../src/detect/rule-set.ts";
import { parse } from "../../src/kql/parse.ts";
import { seeded } from "../../src/local/sample-events.ts";
import { cloudWatchLogs } from "../../src/local/sample-stream.ts";
import { RAW_FORMS } from "../../src/normalize/normalize.ts";
import type { RawShape } from "../../src/normalize/raw-shape.ts";
import { typesFor } from "../../src/rule/detector.ts";
import { loadRuleFiles } from "../../src/rule/load.ts";
import { RECORD_BUDGET } from "../../src/stream/budget.ts";
import { deliveryOf } from "../../src/stream/delivery.ts";
import { matchingEvent, nearMiss } from "../support/event-generator.ts";
import { spelled } from "../support/json-spelling.ts";
import { rawDocument } from "../support/raw-generator.ts";
import { SHIPPED_RULE, shippedDetector } from "../support/rules.ts";

// Log events that are passed over within an envelope: what is found is what reading each of them finds.

const SEED = Number(process.env["SEED"] ?? 1);
const ENVELOPES = Number(process.env["ENVELOPES"] ?? 200);
const CORPUS = "../shared/rules";

function read(bytes: Buffer, rules: RuleSet, budget = RECORD_BUDGET) {
  const ledger = emptyLedger();
  const shapes: RawShape[] = [];
  const unbounded = Number.POSITIVE_INFINITY;
  const readings = [
    ...readRecords(deliveryOf([{ id: "r", arrival: 0, bytes }]), {
      rules,
      ports: { now: () => 0, onError: () => assert.fail() },
      until: unbounded,
      budget,
      maxWaiting: unbounded,
      ledger,
      onRawShape: (shape) => shapes.push(shape),
    }),
  ];
  assert.deepEqual(imbalances({ ...ledger, combinations: 0 }), []);
  const found = readings.flatMap(({ observations }) =>
    observations.map(({ key, at, count, triggerId }) => [key, at, count, triggerId]),
  );
  const away = readings.flatMap(({ away: each }) => each.flatMap(({ entry: { rejected } }) => rejected));
  return { ledger, shapes, found, away };
}

/** Not compressed: where more is rejected than a record has bytes, it is put away whole, and its reading ends. */
const packed = (messages: readonly string[]) => gzipSync(cloudWatchLogs(messages, "log"), { level: 0 });

test("any messages at all come to the same findings as when each is read", () => {
  const corpus = existsSync(CORPUS) ? readdirSync(CORPUS).filter((name) => name.endsWith(".toml")) : [];
  const others = corpus.filter((name) => !SHIPPED_RULE.includes(name)).map((name) => `${CORPUS}/${name}`);
  const { detectors } = loadRuleFiles([SHIPPED_RULE, ...others]);
  const random = seeded(SEED);
  const oneOf = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const odd = (text: string): string =>
    oneOf([
      ...[
        "",
        " ",
        "{",
        "{}",
        "[]",
        "1",
        "null",
        "\u{1f600}",
        '{"a":1',
        `${text},`,
        `log: ${text}`,
        `${text}\nand text`,
      ],
      ...[`${text}\n`, `${text}\n${text}`, `${text}${text}`, `[${text}]`, ` ${text}`, `{"a":${text}}`, `{\n${text}\n}`],
      ...[`{"\ud800":"\udc00"}${text}`, text.slice(1), text.slice(0, -1), text.replace("1", "\\u0031"), `{${text}}`],
    ]);
  let found = 0;
  let passedOver = 0;
  let rejected = 0;
  for (let count = 0; count < ENVELOPES; count++) {
    const some = Array.from({ length: 1 + Math.floor(random() * 4) }, () => oneOf(detectors));
    const rules = ruleSet(some);
    const messages = Array.from({ length: Math.floor(random() * 30) }, () => {
      const detector = oneOf(random() < 0.3 ? some : detectors);
      const query = parse(detector.rule.query);
      const types = typesFor(detector.rule.index);
      const event = random() < 0.7 ? matchingEvent(query, types, random) : nearMiss(query, types, random);
      const form = oneOf(RAW_FORMS);
      const raw = random() < 0.5 ? rawDocument(event, form.dataStream, form.origins, random) : event;
      const text = spelled(raw, random);
      return random() < 0.3 ? odd(text) : text;
    });
    const ours = read(packed(messages), rules);
    const all = read(packed(messages), { ...rules, mayMatch: undefined });
    const context = `SEED=${SEED}, envelope ${count}`;
    assert.deepEqual(ours.found, all.found, context);
    assert.equal(ours.ledger.matched, all.ledger.matched, context);
    // Whoever is put away stood where it stands, and nobody else is.
    const places = new Map(all.away.map((part) => [part.position, part]));
    for (const part of ours.away) assert.deepEqual(part, places.get(part.position), context);
    found += ours.found.length;
    passedOver += ours.ledger.passedOver;
    rejected += ours.away.length;
  }
  for (const count of [found, passedOver, rejected])
    assert.ok(count > ENVELOPES / 2, String([found, passedOver, rejected]));
});

const hit = (index: number) =>
  `{"event":{"category":"network"},"host":{"id":"h-${index}","os":{"type":"linux"}},"process":{"name":"curl","executable":"/x"},"destination":{"ip":"169.254.169.254","port":80}}`;
const miss = hit(0).replace("169.254.169.254", "192.0.2.1");
const WINDOWS = '{"EventID":4624,"Channel":"Security","Computer":"dc-1"}';
const shipped = ruleSet([shippedDetector()]);

test("those that hold nothing a rule asks for are counted, and not read", () => {
  const messages = Array.from({ length: 3000 }, (_, index) => (index % 100 === 7 ? hit(index) : miss));
  const { ledger, found, away } = read(packed(messages), shipped);
  const { records, skipped, documents, events, passedOver, matched } = ledger;
  assert.deepEqual(
    { records, skipped, documents, events, passedOver, matched, found: found.length, away },
    { records: 1, skipped: 0, documents: 3000, events: 30, passedOver: 2970, matched: 30, found: 30, away: [] },
  );
});

test("one in a thousand is looked at, so that a raw shape shows", () => {
  const { ledger, shapes } = read(packed([hit(1), ...Array.from({ length: 1500 }, () => WINDOWS)]), shipped);
  assert.deepEqual([ledger.passedOver, ledger.unnormalised, shapes], [1500, 2, ["windows", "windows"]]);
});

test("a log event that is passed over is a document of its record's budget", () => {
  // The envelope is one too.
  const budget = { ...RECORD_BUDGET, documents: 10 };
  const misses = (count: number) => Array.from({ length: count }, () => miss);
  assert.deepEqual(read(packed([...misses(8), hit(1)]), shipped, budget).away, []);
  assert.deepEqual(
    read(packed([...misses(9), hit(1)]), shipped, budget).away.map(({ reason }) => reason),
    ["too_many"],
  );
});

test("messages of any size are looked into a stretch at a time, in their own order", () => {
  const large = `{"a":"${"é".repeat(300_000)}"}`;
  const messages = [
    miss,
    large,
    hit(1),
    large,
    large,
    hit(2),
    `${large.slice(0, -1)},"b":"169.254.169.254","c":"80"}`,
    miss,
  ];
  const { ledger, found } = read(packed(messages), shipped);
  assert.deepEqual([ledger.passedOver, ledger.events, found.length], [5, 3, 2]);
});

test("what is no message of an object is read as ever", () => {
  const envelope = cloudWatchLogs([miss], "log").replace(/"message":"(?:[^"\\]|\\.)*"/, '"message":7');
  const { ledger, away } = read(gzipSync(envelope), shipped);
  assert.deepEqual([ledger.passedOver, away.map(({ reason }) => reason)], [0, ["not_json"]]);
});
