import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type EcsEvent, type JsonObject, type JsonValue, parseExact } from "../../src/ecs/json.ts";
import type { Term } from "../../src/ecs/semantics.ts";
import type { CombinationFacts } from "../../src/finding/document.ts";
import { findingSchema } from "../../src/finding/schema.ts";
import { BODY_LIMIT, findingSealer, openFinding, sealFinding } from "../../src/finding/seal.ts";
import type { Rule } from "../../src/rule/rule.ts";
import { someRule } from "../support/rules.ts";
import { UNSEEN } from "./unseen.ts";

const KIB = 1024;
const NOW = Date.parse("2026-05-25T10:00:00Z");
const UNREADABLE = "the event, which could not be made into a finding";

const event: EcsEvent = {
  "@timestamp": "2026-05-25T09:59:58.123Z",
  event: { id: "e-1", kind: "event" },
  host: { id: "h1" },
  process: { name: "curl", executable: "/usr/bin/curl" },
};

/** A rule that lets the event decide whatever it may. */
const rule = someRule({
  rule_name_override: "rule.name",
  severity_mapping: [{ field: "event.severity", operator: "equals", value: "99", severity: "critical" }],
  risk_score_mapping: [{ field: "event.risk_score", operator: "equals" }],
});

function keyword(text: string): Term {
  return { tag: "keyword", text, value: text };
}

function own(over: Partial<CombinationFacts> = {}): CombinationFacts {
  const terms = [keyword("h1"), keyword("/usr/bin/curl")];
  return {
    type: "finding",
    terms,
    findingId: "0".repeat(32),
    firstSeen: NOW,
    previousSeen: undefined,
    now: NOW,
    ...over,
  };
}

function given(over: { readonly rule?: Rule; readonly event?: EcsEvent } = {}) {
  return { rule, event, triggerId: "e-1", arrival: NOW, ...over };
}

function limitOf(combinations: number): number {
  return Math.max(16 * KIB, Math.min(BODY_LIMIT, (10 * BODY_LIMIT) / combinations));
}

/** Opens a sealed finding and holds it to whatever must be true of each. */
function opened(sealed: Uint8Array, combinations = 1): JsonObject {
  assert.ok(sealed.length <= 32 * KIB, `${sealed.length} bytes stored`);
  const body = openFinding(sealed);
  assert.ok(Buffer.byteLength(body) <= limitOf(combinations), `${Buffer.byteLength(body)} bytes for ${combinations}`);
  assert.doesNotMatch(body, /[\ufffe\uffff]/);
  const finding = findingSchema.parse(JSON.parse(body));
  assert.ok(!(finding["new_terms_stream.truncated"] ?? []).includes(UNREADABLE));
  return parseExact(body) as JsonObject;
}

const noise = () => Buffer.from(Array.from({ length: 3000 }, () => Math.floor(Math.random() * 94) + 33)).toString();

test("whatever the event holds, the body fits, keeps who, what and which rule, and is the same each time", () => {
  const huge = fc.constantFrom<() => JsonObject>(
    () => ({ custom: Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`k${at}`, noise()])) }),
    () => ({ process: { command_line: noise().repeat(300) } }),
    () => ({ process: { args: Array.from({ length: 300 }, noise) } }),
    () => ({ host: Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`h${at}`, noise()])) }),
    () => ({ "event.reason": noise().repeat(90), "\u{1f600}": "\u{1f600}".repeat(60_000) }),
  );
  fc.assert(
    fc.property(fc.array(huge, { minLength: 1, maxLength: 4 }), (parts) => {
      const large = Object.assign({}, ...parts.map((part) => part())) as JsonObject;
      const facts = { ...given({ event: { ...event, ...large } }), ...own() };
      const sealed = sealFinding(facts);
      const finding = opened(sealed);
      assert.equal(openFinding(sealFinding(facts)), openFinding(sealed));
      assert.deepEqual(finding["kibana.alert.new_terms"], ["h1", "/usr/bin/curl"]);
      assert.ok("new_terms_stream.truncated" in finding, "it says that it was cut");
    }),
    { numRuns: 30, endOnFailure: true },
  );
});

const unit = fc.oneof(
  fc.constantFrom("\n", "\t", "\0", "\u202e", "\u{e0041}", "\ud800", "\ufffe", "\uffff", '"', "\\", "é", "\u{1f600}"),
  fc.string({ minLength: 1, maxLength: 1 }),
);
const oddText = fc.oneof(
  fc.string({ unit }),
  fc
    .tuple(fc.string({ unit, minLength: 1, maxLength: 9 }), fc.constantFrom(100, 3000, 60_000))
    .map(([text, times]) => text.repeat(times)),
);
const rawNumber = fc
  .constantFrom("1.0", "9223372036854775808", "1e999", "-0", "1e-999", `${"9".repeat(70_000)}`, `0.${"1".repeat(3000)}`)
  .map((text) => parseExact(text));
