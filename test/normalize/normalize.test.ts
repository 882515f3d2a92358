import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import type { Address } from "../../src/ecs/ip.ts";
import { isObject, type JsonObject, type JsonValue, parseExact } from "../../src/ecs/json.ts";
import { isLeaf, leafText } from "../../src/ecs/leaf.ts";
import { fieldPath } from "../../src/ecs/path.ts";
import { parse } from "../../src/kql/parse.ts";
import { seeded } from "../../src/local/sample-events.ts";
import { useNetworks } from "../../src/normalize/networks.ts";
import { normalise, RAW_FORMS } from "../../src/normalize/normalize.ts";
import { typesFor } from "../../src/rule/detector.ts";
import { asnDatabase } from "../../src/runtime/asn-database.ts";
import { matchingEvent, randomEvent } from "../support/event-generator.ts";
import { HOSTILE_VALUES } from "../support/hostile-values.ts";
import { asn, mmdb } from "../support/mmdb-writer.ts";
import { shippedDetector } from "../support/rules.ts";

const SEED = Number(process.env["SEED"] ?? 1);
const COUNT = Number(process.env["EVENTS"] ?? 2000);

interface Case {
  readonly id: string;
  readonly raw: JsonObject;
}

const CASES = ["cloudtrail", "kubernetes-audit"].flatMap((name) =>
  readFileSync(`test/cases/${name}.jsonl`, "utf8")
    .trim()
    .split("\n")
    .map((line) => parseExact(line) as unknown as Case),
);

/** A case's event with some values changed for what nobody would write. */
function hostile(random: () => number): JsonObject {
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
  const changed = (value: JsonValue): JsonValue => {
    if (random() < 0.05) return pick(HOSTILE_VALUES);
    if (Array.isArray(value)) return (value as readonly JsonValue[]).map(changed);
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, changed(inner)]));
  };
  const { raw } = pick(CASES);
  const event = Object.fromEntries(Object.entries(raw).map(([key, value]) => [key, changed(value)]));
  return random() < 0.2
    ? { ...event, [pick(["__proto__x", "toString", "hasOwnProperty"])]: pick(HOSTILE_VALUES) }
    : event;
}

test("what is normalised stays as it is", () => {
  const random = seeded(SEED);
  for (const raw of [...CASES.map((each) => each.raw), ...Array.from({ length: COUNT }, () => hostile(random))]) {
    const { event } = normalise(raw);
    if (event !== raw) assert.deepEqual(normalise(event), { event, shape: undefined });
    assert.equal(normalise(event).event, event);
    const again = JSON.parse(JSON.stringify(event)) as JsonObject;
    assert.equal(normalise(again).event, again, "and so it does as a text");
  }
});

test("an ECS document is left alone: it is the very object", () => {
  const random = seeded(SEED);
  const { rule } = shippedDetector();
  const query = parse(rule.query);
  const raw = CASES[0]?.raw ?? assert.fail();
  for (let count = 0; count < COUNT; count++) {
    const event = count % 2 === 0 ? matchingEvent(query, typesFor(rule.index), random) : randomEvent(query, random);
    assert.equal(normalise(event).event, event);
  }
  for (const mark of [
    { "@timestamp": "2026-01-01T00:00:00Z" },
    { ecs: { version: "8.11.0" } },
    { data_stream: { dataset: "x" } },
    { event: { dataset: "x" } },
    { "event.dataset": "x" },
    { "data_stream.dataset": "x" },
    { aws: { cloudtrail: {} } },
    { "aws.cloudtrail.event_type": "x" },
    { kubernetes: { audit: {} } },
    { "kubernetes.audit.verb": "get" },
  ]) {
    const event: JsonObject = { ...raw, ...mark };
    assert.deepEqual(normalise(event), { event, shape: undefined }, JSON.stringify(mark));
    assert.equal(normalise(event).event, event);
  }
});

const REAL = "../shared/events";
test("so are real documents of agents", { skip: existsSync(REAL) ? false : `NOT RUN: no ${REAL}` }, () => {
  for (const name of readdirSync(REAL)) {
    for (const line of readFileSync(`${REAL}/${name}`, "utf8").trim().split("\n")) {
      const event = JSON.parse(line) as JsonObject;
      assert.equal(normalise(event).event, event, line);
    }
  }
});

