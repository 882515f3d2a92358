import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { command } from "../../src/cli/command.ts";
import { VERBS } from "../../src/cli/verbs.ts";
import { why } from "../../src/cli/why.ts";
import { findingId } from "../../src/history/key.ts";
import { createResources, openCloud } from "../../src/local/emulators.ts";
import { lambdaRecord } from "../../src/local/kinesis-shards.ts";
import { askedBy } from "../../src/workbench/why.ts";
import { received, suspiciousEvent } from "../support/cloud.ts";
import { SHIPPED_RULE, shippedDetector, someDetector } from "../support/rules.ts";

const cloud = await openCloud();
const resources = await createResources(cloud);
Object.assign(process.env, cloud.environment, resources.environment);
const folder = mkdtempSync(join(tmpdir(), "firstsight-why-"));
after(async () => {
  rmSync(folder, { recursive: true });
  await cloud.close();
});

const ARRIVAL = Date.now() - 60_000;
const EVENT = suspiciousEvent("h-1");
const RULES = ["--rules", SHIPPED_RULE];

type Finding = Readonly<Record<string, string>>;
let finding: Finding;

/** The finding comes out of the topic, as its consumers get it. */
before(async () => {
  const record = lambdaRecord({
    shardId: "shardId-000000000000",
    streamName: "events",
    sequenceNumber: "42",
    partitionKey: "k",
    data: Buffer.from(EVENT),
    arrival: ARRIVAL,
  });
  const quiet = { print: () => undefined, warn: () => undefined };
  assert.equal(await command(VERBS, ["redrive", file("batch.json", { payload: { Records: [record] } })], quiet), 0);
  const [body] = await received(cloud.sqs, resources.findingsQueue);
  finding = JSON.parse(body ?? "") as Finding;
});

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

async function run(...args: readonly string[]) {
  const printed: string[] = [];
  const warned: string[] = [];
  const out = { print: (line: string) => printed.push(line), warn: (line: string) => warned.push(line) };
  const code = await command([why], ["why", ...args], out);
  return { code, printed: printed.join("\n"), warned: warned.join("\n") };
}

test("a finding as it was published is answered from the table", async () => {
  const { code, printed } = await run(...RULES, "--finding", file("finding.json", finding), "--json");
  assert.equal(code, 0);
  const { state, firstSeen, terms, ruleId } = JSON.parse(printed);
  assert.deepEqual(
    { state, firstSeen, ruleId, terms: Object.values(terms) },
    {
      state: "published",
      firstSeen: finding["new_terms_stream.first_seen"],
      ruleId: finding["kibana.alert.rule.rule_id"],
      terms: finding["kibana.alert.new_terms"],
    },
  );
  const pretty = file("pretty.json", JSON.stringify({ _index: "a", _id: "b", _source: finding }, undefined, 2));
  assert.match((await run(...RULES, "--finding", pretty)).printed, /^state {7}published$/m, "a hit of a search, too");
  const message = file("sns.json", { Type: "Notification", Message: JSON.stringify(finding) });
  assert.match((await run(...RULES, "--finding", message)).printed, /^state {7}published$/m, "and a message of SNS");
  const other = await run(...RULES, "--finding", file("other.json", { Message: "no json" }));
  assert.equal(other.code, 3);
  assert.match(other.warned, /other\.json: its Message: no JSON/);
});

test("and from a replay of files", async () => {
  const { code, printed } = await run(...RULES, "--finding", file("one.json", finding), file("events.ndjson", EVENT));
  assert.equal(code, 0);
  assert.match(printed, / NEW {6}never seen before {2}\(.*events\.ndjson:1\)$/m);
});

test("the key that a finding's combination has in the table is the one that its id is made of", () => {
  const { key } = askedBy(shippedDetector(), finding);
  const [{ id }] = finding["kibana.alert.ancestors"] as unknown as readonly [{ readonly id: string }];
  assert.equal(
    findingId(key, Date.parse(finding["new_terms_stream.first_seen"] ?? ""), id),
    finding["kibana.alert.uuid"],
  );
});

test("a document that names no combination is refused with the reason", async () => {
  for (const [change, code, says] of [
    [{ "kibana.alert.rule.rule_id": undefined }, 3, /no finding: it has no kibana\.alert\.rule\.rule_id/],
    [{ "kibana.alert.rule.rule_id": "other" }, 2, /the finding's rule, other, is none of these/],
    [{ "kibana.alert.rule.rule_id": SHIPPED_RULE }, 2, /is none of these/],
    [{ "new_terms_stream.type": "overflow" }, 2, /of no one combination/],
    [{ "kibana.alert.new_terms": undefined }, 2, /of no one combination/],
    [{ "new_terms_stream.long_terms": [{}] }, 2, /too long to stand in it whole/],
    [{ "kibana.alert.new_terms": ["h"] }, 2, /the rule's combinations are of host\.id,process\.executable now/],
    [{ "kibana.alert.rule.parameters": { new_terms_fields: ["user.name", "a"] } }, 2, /is of user\.name,a, and/],
    [{ "kibana.alert.rule.parameters": null }, 0, /^$/],
  ] as const) {
    const got = await run(...RULES, "--finding", file("changed.json", { ...finding, ...change }));
    assert.equal(got.code, code, JSON.stringify(change));
    assert.match(got.warned, says);
  }
  assert.equal((await run(...RULES, "--finding", file("none.json", "no json"))).code, 3);
  assert.equal((await run(...RULES, "--finding", file("f.json", finding), "--term", "host.id=a")).code, 2);
  assert.match((await run(...RULES, "--finding", "-", "-")).warned, /the finding or the events, and not both/);
  const id = await run(...RULES, "--finding", finding["kibana.alert.uuid"] ?? "");
  assert.equal(id.code, 2);
  assert.match(id.warned, /the table knows no ids: give the finding itself, or FILES/);
});

test("terms that are no texts make the key again", () => {
  const detector = someDetector({
    new_terms: {
      field: "new_terms_fields",
      value: ["destination.port", "source.ip"],
      history_window_start: [{ field: "history_window_start", value: "now-7d" }],
    },
  });
  const [terms = []] = detector.combinations({ destination: { port: 8080 }, source: { ip: "::ffff:10.0.0.1" } }).list;
  const again = askedBy(detector, { "kibana.alert.new_terms": terms.map(({ value }) => value) });
  assert.deepEqual(
    again.terms,
    terms.map(({ text }) => text),
  );
});
