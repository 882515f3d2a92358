import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { prefilterOf } from "../../src/detect/prefilter.ts";
import { isObject, type JsonObject, type JsonValue } from "../../src/ecs/json.ts";
import { lowerCase } from "../../src/ecs/keyword.ts";
import { parse } from "../../src/kql/parse.ts";
import { kplAggregate } from "../../src/local/kpl-encode.ts";
import { seeded } from "../../src/local/sample-events.ts";
import { cloudWatchLogs } from "../../src/local/sample-stream.ts";
import { useNetworks } from "../../src/normalize/networks.ts";
import { normalise, RAW_FORMS, type RawForm } from "../../src/normalize/normalize.ts";
import { type Detector, typesFor } from "../../src/rule/detector.ts";
import { loadRuleFiles } from "../../src/rule/load.ts";
import { ruleIndex } from "../../src/rule/rule-index.ts";
import { deliveryOf, type Prefilter } from "../../src/stream/delivery.ts";
import { pieces } from "../../src/stream/payload.ts";
import { matchingEvent, nearMiss, randomEvent } from "../support/event-generator.ts";
import { type InventedNetworks, inventedNetworks } from "../support/invented-networks.ts";
import { spelled } from "../support/json-spelling.ts";
import { rawDocument } from "../support/raw-generator.ts";
import { SHIPPED_RULE, shippedDetector, someDetector } from "../support/rules.ts";

// What is passed over cannot match, however it is spelled.

const SEED = Number(process.env["SEED"] ?? 1);
const EVENTS = Number(process.env["EVENTS"] ?? 1500);
const CORPUS = "../shared/rules";
const corpus = existsSync(CORPUS) ? readdirSync(CORPUS).map((name) => `${CORPUS}/${name}`) : [];
const { detectors } = loadRuleFiles([
  SHIPPED_RULE,
  ...corpus.filter((name) => name.endsWith(".toml") && !name.includes("suspicious_instance_metadata")),
]);

/** Whether a record is read that stands between others. */
function isRead(mayMatch: Prefilter | undefined, content: string | Buffer): boolean {
  const records = ["{}", content, '{"a":1}'].map((bytes) => ({ id: "r", arrival: 0, bytes: Buffer.from(bytes) }));
  const marks = mayMatch?.(deliveryOf(records)) ?? [false, true, false];
  assert.deepEqual([marks[0], marks[2]], [false, false], "its neighbours are not");
  return marks[1] === true;
}

function eventOf(text: string): JsonObject {
  const [piece] = [...pieces({ id: "r", arrival: 0, bytes: Buffer.from(text) })];
  assert.ok(piece?.kind === "event", text);
  return piece.event;
}

/** Another case of each text, and now and then a letter that has the same small one. */
function recased(value: JsonValue, random: () => number): JsonValue {
  if (typeof value === "string") {
    return Array.from(value, (char) => {
      if (random() < 0.1 && /[ik]/i.test(char)) return /i/i.test(char) ? "\u0130" : "\u212a";
      return random() < 0.5 ? char.toUpperCase() : char.toLowerCase();
    }).join("");
  }
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map((each) => recased(each, random));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, recased(inner, random)]));
}

const CASELESS = [
  'process.name.caseless:("AnyDesk.exe" or kit or "aa_v3.exe" or w or "Straße")',
  "process.name.caseless:(*kit*idol* or tik*) and not user.name.caseless:root",
  'process.executable.caseless:*\\\\Kaseya\\\\* or process.name.caseless:"7Z.EXE"',
];

const NUMBERS = [
  "destination.port:(139 or 445)",
  "process.pid:(8080 or 12345 or 1200345) or process.exit_code:-4450",
  "destination.port:80",
  "process.pid:(80 or 1200)",
  "process.exit_code:-10 or my.own.field:30",
];

/** A star of a constant_keyword is one in quotes as well, so it is no text to look for; nor is a pattern's name. */
const STARS = [
  'data_stream.dataset:"endpoint.*"',
  "data_stream.dataset:(end\\*network or *.\\*file)",
  "my.app.*:x and not host.id:h or file.hash.*:ab",
  'data_stream.type:"*" and data_stream.namespace:("a*" or b)',
];

/** All rules at once, many of them in the way of one another. */
const all = prefilterOf(detectors);

