import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { JsonObject, JsonValue } from "../../src/ecs/json.ts";
import { seeded } from "../../src/local/sample-events.ts";
import { ruleIndex } from "../../src/rule/rule-index.ts";
import { dataStreamOf } from "../../src/rule/scope.ts";
import { someDetector } from "../support/rules.ts";

// However the rules are found, those that match are the same as if each had been asked.

const SEED = Number(process.env["SEED"] ?? 1);

test("no rule that matches is left out, over many rules, and over more data streams than are remembered", () => {
  const random = seeded(SEED);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const fields = ["event.category", "event.type", "host.os.type", "event.action", "process.name", "user.name"];
  const values = ["a", "b", "c", "d"];
  const clause = () => {
    const name = pick(fields);
    return pick([
      `${name}:${pick(values)}`,
      `${name}:(${pick(values)} or ${pick(values)})`,
      `not ${name}:${pick(values)}`,
      `(${name}:${pick(values)} or ${pick(fields)}:${pick(values)})`,
      `${name}:${pick(values)}*`,
      `data_stream.dataset:("${pick(["x", "y"])}*" or ${pick(["z", "\\*z"])})`,
    ]);
  };
  const patterns = ["logs-*", "logs-x-*", "logs-y-*", "logs-*-n1", "-logs-x-n2*", "filebeat-*"];
  const detectors = Array.from({ length: 70 }, (_, index) =>
    someDetector({
      rule_id: String(index),
      query: Array.from({ length: 1 + Math.floor(random() * 4) }, clause).join(" and "),
      ...(random() < 0.1 ? {} : { index: [pick(patterns), pick(patterns)] }),
    }),
  );
  const index = ruleIndex(detectors);

  let matched = 0;
  for (let count = 0; count < 4000; count++) {
    const event: Record<string, JsonValue> = {};
    for (const field of fields) {
      if (random() < 0.15) continue;
      const value = random() < 0.2 ? [pick(values), pick(values)] : pick(values);
      const [first = "", ...rest] = field.split(".");
      if (random() < 0.3) event[field] = value;
      else event[first] = { ...(event[first] as JsonObject | undefined), [rest.join(".")]: value };
    }
    const namespace = random() < 0.5 ? pick(["n1", "n2"]) : `n${count}`;
    if (random() < 0.95) event["data_stream"] = { type: "logs", dataset: pick(["x", "y", "z"]), namespace };

    const dataStream = dataStreamOf(event);
    const inScope = detectors.filter((detector) => detector.inScope(dataStream) !== "out");
    const found = index(event);
    const expected = inScope.filter((detector) => detector.matches(event, 0));
    assert.deepEqual(
      found.detectors.filter((detector) => detector.matches(event, 0)).map(({ rule }) => rule.rule_id),
      expected.map(({ rule }) => rule.rule_id),
      `SEED=${SEED}, event ${count}: ${JSON.stringify(event)}`,
    );
    assert.equal(found.inScope, inScope.length);
    assert.equal(found.isScoped, dataStream !== undefined);
    matched += expected.length;
  }
  assert.ok(matched > 4000);
});

test("each data stream has its own rules, however many others have", () => {
  const index = ruleIndex(["x", "y"].map((name) => someDetector({ rule_id: name, index: [`logs-${name}-*`] })));
  for (const dataset of ["x", "y", "x", "z"]) {
    const { detectors } = index({ data_stream: { type: "logs", dataset } });
    assert.deepEqual(
      detectors.map(({ rule }) => rule.rule_id),
      dataset === "z" ? [] : [dataset],
    );
  }
});

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

for (const [length, streams] of [
  [100, 20_999],
  [1000, 20_999],
  [100_000, 999],
] as const) {
  test(`${streams} invented data streams of ${length} characters leave no more than the names of a thousand`, () => {
    const index = ruleIndex([someDetector({ index: ["logs-*"] }), someDetector()]);
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let count = 0; count < streams; count++) {
      // As out of a record: read from a text that nothing else holds any more.
      const dataset = String(count).padStart(length, "x");
      const text = `{"data_stream":{"type":"logs","dataset":"${dataset}"},"message":"${"m".repeat(2000)}"}`;
      assert.equal(index(JSON.parse(text) as JsonObject).inScope, 2);
    }
    collectGarbage();
    const kept = process.memoryUsage().heapUsed - before;
    assert.ok(kept < 3_000_000, `${kept} bytes are kept`);
    assert.equal(index({}).inScope, 2);
  });
}

test("a data stream with a name too long to be remembered has its rules all the same", () => {
  const index = ruleIndex(["x", "y"].map((name) => someDetector({ rule_id: name, index: [`logs-${name}*`] })));
  for (const dataset of ["x", "y", "x", "z"].map((start) => start.padEnd(1000, "."))) {
    const { detectors } = index({ data_stream: { type: "logs", dataset } });
    assert.deepEqual(
      detectors.map(({ rule }) => rule.rule_id),
      dataset.startsWith("z") ? [] : [dataset.charAt(0)],
    );
  }
});
