import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { detectConfig, kinesisConfig, sweepConfig } from "../../src/runtime/config.ts";
import { openRules } from "../../src/runtime/ports.ts";

const GOOD = { HISTORY_TABLE: "t", FINDINGS_TOPIC_ARN: "arn:aws:sns:eu-west-1:1:t", QUARANTINE_QUEUE_URL: "stdout" };

test("what is missing or wrong is named, with what it should be, all at once", () => {
  assert.throws(
    () => detectConfig({}),
    (error: Error) => {
      for (const name of Object.keys(GOOD)) assert.match(error.message, new RegExp(name));
      return true;
    },
  );
  assert.throws(() => detectConfig({ ...GOOD, LEARN_UNTIL: "tomorrow" }), /ISO time.*\n.*LEARN_UNTIL/);
  assert.throws(() => detectConfig({ ...GOOD, LONG_VALUES: "all" }), /parity, terms or keep/);
  assert.throws(() => detectConfig({ ...GOOD, LEARN: "7d" }), /window or none/);
  assert.throws(() => detectConfig({ ...GOOD, COUNTERS: "yes" }), /true or false/);
  assert.throws(() => kinesisConfig({ ...GOOD, CANARY: "yes" }), /true or false/);
  assert.throws(() => sweepConfig({ ...GOOD, FINDINGS_TOPIC_ARN: "findings" }), /SNS topic's ARN/);
});

test("nothing has a silent default but what is optional", () => {
  assert.deepEqual(detectConfig(GOOD), {
    ...GOOD,
    LEARN: "none",
    LEARN_UNTIL: "",
    LONG_VALUES: "terms",
    COUNTERS: "false",
    ASN_DATABASE: "",
  });
  assert.equal(kinesisConfig(GOOD).CANARY, "false");
});

test("a folder without rules, or with one that cannot run, stops the function", () => {
  const folder = mkdtempSync(join(tmpdir(), "rules-"));
  try {
    assert.throws(() => openRules(folder, {}), /no rules in/);
    writeFileSync(join(folder, "bad.toml"), "[rule]\nquery = 1\n");
    assert.throws(() => openRules(folder, {}), /bad\.toml/);
    assert.throws(() => openRules(join(folder, "none"), {}));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