for (const detector of [
  ...detectors,
  ...[...NUMBERS, ...CASELESS, ...STARS].map((query) => someDetector({ query, name: query })),
]) {
  test(`${detector.rule.name}: what matches is looked at`, () => {
    const { rule } = detector;
    const mayMatch = prefilterOf([detector]);
    const index = ruleIndex([detector]);
    const query = parse(rule.query);
    const types = typesFor(rule.index);
    const random = seeded(SEED);
    for (let count = 0; count < EVENTS; count++) {
      const kind = count % 4;
      const event =
        kind < 2
          ? matchingEvent(query, types, random)
          : kind === 2
            ? nearMiss(query, types, random)
            : randomEvent(query, random);
      const text = spelled(random() < 0.3 ? recased(event, random) : event, random);
      const read = eventOf(text);
      if (!detector.matches(read, 0)) continue;
      assert.ok(isRead(mayMatch, text), `SEED=${SEED}, event ${count}: ${text}`);
      if (detectors.includes(detector)) assert.ok(isRead(all, text), `SEED=${SEED}, among all, ${count}: ${text}`);
      const { detectors: found, inScope } = index(read);
      assert.ok(found.includes(detector) || inScope === 0, `SEED=${SEED}, event ${count}: not found by the index`);
    }
  });
}

const RAW_EVENTS = Math.ceil(EVENTS / 5);
const RAW_QUERIES = [
  'data_stream.dataset:"aws.cloudtrail" and cloud.account.id:210987654321',
  "event.outcome:failure and aws.cloudtrail.error_code:*",
  'event.module:aws and aws.cloudtrail.management_event:"true" and user.email:*@corp.example',
  'data_stream.dataset:("other" or aws.cloudtrail) and source.ip:10.0.0.0/8',
  "aws.cloudtrail.flattened.request_parameters.withDecryption:true and cloud.service.name:ssm",
  "event.dataset:kubernetes.audit_logs and orchestrator.resource.type:* and source.ip:10.1.2.3",
];

/** Rules for what a database of networks adds. */
const NETWORK_QUERIES = [
  'data_stream.dataset:"aws.cloudtrail" and source.as.organization.name:"Example Hosting"',
  "source.as.organization.name:(*VPN* or Tor*) and event.action:GetCallerIdentity",
  "source.as.organization.name.text:hosting and not source.as.number:64496",
  "source.as.number:(9009 or 212238) and event.provider:*.amazonaws.com",
  "source.as.number >= 64512",
];

/** What a database adds is looked up under an address, and stands in no text. */
function withNetworks<T>(work: (networks: InventedNetworks) => T): T {
  const networks = inventedNetworks();
  useNetworks(networks.lookup);
  try {
    return work(networks);
  } finally {
    useNetworks(undefined);
  }
}

function propertyOf(detector: Detector, { dataStream, origins }: RawForm, networks?: InventedNetworks): void {
  const among = prefilterOf(detectors);
  const mayMatch = prefilterOf([detector]);
  const index = ruleIndex([detector]);
  const query = parse(detector.rule.query);
  const types = typesFor(detector.rule.index);
  const random = seeded(SEED);
  let matched = 0;
  for (let count = 0; count < RAW_EVENTS; count++) {
    const wanted = count % 3 === 2 ? nearMiss(query, types, random) : matchingEvent(query, types, random);
    const raw = rawDocument(wanted, dataStream, origins, random, networks);
    const text = spelled(raw, random);
    const { event } = normalise(eventOf(text));
    if (!detector.matches(event, 0)) continue;
    matched++;
    assert.ok(isRead(mayMatch, text), `SEED=${SEED}, event ${count}: ${text}`);
    assert.ok(index(event).detectors.includes(detector), `SEED=${SEED}, ${count}: not found by the index`);
    for (const wrapped of [
      JSON.stringify({ "detail-type": "AWS API Call via CloudTrail", source: "aws.sts", detail: raw }),
      JSON.stringify({ Records: [raw] }),
      cloudWatchLogs([text], "raw"),
    ]) {
      assert.ok(isRead(mayMatch, wrapped), `SEED=${SEED}, event ${count}: ${wrapped}`);
    }
    if (detectors.includes(detector)) assert.ok(isRead(among, text), `SEED=${SEED}, among all, ${count}: ${text}`);
  }
  assert.ok(matched > RAW_EVENTS / 50, `${matched} of ${RAW_EVENTS} matched`);
}

const isPossible = (detector: Detector, { dataStream, origins }: RawForm) =>
  detector.inScope(dataStream) !== "out" && detector.necessaryRaw(origins) !== undefined;

