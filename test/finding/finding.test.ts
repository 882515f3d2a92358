import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import type { EcsEvent, JsonObject } from "../../src/ecs/json.ts";
import { type FindingFacts, findingDocument } from "../../src/finding/document.ts";
import { attributesOf } from "../../src/finding/publisher.ts";
import { reasonFor } from "../../src/finding/reason.ts";
import { findingJsonSchema, findingSchema } from "../../src/finding/schema.ts";
import { BODY_LIMIT, openFinding, sealFinding } from "../../src/finding/seal.ts";
import { shippedDetector } from "../support/rules.ts";

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

test("a finding is the event and Kibana's alert fields", () => {
  const finding = findingDocument(facts({ previousSeen: NOW - 8 * 86_400_000 }));
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
  const finding = findingDocument(facts({ event: forged }));
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

test("the published schema is the one in the source, and holds for findings of every kind", () => {
  const published = JSON.parse(readFileSync("docs/finding.schema.json", "utf8")) as object;
  assert.deepEqual(published, JSON.parse(JSON.stringify(findingJsonSchema())), "run node scripts/finding-schema.ts");
  const kinds: FindingFacts[] = [
    facts(),
    facts({ previousSeen: 1 }),
    facts({ type: "overflow", overflow: { combinations: 5000, evaluated: 1000 } }),
    facts({ event: { ...event, process: { executable: `/${"x".repeat(9000)}`, name: "long" } } }),
    facts({ rule: { ...detector.rule, building_block_type: "default" } }),
  ];
  for (const kind of kinds) findingSchema.parse(JSON.parse(openFinding(sealFinding(findingDocument(kind)))));
});

test("a finding that is left out of the schema's words fails it", () => {
  const { "kibana.alert.uuid": _, ...without } = findingDocument(facts());
  assert.ok(!findingSchema.safeParse(without).success);
});

test("whatever the event holds, the body fits, keeps who, what and which rule, and is the same each time", () => {
  const noise = () => Buffer.from(Array.from({ length: 3000 }, () => Math.floor(Math.random() * 94) + 33)).toString();
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
      const document = findingDocument({ ...facts(), event: { ...event, ...large } });
      const sealed = sealFinding(document);
      assert.ok(sealed.length <= 32 * 1024, `${sealed.length} bytes stored`);
      const body = openFinding(sealed);
      assert.ok(Buffer.byteLength(body) <= BODY_LIMIT);
      assert.equal(openFinding(sealFinding(document)), body);
      const finding = findingSchema.parse(JSON.parse(body));
      assert.deepEqual(finding["kibana.alert.new_terms"], ["h1", "/usr/bin/curl"]);
      assert.ok((finding["new_terms_stream.truncated"] ?? []).length > 0, "it says that it was cut");
    }),
    { numRuns: 40 },
  );
});

test("a finding of ordinary size is left whole", () => {
  const finding = findingDocument(facts());
  assert.deepEqual(JSON.parse(openFinding(sealFinding(finding))), JSON.parse(JSON.stringify(finding)));
});

test("attributes come of the body alone", () => {
  const body = openFinding(sealFinding(findingDocument(facts())));
  assert.deepEqual(attributesOf({ findingId: "f", body }), {
    type: "finding",
    rule_id: detector.rule.rule_id,
    severity: "medium",
    risk_score: 47,
    fid: "f",
    building_block: "false",
  });
});