test("a hostile raw event is normalised, whatever it holds, and can be written", () => {
  const random = seeded(SEED);
  for (let count = 0; count < COUNT; count++) {
    const { event } = normalise(hostile(random));
    assert.ok(isObject(JSON.parse(JSON.stringify(event)) as JsonValue));
    fieldPath("event").someBelow(event, () => false);
  }
  assert.equal(({} as { readonly polluted?: unknown }).polluted, undefined);
});

/** Scalars by the names that reach them. */
function* leavesOf(value: JsonValue, name: string): Generator<readonly [string, string]> {
  if (Array.isArray(value)) for (const each of value as readonly JsonValue[]) yield* leavesOf(each, name);
  else if (isObject(value)) {
    for (const [key, inner] of Object.entries(value)) yield* leavesOf(inner, name === "" ? key : `${name}.${key}`);
  } else if (value !== undefined && value !== null && isLeaf(value)) yield [name, leafText(value)];
}

test("each value comes from where its field's origin says", () => {
  const random = seeded(SEED);
  for (const raw of [...CASES.map((each) => each.raw), ...Array.from({ length: COUNT }, () => hostile(random))]) {
    const { event, shape } = normalise(raw);
    if (shape === undefined) continue;
    const form = RAW_FORMS[shape === "kubernetes_audit" ? 1 : 0] ?? assert.fail();
    assert.ok(form.keys.some((key) => Object.hasOwn(raw, key)));
    for (const [name, text] of leavesOf(event, "")) {
      const origin = form.origins(name);
      assert.ok(origin !== undefined, `${name} of ${shape} has no origin`);
      if (origin.kind === "constant") assert.equal(text, origin.value, name);
      if (origin.kind === "copied") {
        const found = origin.from.some((path) => holds(raw, path, text));
        assert.ok(found, `${name} = ${text.slice(0, 80)} is not at ${origin.from.join(" or ")}`);
      }
      if (origin.kind === "made" && origin.from.length > 0) {
        assert.ok(
          origin.from.some((path) => path.split(".").every((part) => hasKey(raw, part))),
          name,
        );
      }
    }
  }
});

function holds(raw: JsonObject, path: string, text: string): boolean {
  const isIt = (leaf: Parameters<typeof leafText>[0]) => leafText(leaf) === text;
  return fieldPath(path).some(raw, isIt) || fieldPath(path).someBelow(raw, isIt);
}

function hasKey(value: JsonValue, key: string): boolean {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).some((each) => hasKey(each, key));
  return isObject(value) && Object.entries(value).some(([name, inner]) => name === key || hasKey(inner, key));
}