for (const detector of [...detectors, ...RAW_QUERIES.map((query) => someDetector({ query, name: query }))]) {
  for (const form of RAW_FORMS) {
    if (!isPossible(detector, form)) continue;
    test(`${detector.rule.name}: what matches is looked at, as raw as it comes (${form.dataStream})`, () => {
      propertyOf(detector, form);
    });
  }
}

for (const detector of [...detectors, ...NETWORK_QUERIES.map((query) => someDetector({ query, name: query }))]) {
  for (const form of RAW_FORMS) {
    if (!withNetworks(() => isPossible(detector, form))) continue;
    test(`${detector.rule.name}: so it is with a database of networks (${form.dataStream})`, () => {
      withNetworks((networks) => propertyOf(detector, form, networks));
    });
  }
}

test("without a database no raw event can be what a rule asks of networks", () => {
  for (const query of NETWORK_QUERIES) {
    const [cloudTrail, kubernetes] = RAW_FORMS;
    const possible = (form: RawForm | undefined) => isPossible(someDetector({ query }), form ?? assert.fail());
    assert.equal(possible(cloudTrail), false, query);
    assert.equal(
      withNetworks(() => possible(cloudTrail)),
      true,
      query,
    );
    assert.equal(
      withNetworks(() => possible(kubernetes)),
      false,
      query,
    );
  }
});

test("a rule for what no raw event has asks nothing of raw records", () => {
  const [cloudTrail, kubernetes] = RAW_FORMS;
  const none = (query: string) => someDetector({ query }).necessaryRaw(cloudTrail?.origins ?? assert.fail());
  assert.equal(none("source.as.organization.name:Example and event.action:CreateKeyPair"), undefined);
  assert.equal(none('data_stream.dataset:"endpoint.events.network" and event.action:x'), undefined);
  assert.equal(none("process.name:curl or host.id:*"), undefined);
  assert.notEqual(none("process.name:curl or event.action:GetUser"), undefined);
  assert.notEqual(none("not process.name:curl"), undefined);
  assert.equal(
    someDetector({ query: "process.name:curl" }).necessaryRaw(kubernetes?.origins ?? assert.fail()),
    undefined,
  );
});

const shipped = prefilterOf([shippedDetector()]);
const event = (address: string) =>
  `{"event":{"category":"network"},"host":{"id":"h","os":{"type":"linux"}},"process":{"name":"curl","executable":"/x"},"destination":{"ip":${address},"port":80}}`;

test("the shipped rule has a prefilter, which passes over what asks for nothing", () => {
  assert.equal(isRead(shipped, event('"192.0.2.1"')), false);
  assert.equal(isRead(shipped, event('"169.254.1.7"')), false);
  assert.equal(isRead(shipped, `${event('"192.0.2.1"')}\n`), false);
});

/** Each letter of a text in both cases. */
function casings(text: string): string[] {
  return Array.from(text).reduce<string[]>(
    (all, letter) => all.flatMap((start) => [start + letter, start + letter.toUpperCase()]),
    [""],
  );
}

for (const address of [
  ...casings("ffff").map((group) => `"0:0::${group}:a9fe:a9fe"`),
  '"169.254.169.254"',
  '"::ffff:169.254.169.254"',
  '"::ffff:a9fe:a9fe"',
  '"0:0:0:0:0:FFFF:A9FE:A9FE"',
  '"0000::fFfF:a9fe:a9fe"',
  '["10.0.0.1","::FfFf:a9fe:a9fe"]',
  '"169.254.169.25\\u0034"',
  '"\\u003a:ffff:a9fe:a9fe"',
]) {
  test(`${address} is looked at`, () => {
    const text = event(address);
    assert.equal(shippedDetector().matches(JSON.parse(text) as never, 0), true);
    assert.equal(isRead(shipped, text), true);
  });
}