const scalar = fc.oneof<fc.Arbitrary<JsonValue>[]>(
  oddText,
  rawNumber,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const key = fc.oneof(
  { weight: 9, arbitrary: fc.string({ unit, maxLength: 12 }) },
  { weight: 3, arbitrary: fc.constantFrom("__proto__", "constructor", "toJSON", "rawJSON", "kind", "0", "name", "id") },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 60_000 }).map((length) => "k.".repeat(length)) },
);
const manyKeys = fc
  .tuple(fc.constantFrom(10, 1000, 30_000), key, scalar)
  .map(([count, name, value]) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, at) => [`${name.slice(0, 20)}${at}`, at % 999 === 0 ? value : at]),
    ),
  );
const manyValues = fc
  .tuple(fc.constantFrom(10, 1000, 300_000), fc.constantFrom<JsonValue>(7, "x", "\n", null, true, []), scalar)
  .map(([count, value, first]) => [first, ...Array.from({ length: count }, () => value)]);
const anything: fc.Arbitrary<JsonValue> = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 2, arbitrary: fc.dictionary(key, scalar) },
  { weight: 2, arbitrary: manyKeys },
  { weight: 2, arbitrary: manyValues },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 60 }), fc.boolean(), scalar)
      .map(([depth, isArray, value]) =>
        Array.from({ length: depth }).reduce<JsonValue>(
          (inner) => (isArray ? [inner, 1] : { name: inner, a: 1 }),
          value,
        ),
      ),
  },
);

/** Each field that a finding reads, and some that it does not. */
const READ = [
  "@timestamp",
  "event",
  "event.id",
  "event.kind",
  "event.category",
  "event.severity",
  "event.risk_score",
  "rule.name",
  "data_stream.type",
  "data_stream.dataset",
  "data_stream.namespace",
  "process",
  "process.name",
  "process.parent.name",
  "file.name",
  "source.ip",
  "source.port",
  "destination.ip",
  "destination.port",
  "user.name",
  "host",
  "host.name",
  "kibana.alert.uuid",
  "new_terms_stream.truncated",
  "custom",
];
const hostileEvent = fc
  .tuple(fc.dictionary(fc.constantFrom(...READ), anything, { maxKeys: 12 }), fc.boolean(), fc.dictionary(key, scalar))
  .map(([fields, isNested, others]): EcsEvent => {
    const [first, ...rest] = Object.entries(fields);
    const [root = "", ...path] = (first?.[0] ?? "event").split(".");
    const inner = path.reduceRight<JsonValue>((value, part) => ({ [part]: value }), first?.[1] ?? {});
    return { ...others, ...Object.fromEntries(rest), ...(isNested ? { [root]: inner } : fields) };
  });

const hugeText = fc.constantFrom(
  "",
  "short",
  "long ".repeat(10_000),
  "\u0001".repeat(40_000),
  "\ud800é\uffff".repeat(20_000),
);
const hostileRule = fc
  .record({
    rule_id: hugeText,
    name: hugeText,
    description: hugeText,
    version: hugeText,
    query: hugeText,
    note: hugeText,
    license: hugeText,
    tags: fc.array(hugeText, { maxLength: 3 }),
    index: fc.array(hugeText, { maxLength: 3 }),
    filters: fc.array(fc.dictionary(key, scalar), { maxLength: 2 }),
    fields: fc.array(hugeText, { minLength: 1, maxLength: 3 }),
    start: hugeText,
    mapped: fc.constantFrom(...READ),
  })
  .map(
    ({ fields, start, mapped, ...texts }): Rule => ({
      ...rule,
      ...texts,
      rule_name_override: mapped,
      risk_score_mapping: [{ field: mapped, operator: "equals" }],
      new_terms: {
        field: "new_terms_fields",
        value: fields,
        history_window_start: [{ field: "history_window_start", value: start }],
      },
    }),
  );

const terms = fc.array(oddText.map(keyword), { maxLength: 3 });
const times = fc.constantFrom(NOW, 0, Number.NaN, Infinity, -9e15);
const hostileOwn = fc.record({
  terms,
  firstSeen: times,
  previousSeen: fc.option(times, { nil: undefined }),
  now: times,
});
const counts = fc.constantFrom(1, 2, 10, 11, 64, 500, 992, 1001);

test("nothing that an event holds keeps its finding from being sealed", () => {
  fc.assert(
    fc.property(hostileEvent, hostileOwn, counts, (hostile, over, combinations) => {
      const seal = findingSealer(given({ event: hostile }), combinations);
      const finding = opened(seal(own(over)), combinations);
      assert.doesNotMatch(String(finding["kibana.alert.reason"]), UNSEEN);
      assert.doesNotMatch(String(finding["kibana.alert.rule.name"]), UNSEEN);
      const overflow = { type: "overflow", terms: [], overflow: { combinations: 5000, evaluated: 1000 } } as const;
      opened(seal(own({ ...over, ...overflow })), combinations);
    }),
    { numRuns: 100, endOnFailure: true },
  );
});

test("nothing that a rule holds keeps its findings from being sealed", () => {
  fc.assert(
    fc.property(hostileRule, hostileOwn, counts, (hostile, over, combinations) => {
      opened(findingSealer(given({ rule: hostile }), combinations)(own(over)), combinations);
    }),
    { numRuns: 60, endOnFailure: true },
  );
});

