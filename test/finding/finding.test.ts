import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type EcsEvent, type JsonObject, type JsonValue, parseExact } from "../../src/ecs/json.ts";
import type { FindingFacts } from "../../src/finding/document.ts";
import { attributesOf } from "../../src/finding/publisher.ts";
import { reasonFor } from "../../src/finding/reason.ts";
import { findingJsonSchema, findingSchema } from "../../src/finding/schema.ts";
import { openFinding, sealFinding } from "../../src/finding/seal.ts";
import { normalise } from "../../src/normalize/normalize.ts";
import { shippedDetector } from "../support/rules.ts";
import { ORDINARY_FINDINGS } from "./ordinary-findings.ts";
import { UNSEEN } from "./unseen.ts";

const NOW = Date.parse("2026-05-25T10:00:00Z");
const detector = shippedDetector();

const event: EcsEvent = {
  "@timestamp": "2026-05-25T09:59:58.123Z",
  event: { id: "e-1", kind: "event", category: ["network"], original: "raw" },
  host: { id: "h1", name: "web-1" },
  process: { name: "curl", executable: "/usr/bin/curl" },
  destination: { ip: "169.254.169.254", port: 80 },
};

function facts(over: Partial<FindingFacts> = {}): FindingFacts {
  const terms = detector.combinations(over.event ?? event).list[0] ?? assert.fail("no terms");
  return {
    type: "finding",
    rule: detector.rule,
    event,
    terms,
    findingId: "0".repeat(32),
    triggerId: "e-1",
    firstSeen: NOW,
    previousSeen: undefined,
    arrival: NOW,
    now: NOW + 40,
    ...over,
  };
}

/** A finding as its subscribers get it. */
function published(given: FindingFacts): JsonObject {
  return parseExact(openFinding(sealFinding(given))) as JsonObject;
}

test("a finding is the event and Kibana's alert fields", () => {
  const finding = published(facts({ previousSeen: NOW - 8 * 86_400_000 }));
  assert.partialDeepStrictEqual(finding, {
    "@timestamp": "2026-05-25T10:00:00.040Z",
    host: { id: "h1" },
    event: { id: "e-1", kind: "signal" },
    "kibana.alert.original_time": "2026-05-25T09:59:58.123Z",
    "kibana.alert.original_event.kind": "event",
    "kibana.alert.new_terms": ["h1", "/usr/bin/curl"],
    "kibana.alert.rule.rule_id": "ad02da2f-443d-454c-a12e-d9e6c65831ff",
    "kibana.alert.ancestors": [{ id: "e-1", type: "event", index: "", depth: 0 }],
    "new_terms_stream.first_seen": "2026-05-25T10:00:00.000Z",
    "new_terms_stream.previous_seen": "2026-05-17T10:00:00.000Z",
    "new_terms_stream.window_ms": 7 * 86_400_000,
  });
  assert.ok(!("kibana.alert.original_event.original" in finding), "the raw text is in the event already");
});

test("a sender cannot speak for the engine", () => {
  const forged = {
    ...event,
    "kibana.alert.severity": "low",
    "kibana.alert.workflow_status": "closed",
    kibana: { alert: { severity: "low" } },
    new_terms_stream: { type: "overflow" },
    "event.kind": "enrichment",
  };
  const finding = published(facts({ event: forged }));
  assert.equal(finding["kibana.alert.severity"], "medium");
  assert.equal(finding["kibana.alert.workflow_status"], "open");
  assert.ok(!("kibana" in finding) && !("new_terms_stream" in finding) && !("event.kind" in finding));
});

test("the reason is a sentence, whatever of it is there", () => {
  assert.equal(
    reasonFor(event, "medium", "R"),
    "network event with process curl, destination 169.254.169.254:80, on web-1 created medium alert R.",
  );
  assert.equal(reasonFor({}, "low", "R"), "event created low alert R.");
  assert.equal(
    reasonFor({ user: { name: "-" }, "host.name": ["a", "b"] }, "low", "R"),
    "event on a, b created low alert R.",
  );
});

test("of a call of an API the reason says who, from where, which and on what", () => {
  const lines = ["cloudtrail", "kubernetes-audit"].map((name) =>
    readFileSync(`test/cases/${name}.jsonl`, "utf8").trim().split("\n"),
  );
  const reasonOf = (id: string) => {
    const line = lines.flat().find((each) => each.startsWith(`{"id":"${id}"`)) ?? assert.fail(id);
    return reasonFor(normalise((JSON.parse(line) as { readonly raw: JsonObject }).raw).event, "low", "R");
  };
  assert.equal(
    reasonOf("assume-role-iam-user-mfa-serial"),
    "authentication event with call sts.amazonaws.com AssumeRole from 203.0.113.24 by petra on arn:aws:iam::210987654321:role/Deploy created low alert R.",
  );
  assert.equal(
    reasonOf("console-login-root"),
    "authentication event with call signin.amazonaws.com ConsoleLogin from 203.0.113.24 by arn:aws:iam::210987654321:root on 210987654321 created low alert R.",
  );
  assert.equal(
    reasonOf("secrets-get-serviceaccount"),
    "event with call get from 10.0.4.9, 198.51.100.3 by system:serviceaccount:shop:cart on secrets shop db created low alert R.",
  );
});