const EVENTS_BY_QUERY: readonly (readonly [string, string])[] = [
  ["my.own.field:80", '{"my":{"own":{"field":8e1}}}'],
  ["event.code:80", '{"event":{"code":80}}'],
  ["event.code:-80", '{"event":{"code":-80}}'],
  ["event.code:true", '{"event":{"code":true}}'],
  ["process.args:-c", '{"process":{"args":["-c"]}}'],
  ["http.version:*", '{"http.version":"1"}'],
  ["http.version:*", '{"http":{"version":"1"}}'],
  ["my.own.field:080", '{"my.own.field":80}'],
  ["user.name.caseless > a", '{"user":{"name":"B"}}'],
  ["user.name.caseless:BOB", '{"user":{"name":"bob"}}'],
  ["process.name.text:*", '{"process":{"name":"x"}}'],
  ["process.executable:/usr/bin/curl", '{"process":{"executable":"\\/usr\\/bin\\/curl"}}'],
  ["destination.port:80", '{"destination":{"port":"+80.0"}}'],
  ["destination.port:80", '{"destination":{"port":8e1}}'],
  ["destination.port:445", '{"destination":{"port":44.5e1}}'],
  ["destination.port:445", '{"destination":{"port":["x",".0445E+4"]}}'],
  ["destination.port:4450", '{"destination":{"port":445e1}}'],
  // With so many values numbers are doubles.
  ["destination.port:445", `{"destination":{"port":444.${"9".repeat(20)}},"a":[${"1,".repeat(20_000)}1]}`],
  ["destination.port:9007199254740992", `{"destination":{"port":9007199254740993},"a":[${"1,".repeat(20_000)}1]}`],
  ["process.name.caseless:Kit", '{"process":{"name":"\u212aİT"}}'],
  ["process.name.caseless:(AnyDesk or *Remote*)", '{"process":{"name":"aNYdESK"}}'],
  ["process.name.caseless:(AnyDesk or *Remote*)", '{"process":{"name":"a rEMOTe one"}}'],
  ["process.name:(4* or *5)", '{"process":{"name":45}}'],
  ["process.name:*ue", '{"process":{"name":true}}'],
  ["process.name.caseless:TR*", '{"process":{"name":true}}'],
  ["process.name:(*.in or xy*)", '{"process":{"name":"a.in"}}'],
  ["process.name:(*.in or xy*)", '{"process":{"name":"xyz"}}'],
  ["process.name.caseless:1E5", '{"process":{"name":1E5}}'],
];
for (const [query, text] of EVENTS_BY_QUERY) {
  test(`${query} looks at ${text}`, () => {
    const detector = someDetector({ query });
    assert.equal(detector.matches(eventOf(text), 0), true);
    assert.ok(isRead(prefilterOf([detector]), text));
  });
}

test("two letters beyond ASCII have a small one in it: those that are looked for", () => {
  const distant = Array.from({ length: 0x110000 - 128 }, (_, index) => index + 128).filter((code) => {
    const isHalf = code >= 0xd800 && code <= 0xdfff;
    return !isHalf && (lowerCase(String.fromCodePoint(code)).codePointAt(0) ?? 0) < 128;
  });
  assert.deepEqual(distant, [0x130, 0x212a]);
});

test("a record is judged by itself, whatever stands beside it", () => {
  const random = seeded(SEED);
  const addresses = ["192.0.2.1", "169.254.169.254", "::FFFF:a9fe:a9fe", "169.254.169.2", "169.254.169.25\\u0034"];
  const contents = ["", ...addresses.flatMap((address) => [event(`"${address}"`), `{"a":"${address}"}`])];
  const records = Array.from({ length: 500 }, (_, index) => {
    const content = contents[Math.floor(random() * contents.length)] ?? "";
    return { id: String(index), arrival: 0, bytes: Buffer.from(content) };
  });
  const marks = shipped?.(deliveryOf(records));
  assert.deepEqual(
    marks,
    records.map(({ bytes }) => isRead(shipped, bytes)),
  );
  assert.deepEqual(new Set(marks), new Set([true, false]));
});

test("an event within an envelope's text is looked at, whatever its escapes have become there", () => {
  const text = event('"169.254.169.25\\u0034"');
  assert.equal(shippedDetector().matches(eventOf(text), 0), true);
  assert.equal(isRead(shipped, cloudWatchLogs([text], "f")), true);
  assert.equal(isRead(shipped, cloudWatchLogs([event('"192.0.2.1"')], "f")), false);
});

test("what is packed or broken takes the long way", () => {
  const text = Buffer.from(event('"192.0.2.1"'));
  for (const bytes of [
    gzipSync(text),
    kplAggregate("k", [text]),
    Buffer.from(`[${text}]`),
    text.subarray(0, -2),
    Buffer.from(""),
    Buffer.from("{"),
  ]) {
    assert.equal(isRead(shipped, bytes), true);
  }
});

test("a rule without a string that must occur means no prefilter", () => {
  const { detectors: two } = loadRuleFiles([SHIPPED_RULE]);
  assert.ok(prefilterOf(two) !== undefined);
  const open = two.map((detector) => ({ ...detector, necessary: [] }));
  assert.equal(prefilterOf([...two, ...open]), undefined);
});
