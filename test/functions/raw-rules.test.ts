import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { buildFunctions } from "../../src/deploy/build.ts";
import type { JsonObject } from "../../src/ecs/json.ts";
import { parse } from "../../src/kql/parse.ts";
import { startFunction } from "../../src/local/function-process.ts";
import { lambdaRecord } from "../../src/local/kinesis-shards.ts";
import { seeded } from "../../src/local/sample-events.ts";
import { cloudWatchLogs } from "../../src/local/sample-stream.ts";
import { normalise, RAW_FORMS, type RawForm } from "../../src/normalize/normalize.ts";
import { type Detector, typesFor } from "../../src/rule/detector.ts";
import { loadRules } from "../../src/rule/load.ts";
import { matchingEvent } from "../support/event-generator.ts";
import { rawDocument } from "../support/raw-generator.ts";

// Elastic's rules for CloudTrail and Kubernetes audit, each over an event made for it, in the built function.

const CORPUS = "../shared/rules";
const skip = existsSync(CORPUS) ? false : `NOT RUN: Elastic's rules are not in ${CORPUS}`;

/** What needs a database of the internet's networks. */
const wantsAsn = ({ rule }: Detector) => /source\.as\./.test(`${rule.query} ${rule.new_terms.value.join(" ")}`);

/** A raw event that the rule matches, with all that its combinations are of. */
function eventFor(detector: Detector, { dataStream, origins }: RawForm): JsonObject | undefined {
  const { rule } = detector;
  const random = seeded(1);
  const query = parse(rule.query);
  for (let tries = 0; tries < 5000; tries++) {
    const terms = Object.fromEntries(
      rule.new_terms.value.map((name) => [name, name.endsWith("ip") ? "203.0.113.9" : "v"]),
    );
    const wanted = matchingEvent(query, typesFor(rule.index), random);
    const raw = rawDocument({ ...terms, ...wanted }, dataStream, origins, random);
    const { event } = normalise(raw);
    if (detector.matches(event, 0) && detector.combinations(event).total > 0) return raw;
  }
  return undefined;
}

test("each rule for what AWS logs fires on a raw event, out of an envelope of CloudWatch Logs", { skip }, async (t) => {
  const { detectors } = loadRules(CORPUS);
  const raw = detectors.flatMap((detector) =>
    RAW_FORMS.filter(({ dataStream }) => detector.inScope(dataStream) === "in").map((form) => ({ detector, form })),
  );
  assert.ok(raw.length > 20, `${raw.length} rules of the two kinds`);
  const asn = raw.filter(({ detector }) => wantsAsn(detector));
  for (const { detector, form } of asn) assert.equal(eventFor(detector, form), undefined, detector.rule.name);
  const able = raw.filter(({ detector }) => !wantsAsn(detector));

  const folder = mkdtempSync(join(tmpdir(), "firstsight-raw-"));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "rules"));
  for (const { detector } of raw) copyFileSync(detector.rule.path, join(folder, "rules", basename(detector.rule.path)));
  assert.ok(readdirSync(join(folder, "rules")).length >= able.length);
  await buildFunctions(join(folder, "dist"), join(folder, "rules"));

  const texts = able.map(({ detector, form }) => {
    const event = eventFor(detector, form);
    assert.ok(event !== undefined, `no event for ${detector.rule.name}`);
    return JSON.stringify(event);
  });
  const environment = {
    AWS_REGION: "eu-west-1",
    HISTORY_TABLE: "memory",
    FINDINGS_TOPIC_ARN: "stdout",
    QUARANTINE_QUEUE_URL: "stdout",
    LAMBDA_TASK_ROOT: folder,
  };
  const lines: string[] = [];
  const running = await startFunction("kinesis", environment, 60_000, (line) => lines.push(line), join(folder, "dist"));
  const record = lambdaRecord({
    ...{ shardId: "shardId-000000000000", streamName: "events", sequenceNumber: "1", partitionKey: "k" },
    ...{ data: gzipSync(cloudWatchLogs(texts, "raw")), arrival: Date.now() },
  });
  assert.deepEqual(await running.invoke({ Records: [record] }), { batchItemFailures: [] });
  await running.close();

  const printed = lines.map((line) => JSON.parse(line) as JsonObject);
  const fired = new Set(printed.flatMap((line) => line["kibana.alert.rule.rule_id"] ?? []));
  for (const { detector } of able) assert.ok(fired.has(detector.rule.rule_id), `${detector.rule.name} did not fire`);
  const metrics = printed.find((line) => "_aws" in line) ?? {};
  assert.equal(metrics["normalised"], texts.length);
  assert.equal(metrics["unnormalised"], 0);
  assert.equal(metrics["quarantined"], 0);
});