test("where nothing else fits, ids, names, terms and times are left, and the finding says so", () => {
  const large = {
    ...rule,
    description: "d".repeat(500_000),
    tags: Array.from({ length: 9999 }, (_, at) => `t${at}`.repeat(40)),
  };
  const threat = Array.from({ length: 10 }, (_, at) => ({
    framework: "f",
    tactic: { id: `${at}`, name: "n", reference: "r" },
    ...Object.fromEntries(Array.from({ length: 50 }, (__, index) => [`k${index}`, noise()])),
  }));
  const finding = opened(
    sealFinding({ ...given({ rule: { ...large, threat } }), ...own({ terms: [keyword("x".repeat(3000))] }) }),
  );
  assert.equal((finding["new_terms_stream.truncated"] as string[]).at(-1), "all but ids, names, terms and times");
  assert.deepEqual(finding["kibana.alert.new_terms"], ["x".repeat(256)]);
  assert.partialDeepStrictEqual(finding, {
    "kibana.alert.rule.rule_id": "some-rule",
    "kibana.alert.rule.name": "Some rule",
    "kibana.alert.severity": "medium",
    "kibana.alert.ancestors": [{ id: "e-1", type: "event", index: "", depth: 0 }],
    "kibana.alert.rule.parameters": { new_terms_fields: ["host.id", "process.executable"] },
    "new_terms_stream.first_seen": "2026-05-25T10:00:00.000Z",
  });
});

test("an event that cannot be read at all has a finding that says so", () => {
  const broken = new Proxy<EcsEvent>({}, { ownKeys: () => assert.fail("broken") });
  const finding = JSON.parse(openFinding(sealFinding({ ...given({ event: broken }), ...own() })));
  findingSchema.parse(finding);
  assert.deepEqual(finding["new_terms_stream.truncated"], [UNREADABLE]);
  assert.deepEqual(finding["kibana.alert.new_terms"], ["h1", "/usr/bin/curl"]);
});

/** An event of many combinations, and how often all of it was gone through. */
function watched(bytes: number): { event: EcsEvent; looks: () => number } {
  let looks = 0;
  const args = Array.from({ length: bytes / 30 }, (_, at) => `--flag=value-of-${at % 97}-abcdef`);
  const large = { ...event, process: { name: "curl", executable: "/usr/bin/curl", args } };
  const ownKeys = (target: object) => {
    looks++;
    return Reflect.ownKeys(target);
  };
  return { event: new Proxy<EcsEvent>(large, { ownKeys }), looks: () => looks };
}

test("an event is gone through once, however many combinations it has", () => {
  const { event: large, looks } = watched(900 * KIB);
  const seal = findingSealer(given({ event: large }), 992);
  const sealed = seal(own());
  const once = looks();
  assert.ok(once > 0);
  for (let at = 1; at < 992; at++) opened(seal(own({ terms: [keyword(`h${at}`), keyword("x")] })), 992);
  assert.equal(looks(), once);
  opened(sealed, 992);
});

test("up to ten combinations have whole bodies, and more of them come to about 2 MB or 16 KiB each", () => {
  const { event: large } = watched(160 * KIB);
  const sizeOf = (combinations: number) => {
    const sealed = findingSealer(given({ event: large }), combinations)(own());
    opened(sealed, combinations);
    return Buffer.byteLength(openFinding(sealed));
  };
  assert.ok(sizeOf(10) > 150 * KIB);
  assert.equal(sizeOf(10), sizeOf(1));
  for (const combinations of [14, 50, 128, 1001])
    assert.ok(sizeOf(combinations) < (2100 * KIB) / combinations + 16 * KIB);
  // An ordinary event is never that large.
  const ordinary = (combinations: number) => openFinding(findingSealer(given(), combinations)(own()));
  assert.equal(ordinary(1001), ordinary(1));
});

test("what is left out depends neither on the order, nor on when, nor on what was seen before", () => {
  const { event: large } = watched(42 * KIB);
  const all = Array.from({ length: 40 }, (_, at) => [keyword(`h${at}`), keyword("\u0001é".repeat(at * 40))]);
  const sealer = () => findingSealer(given({ event: large }), all.length);
  const first = sealer();
  const bodies = all.map((some) => openFinding(first(own({ terms: some }))));
  const again = sealer();
  const later = all.toReversed().map((some) => {
    const text = openFinding(again(own({ terms: some, now: NOW + 9e9, previousSeen: NOW - 9e9, repeat: true })));
    const finding = JSON.parse(text) as JsonObject;
    const { "new_terms_stream.previous_seen": _, "new_terms_stream.repeat": __, ...rest } = finding;
    return JSON.stringify({ ...rest, "@timestamp": new Date(NOW).toISOString() });
  });
  assert.deepEqual(later.toReversed(), bodies);
  assert.ok(new Set(bodies.map((body) => JSON.parse(body)["new_terms_stream.truncated"]?.length)).size > 1);
});
