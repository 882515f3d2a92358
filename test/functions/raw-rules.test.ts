import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { buildFunctions, PACKAGED_ASN_DATABASE } from "../../src/deploy/build.ts";
import type { JsonObject } from "../../src/ecs/json.ts";
import { parse } from "../../src/kql/parse.ts";
import { startFunction } from "../../src/local/function-process.ts";
import { lambdaRecord } from "../../src/local/kinesis-shards.ts";
import { seeded } from "../../src/local/sample-events.ts";
import { cloudWatchLogs } from "../../src/local/sample-stream.ts";
import { useNetworks } from "../../src/normalize/networks.ts";
import { normalise, RAW_FORMS, type RawForm } from "../../src/normalize/normalize.ts";
import { type Detector, typesFor } from "../../src/rule/detector.ts";
import { loadRules } from "../../src/rule/load.ts";
import { matchingEvent } from "../support/event-generator.ts";
import { type InventedNetworks, inventedNetworks } from "../support/invented-networks.ts";
import { rawDocument } from "../support/raw-generator.ts";
import { ruleText } from "../support/rule-text.ts";

// Elastic's rules for CloudTrail and Kubernetes audit, each over an event made for it, in the built function.

const CORPUS = "../shared/rules";
const skip = existsSync(CORPUS) ? false : `NOT RUN: Elastic's rules are not in ${CORPUS}`;

/** What needs a database of the internet's networks. */
const wantsAsn = ({ rule }: Detector) => /source\.as\./.test(`${rule.query} ${rule.new_terms.value.join(" ")}`);

/** A raw event that the rule matches, with all that its combinations are of. */
function eventFor(
  detector: Detector,
  { dataStream, origins }: RawForm,
  networks?: InventedNetworks,
): JsonObject | undefined {
  const { rule } = detector;
  const random = seeded(1);
  const query = parse(rule.query);
  for (let tries = 0; tries < 5000; tries++) {
    const terms = Object.fromEntries(
      rule.new_terms.value.map((name) => [name, name.endsWith("ip") ? "203.0.113.9" : "v"]),
    );
    const wanted = matchingEvent(query, typesFor(rule.index), random);
    const raw = rawDocument({ ...terms, ...wanted }, dataStream, origins, random, networks);
    const { event } = normalise(raw);
    if (detector.matches(event, 0) && detector.combinations(event).total > 0) return raw;
  }
  return undefined;
}

const folder = mkdtempSync(join(tmpdir(), "firstsight-raw-"));
after(() => rmSync(folder, { recursive: true }));
let count = 0;

/** Built with these rules, and with a database of networks where there is one. */
async function built(paths: readonly string[], asnDatabase: string): Promise<string> {
  const root = join(folder, String(count++));
  mkdirSync(join(root, "rules"), { recursive: true });
  for (const path of paths) copyFileSync(path, join(root, "rules", basename(path)));
  await buildFunctions(join(root, "dist"), join(root, "rules"), asnDatabase);
  return root;
}

/** What the built function prints over records. */
async function printedOver(
  root: string,
  records: readonly Buffer[],
  more: Readonly<Record<string, string>> = {},
  name: "kinesis" | "firehose" = "kinesis",
): Promise<readonly JsonObject[]> {
  const environment = {
    AWS_REGION: "eu-west-1",
    HISTORY_TABLE: "memory",
    FINDINGS_TOPIC_ARN: "stdout",
    QUARANTINE_QUEUE_URL: "stdout",
    RETRY_QUEUE_URL: "stdout",
    LAMBDA_TASK_ROOT: root,
    ...more,
  };
  const lines: string[] = [];
  const running = await startFunction(name, environment, 60_000, (line) => lines.push(line), join(root, "dist"));
  const stream = { shardId: "shardId-000000000000", streamName: "events", partitionKey: "k" };
  const arrival = Date.now();
  if (name === "kinesis") {
    const delivered = records.map((data, index) =>
      lambdaRecord({ ...stream, sequenceNumber: String(index + 1), data, arrival }),
    );
    assert.deepEqual(await running.invoke({ Records: delivered }), { batchItemFailures: [] });
  } else {
    const passed = records.map((data, index) => ({ recordId: String(index), data: data.toString("base64") }));
    const answer = await running.invoke({
      deliveryStreamArn: "arn:aws:firehose:eu-west-1:111122223333:deliverystream/events",
      records: passed.map((each) => ({ ...each, approximateArrivalTimestamp: arrival })),
    });
    assert.deepEqual(answer, { records: passed.map((each) => ({ ...each, result: "Ok" })) });
  }
  await running.close();
  return lines.map((line) => JSON.parse(line) as JsonObject);
}

const firedIn = (printed: readonly JsonObject[]) =>
  new Set(printed.flatMap((line) => line["kibana.alert.rule.rule_id"] ?? []));
const metricsIn = (printed: readonly JsonObject[]) => printed.find((line) => "_aws" in line) ?? {};