test("what is long is made when it is read, once", () => {
  const { raw } = CASES.find(({ id }) => id === "run-instances-denied") ?? assert.fail();
  let reads = 0;
  const watched = Object.defineProperty({ ...raw }, "requestParameters", {
    enumerable: true,
    get: () => {
      reads++;
      return raw["requestParameters"];
    },
  });
  const { event } = normalise(watched);
  fieldPath("event.action").values(event);
  fieldPath("aws.cloudtrail.user_identity.arn").values(event);
  assert.equal(reads, 0);
  const text = () => fieldPath("aws.cloudtrail.request_parameters").values(event)[0];
  assert.match(String(text()), /^\{instancesSet=\{items=\[\{/);
  const after = reads;
  assert.equal(text(), text());
  assert.equal(reads, after);
  assert.deepEqual(JSON.parse(String(fieldPath("event.original").values(event)[0])), JSON.parse(JSON.stringify(raw)));
});

test("what EventBridge wraps is the same event", () => {
  for (const { raw, id } of CASES) {
    const wrapped = { version: "0", "detail-type": "AWS API Call via CloudTrail", source: "aws.sts", detail: raw };
    assert.deepEqual(normalise(wrapped), normalise(raw), id);
  }
  const ecs = { "@timestamp": "2026-01-01T00:00:00Z", eventName: "x" };
  const other = { "detail-type": "Order Placed", source: "shop", detail: ecs };
  assert.deepEqual(normalise(other), { event: other, shape: "eventbridge" });
});

test("the cluster of an audit event is that of its log group", () => {
  const { raw } = CASES.find(({ id }) => id === "secrets-get-serviceaccount") ?? assert.fail();
  const cluster = (event: JsonObject) => fieldPath("orchestrator.cluster.name").values(event);
  assert.deepEqual(cluster(normalise(raw, "/aws/eks/shop-prod/cluster").event), ["shop-prod"]);
  assert.deepEqual(cluster(normalise(raw, "/other").event), []);
  assert.deepEqual(cluster(normalise(raw).event), []);
});

const CALL = CASES.find(({ id }) => id === "run-instances-denied")?.raw ?? assert.fail();
const from = (sourceIPAddress: JsonValue): JsonObject => ({ ...CALL, sourceIPAddress });
const asOf = (raw: JsonObject) => {
  const { source } = JSON.parse(JSON.stringify(normalise(raw).event)) as { readonly source?: JsonObject };
  return source?.["as"];
};

test("with a database of networks an address has the autonomous system that Elastic's geoip processor sets", (t) => {
  t.after(() => useNetworks(undefined));
  assert.equal(asOf(from("198.51.100.7")), undefined, "without one it has none");
  const networks = asnDatabase(
    mmdb([
      ["198.51.100.0/24", asn(64496, "Example Hosting")],
      ["198.51.101.0/24", { autonomous_system_number: 64497 }],
      ["198.51.102.0/24", { autonomous_system_organization: "Nameless" }],
      ["198.51.103.0/24", { autonomous_system_number: "64498", autonomous_system_organization: 7 }],
      ["2001:db8::/32", asn(64501, "Six")],
    ]),
  );
  useNetworks(networks);
  assert.deepEqual(asOf(from("198.51.100.7")), { number: 64496, organization: { name: "Example Hosting" } });
  assert.deepEqual(asOf(from("::ffff:198.51.100.7")), { number: 64496, organization: { name: "Example Hosting" } });
  assert.deepEqual(asOf(from("2001:db8:1::9")), { number: 64501, organization: { name: "Six" } });
  assert.deepEqual(asOf(from("198.51.101.7")), { number: 64497 });
  assert.deepEqual(asOf(from("198.51.102.7")), { organization: { name: "Nameless" } });
  for (const none of ["198.51.103.7", "10.0.0.1", "ec2.amazonaws.com", "AWS Internal", "198.51.100.7 ", "", 7, null]) {
    assert.equal(asOf(from(none)), undefined, String(none));
  }
  const { event } = normalise(from("198.51.100.7"));
  assert.deepEqual(fieldPath("source.as.organization.name").values(event), ["Example Hosting"]);
  assert.deepEqual(fieldPath("source.as.number").values(normalise(from("10.0.0.1")).event), []);
  assert.deepEqual(normalise(event), { event, shape: undefined });
  const again = JSON.parse(JSON.stringify(event)) as JsonObject;
  assert.equal(normalise(again).event, again);
  for (const [name] of leavesOf((event as unknown as { source: JsonObject }).source, "source")) {
    assert.notEqual(RAW_FORMS[0]?.origins(name), undefined, name);
  }
});

test("an address is looked up when a rule reads its network, and once", (t) => {
  t.after(() => useNetworks(undefined));
  const looked: Address[] = [];
  useNetworks((address) => {
    looked.push(address);
    return { number: 64496, organization: "Example Hosting" };
  });
  const { event } = normalise(from("198.51.100.7"));
  fieldPath("source.ip").values(event);
  fieldPath("event.action").values(event);
  assert.deepEqual(looked, []);
  fieldPath("source.as.number").values(event);
  fieldPath("source.as.organization.name").values(event);
  JSON.stringify(event);
  assert.deepEqual(looked, [0xc6_33_64_07]);
  for (const { raw } of CASES.filter((each) => Object.hasOwn(each.raw, "auditID")))
    JSON.stringify(normalise(raw).event);
  const ecs: JsonObject = { "@timestamp": "2026-01-01T00:00:00Z", source: { ip: "198.51.100.7" } };
  assert.equal(normalise(ecs).event, ecs);
  assert.equal(looked.length, 1, "of CloudTrail's events alone");
});