test("the published schema is the one in the source, and holds for findings of every kind", () => {
  const file = JSON.parse(readFileSync("docs/finding.schema.json", "utf8")) as object;
  assert.deepEqual(file, JSON.parse(JSON.stringify(findingJsonSchema())), "run node scripts/finding-schema.ts");
  const kinds: FindingFacts[] = [
    facts(),
    facts({ previousSeen: 1 }),
    facts({ repeat: true }),
    facts({ type: "overflow", overflow: { combinations: 5000, evaluated: 1000 } }),
    facts({ event: { ...event, process: { executable: `/${"x".repeat(9000)}`, name: "long" } } }),
    facts({ rule: { ...detector.rule, building_block_type: "default" } }),
  ];
  for (const kind of kinds) findingSchema.parse(published(kind));
});

test("a finding that is left out of the schema's words fails it", () => {
  const { "kibana.alert.uuid": _, ...without } = published(facts());
  assert.ok(!findingSchema.safeParse(without).success);
});

test("bodies of ordinary events are what subscribers have been getting, byte for byte", () => {
  const recorded = readFileSync("test/finding/ordinary-findings.jsonl", "utf8").trimEnd().split("\n");
  assert.deepEqual(
    ORDINARY_FINDINGS.map((given) => openFinding(sealFinding(given))),
    recorded,
  );
});

test("a finding that is made again says so", () => {
  assert.equal(published(facts({ repeat: true }))["new_terms_stream.repeat"], true);
  assert.ok(!("new_terms_stream.repeat" in published(facts())));
});

test("the event's own time is published as it was sent, if it is a time's length of text or a number", () => {
  const timeOf = (time: JsonValue) =>
    published(facts({ event: { ...event, "@timestamp": time } }))["kibana.alert.original_time"];
  for (const time of ["2026-05-25T09:59:58.123456789+02:00", 1_748_167_198_123, "?"]) assert.equal(timeOf(time), time);
  assert.deepEqual(timeOf(JSON.rawJSON("1748167198123.0")), JSON.rawJSON("1748167198123.0"));
  assert.equal(timeOf([null, { a: 1 }, true, ["first", "second"]]), "first");
  const keys = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`k${at}`, at]));
  for (const time of [keys, {}, null, true, "x".repeat(65), JSON.rawJSON("9".repeat(65)), JSON.rawJSON("1e999")]) {
    assert.equal(timeOf(time), undefined);
  }
});

test("a name that the event gives is bounded and inert, and the rule's own is as it is", () => {
  const rule = { ...detector.rule, name: "A\u200bB", rule_name_override: "process.name" };
  const named = (name: string) => published(facts({ rule, event: { ...event, process: { ...process, name } } }));
  const process = { name: "curl", executable: "/usr/bin/curl" };
  const finding = named(`Benign\nCRITICAL \u202e${"x".repeat(999)}`);
  const name = String(finding["kibana.alert.rule.name"]);
  assert.ok(name.startsWith("Benign\\u000aCRITICAL \\u202exxx") && name.length === 256);
  assert.ok(String(finding["kibana.alert.reason"]).endsWith(`alert ${name}.`));
  assert.equal(named("")["kibana.alert.rule.name"], "A\u200bB");
});

test("times that no date can tell do not stop a finding", () => {
  for (const at of [Number.NaN, Infinity, -Infinity, 1e300, 9e15, -9e15, 253_402_300_800_000]) {
    const finding = published(facts({ firstSeen: at, previousSeen: at, arrival: at, now: at }));
    findingSchema.parse(finding);
  }
  assert.equal(published(facts({ arrival: Infinity }))["new_terms_stream.arrival"], "9999-12-31T23:59:59.999Z");
});

test("attributes come of the body alone", () => {
  const body = openFinding(sealFinding(facts()));
  assert.deepEqual(attributesOf({ findingId: "f", body }), {
    type: "finding",
    rule_id: detector.rule.rule_id,
    severity: "medium",
    risk_score: 47,
    fid: "f",
    building_block: "false",
    host: ["h1", "web-1"],
    tactic: ["TA0006", "TA0007"],
    technique: ["T1552", "T1016", "T1082", "T1580", "T1552.005"],
  });
});

test("attributes are few, of bounded length, and never such that a topic refuses them, whatever the event's host is called", () => {
  const hostile = ["", " ", "\n", "\u0000", "\ud800", "\uffff", "\u202e", "x".repeat(5000), "é", 5, true, null, {}];
  const many = Array.from({ length: 50_000 }, (_, at) => `h-${at}`);
  for (const name of [hostile, many, "", [], ...hostile] as JsonValue[]) {
    for (const host of [{ id: name, name }, { name }, name]) {
      const body = openFinding(sealFinding({ ...facts(), event: { ...event, host } }));
      const attributes = attributesOf({ findingId: "f", body });
      assert.ok(Object.keys(attributes).length <= 10);
      for (const value of Object.values(attributes)) {
        for (const each of Array.isArray(value) ? value : [value]) {
          assert.match(String(each), /\S/);
          assert.doesNotMatch(String(each), UNSEEN);
          assert.ok(String(each).length <= 256);
        }
        assert.ok(!Array.isArray(value) || (value.length > 0 && value.length <= 20));
      }
    }
  }
  const without = attributesOf({ findingId: "f", body: "{}" });
  assert.deepEqual(Object.keys(without), ["type", "rule_id", "severity", "risk_score", "fid", "building_block"]);
});