test("each rule for what AWS logs fires on a raw event, out of an envelope of CloudWatch Logs", { skip }, async () => {
  const { detectors } = loadRules(CORPUS);
  const raw = detectors.flatMap((detector) =>
    RAW_FORMS.filter(({ dataStream }) => detector.inScope(dataStream) === "in").map((form) => ({ detector, form })),
  );
  assert.ok(raw.length > 20, `${raw.length} rules of the two kinds`);
  const asn = raw.filter(({ detector }) => wantsAsn(detector));
  for (const { detector, form } of asn) assert.equal(eventFor(detector, form), undefined, detector.rule.name);
  const able = raw.filter(({ detector }) => !wantsAsn(detector));

  const root = await built(
    raw.map(({ detector }) => detector.rule.path),
    "",
  );
  assert.ok(readdirSync(join(root, "rules")).length >= able.length);

  const texts = able.map(({ detector, form }) => {
    const event = eventFor(detector, form);
    assert.ok(event !== undefined, `no event for ${detector.rule.name}`);
    return JSON.stringify(event);
  });
  const printed = await printedOver(root, [gzipSync(cloudWatchLogs(texts, "raw"))]);
  const fired = firedIn(printed);
  for (const { detector } of able) assert.ok(fired.has(detector.rule.rule_id), `${detector.rule.name} did not fire`);
  const metrics = metricsIn(printed);
  assert.equal(metrics["normalised"], texts.length);
  assert.equal(metrics["unnormalised"], 0);
  assert.equal(metrics["quarantined"], 0);
});

/** Rules in the manner of Elastic's four that ask for networks. */
const NETWORK_RULES: readonly (readonly [id: string, query: string, terms: readonly string[]])[] = [
  [
    "caller-identity",
    'event.dataset:"aws.cloudtrail" and event.provider:"sts.amazonaws.com" and event.action:"GetCallerIdentity" and event.outcome:success and aws.cloudtrail.user_identity.type:AssumedRole and user.id:*\\:i-* and source.as.organization.name:(* and not Amazon*)',
    ["source.as.organization.name", "user.id"],
  ],
  [
    "invoke",
    'data_stream.dataset:"aws.cloudtrail" and event.provider:"lambda.amazonaws.com" and event.action:Invoke* and user.name:*',
    ["source.as.organization.name", "cloud.account.id", "user.name"],
  ],
  [
    "session",
    'event.dataset:"aws.cloudtrail" and event.provider:"ssm.amazonaws.com" and event.action:StartSession and source.as.organization.name:"Example Virtual Private Networks" and user.name:*',
    ["user.name", "cloud.account.id"],
  ],
  [
    "discovery",
    'event.dataset:"aws.cloudtrail" and source.as.number:(9009 or 212238) and event.action:(Describe* or List*) and user.name:*',
    ["source.as.number", "user.name", "cloud.account.id"],
  ],
];

test("with a database of networks the rules that ask for them fire, where the address is in it", async (t) => {
  t.after(() => useNetworks(undefined));
  const own = join(folder, "own");
  mkdirSync(own);
  for (const [id, query, terms] of NETWORK_RULES) {
    const text = ruleText(query, id).replace('"host.id"', terms.map((term) => `"${term}"`).join(", "));
    writeFileSync(join(own, `${id}.toml`), text);
  }
  const [cloudTrail] = RAW_FORMS;
  assert.ok(cloudTrail !== undefined);
  const corpus = skip === false ? loadRules(CORPUS).detectors : [];
  const detectors = [...loadRules(own).detectors, ...corpus.filter(wantsAsn)].filter(
    ({ inScope }) => inScope(cloudTrail.dataStream) !== "out",
  );
  const networks = inventedNetworks();
  useNetworks(networks.lookup);
  const events = detectors.map(
    (detector) => eventFor(detector, cloudTrail, networks) ?? assert.fail(detector.rule.name),
  );
  useNetworks(undefined);
  // The same calls from elsewhere, and one that no rule asks for, which is passed over.
  const elsewhere = events.map((event) => ({ ...event, sourceIPAddress: "10.0.0.1" }));
  const other = {
    ...{ eventVersion: "1.11", eventTime: "2026-02-03T10:11:12Z", eventID: "e", sourceIPAddress: "198.51.100.7" },
    ...{ eventSource: "cloudtrail.amazonaws.com", eventName: "DeleteTrail" },
  };
  const records = (list: readonly JsonObject[]) => list.map((event) => Buffer.from(JSON.stringify(event)));

  const path = join(folder, "networks.mmdb");
  writeFileSync(path, networks.file());
  const paths = detectors.map(({ rule }) => rule.path);
  const root = await built(paths, path);
  const more = { ASN_DATABASE: PACKAGED_ASN_DATABASE };
  const printed = await printedOver(root, records([...events, other]), more);
  for (const { rule } of detectors) assert.ok(firedIn(printed).has(rule.rule_id), `${rule.name} did not fire`);
  assert.ok(Number(metricsIn(printed)["skipped"]) > 0, "records are passed over with these rules");
  const finding = printed.find((line) => line["kibana.alert.rule.rule_id"] === "session") as { source?: JsonObject };
  assert.deepEqual(finding.source?.["as"], { organization: { name: "Example Virtual Private Networks" } });
  assert.deepEqual([...firedIn(await printedOver(root, records(elsewhere), more))], []);
  assert.deepEqual(firedIn(await printedOver(root, records(events), more, "firehose")), firedIn(printed));

  writeFileSync(join(root, PACKAGED_ASN_DATABASE), networks.file().subarray(1000));
  await assert.rejects(printedOver(root, [], more), /ASN_DATABASE: .*asn-database\.mmdb: /s);
  rmSync(join(root, PACKAGED_ASN_DATABASE));
  await assert.rejects(printedOver(root, [], more), /ASN_DATABASE: .*asn-database\.mmdb: there is no such file/s);

  const without = await built(paths, "");
  assert.deepEqual(
    readdirSync(join(without, "dist")).filter((name) => name.endsWith(".mmdb")),
    [],
  );
  assert.deepEqual([...firedIn(await printedOver(without, records(events)))], []);
});
