import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type JsonObject, parseExact } from "../../src/ecs/json.ts";
import { fragmentOf, namingIn } from "../../src/finding/fragment.ts";
import { pack } from "../../src/finding/pack.ts";
import { publishWith } from "../../src/finding/publisher.ts";
import { findingSchema } from "../../src/finding/schema.ts";
import { openFinding, sealFinding } from "../../src/finding/seal.ts";
import { shippedDetector, someRule } from "../support/rules.ts";
import { ORDINARY_FINDINGS } from "./ordinary-findings.ts";

const RECORDED = readFileSync("test/finding/ordinary-findings.jsonl", "utf8").trimEnd().split("\n");
const [facts = assert.fail("no findings")] = ORDINARY_FINDINGS;

type Find = (digest: string) => Promise<Uint8Array | undefined>;

/** What subscribers get of stored findings, where fragments are found as told. */
async function published(outboxes: readonly Uint8Array[], fragment: Find) {
  const errors: unknown[] = [];
  const bodies: string[] = [];
  const stored = outboxes.map((outbox, index) => ({ findingId: `f${index}`, outbox }));
  const publisher = {
    publish: async (messages: readonly { readonly findingId: string; readonly body: string }[]) => {
      bodies.push(...messages.map(({ body }) => body));
      return new Set(messages.map(({ findingId }) => findingId));
    },
  };
  const accepted = await publishWith(publisher, { fragment })(stored, (error) => errors.push(error));
  return { bodies, errors, accepted };
}

const FRAGMENTS = new Map(
  ORDINARY_FINDINGS.map(({ rule }) => {
    const { digest, packed } = fragmentOf(rule) ?? assert.fail("no fragment");
    return [digest, packed];
  }),
);
const found: Find = async (digest) => FRAGMENTS.get(digest);
const sealed = ORDINARY_FINDINGS.map((each) => sealFinding(each, true));

test("bodies of findings that name their fragment are what they always were, byte for byte", async () => {
  for (const outbox of sealed) assert.ok(namingIn(openFinding(outbox)) !== undefined);
  assert.deepEqual((await published(sealed, found)).bodies, RECORDED);
});

test("what is stored is JSON by itself, of a fraction of the size", () => {
  const shipped = { ...facts, rule: shippedDetector().rule };
  const stored = openFinding(sealFinding(shipped, true));
  assert.equal(typeof JSON.parse(stored), "object");
  assert.ok(stored.length < openFinding(sealFinding(shipped)).length / 3);
});

test("a rule's fragment is one for all its findings, and another for another version", () => {
  assert.equal(fragmentOf(someRule())?.digest, fragmentOf(someRule({ name: "Other", rule_id: "other" }))?.digest);
  assert.notEqual(fragmentOf(someRule())?.digest, fragmentOf(someRule({ version: "2026/01/02" }))?.digest);
  assert.notEqual(fragmentOf(someRule())?.digest, fragmentOf(someRule({ note: "n" }))?.digest);
});

test("a rule that no body holds whole has no fragment, and what is cut of a rule is stored as it is cut", () => {
  assert.equal(fragmentOf(someRule({ note: "n".repeat(300_000) })), undefined);
  const rule = someRule({ note: "n".repeat(190_000), setup: "s".repeat(13_000) });
  assert.ok(fragmentOf(rule) !== undefined);
  const stored = openFinding(sealFinding({ ...facts, rule, event: { custom: "x".repeat(9000) } }, true));
  assert.equal(namingIn(stored), undefined);
  assert.ok(JSON.parse(stored)["new_terms_stream.truncated"].includes("the rule's note, setup and query"));
});

test("an event cannot name a fragment", async () => {
  const { digest = "" } = fragmentOf(facts.rule) ?? {};
  const name = `"kibana.alert.rule.fragment":"2026/05/12 ${digest}"`;
  const member = JSON.parse(`{${name}}`) as JsonObject;
  const events: JsonObject[] = [
    { ...facts.event, ...member },
    { ...facts.event, host: member },
    { ...facts.event, zzz: { deep: [member], text: name } },
    { ...facts.event, event: member },
    { ...facts.event, "event.x": member, [name]: name },
  ];
  const own = { terms: [{ tag: "keyword", text: name, value: name }] } as const;
  const whole = events.map((event) => openFinding(sealFinding({ ...facts, ...own, event })));
  for (const isKept of [false, true]) {
    const outboxes = events.map((event) => sealFinding({ ...facts, ...own, event }, isKept));
    assert.deepEqual((await published(outboxes, found)).bodies, whole);
  }
});

test("a finding whose fragment cannot be asked for waits, and costs no other", async () => {
  const whole = sealFinding(facts);
  const { bodies, errors, accepted } = await published([...sealed.slice(0, 1), whole], () =>
    Promise.reject(new Error("no table")),
  );
  assert.deepEqual([bodies, [...accepted]], [[RECORDED[0]], ["f1"]]);
  assert.match(String((errors[0] as Error).cause), /no table/);
});

test("a finding whose fragment is lost is published without it, by the schema, and says so", async () => {
  const { bodies, errors, accepted } = await published(sealed, async () => undefined);
  assert.deepEqual([errors, accepted.size], [[], sealed.length]);
  for (const [index, body] of bodies.entries()) {
    const finding = findingSchema.parse(JSON.parse(body));
    const { rule, findingId } = ORDINARY_FINDINGS[index] ?? facts;
    assert.equal(finding["kibana.alert.uuid"], findingId);
    assert.equal(finding["kibana.alert.rule.rule_id"], rule.rule_id);
    assert.equal(finding["kibana.alert.rule.version"], rule.version);
    assert.equal(finding["kibana.alert.rule.parameters"].history_window_start, "now-604800s");
    assert.match(String(finding["new_terms_stream.truncated"]?.at(-1)), /stored no longer/);
  }
  // Numbers keep their text, and all else its place.
  const { host } = parseExact(bodies[0] ?? "") as JsonObject;
  assert.deepEqual(host, facts.event["host"]);
});

test("what else was left out of a finding is still said of one whose fragment is lost", async () => {
  const event = {
    ...facts.event,
    custom: Object.fromEntries(Array.from({ length: 999 }, (_, at) => [`k${at}`, "x".repeat(300)])),
  };
  const outbox = sealFinding({ ...facts, event }, true);
  const [body = ""] = (await published([outbox], async () => undefined)).bodies;
  const truncated = JSON.parse(body)["new_terms_stream.truncated"] as string[];
  assert.equal(truncated[0], "fields outside ECS");
  assert.equal(truncated.length, 2);
});

test("another text under a fragment's digest is no fragment", async () => {
  const { bodies } = await published(sealed.slice(0, 1), async () => pack('"kibana.alert.rule.note":"other"'));
  assert.match(bodies[0] ?? "", /stored no longer/);
});
