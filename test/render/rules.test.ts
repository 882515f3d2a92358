import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import type { JsonObject } from "../../src/ecs/json.ts";
import { openFinding, sealFinding } from "../../src/finding/seal.ts";
import { parse } from "../../src/kql/parse.ts";
import { seeded } from "../../src/local/sample-events.ts";
import { asffOf } from "../../src/render/asff.ts";
import { asffSchema } from "../../src/render/asff-schema.ts";
import { ocsfOf } from "../../src/render/ocsf.ts";
import { ocsfSchema } from "../../src/render/ocsf-schema.ts";
import { readPublished } from "../../src/render/published.ts";
import { typesFor } from "../../src/rule/detector.ts";
import { loadRules } from "../../src/rule/load.ts";
import { matchingEvent, randomEvent } from "../support/event-generator.ts";
import { officialOcsf } from "./ocsf-validator.ts";

/** Elastic's own rules, where they are at hand. */
const CORPUS = "../shared/rules";
const EVENTS = 12;
const NOW = Date.parse("2026-11-24T04:00:00Z");

const { detectors } = loadRules("rules");
const others = existsSync(CORPUS) ? loadRules(CORPUS).detectors : [];
const official = officialOcsf();

test("findings of every rule are valid OCSF 1.6.0 Detection Findings, and fit Security Hub", () => {
  const random = seeded(15);
  let made = 0;
  for (const { rule, combinations } of [...detectors, ...others]) {
    const query = parse(rule.query);
    for (let count = 0; count < EVENTS; count++) {
      const matching = matchingEvent(query, typesFor(rule.index), random);
      const event: JsonObject = count % 2 === 0 ? matching : { ...randomEvent(query, random), ...matching };
      const [terms = rule.new_terms.value.map((field) => ({ tag: "keyword", text: field, value: field }) as const)] =
        combinations(event).list;
      const sealed = sealFinding({
        type: "finding",
        rule,
        event,
        terms,
        findingId: made.toString(16).padStart(32, "0"),
        triggerId: "e",
        firstSeen: NOW,
        previousSeen: undefined,
        arrival: NOW,
        now: NOW,
      });
      const finding = readPublished(openFinding(sealed));
      const ocsf = ocsfOf(finding);
      ocsfSchema.parse(ocsf);
      assert.equal(official?.(ocsf), undefined, `${rule.name}: ${JSON.stringify(event)}`);
      asffSchema.parse(asffOf(finding));
      const { attacks = [] } = ocsf["finding_info"] as { readonly attacks?: readonly object[] };
      assert.equal(attacks.length > 0, rule.threat.length > 0, rule.name);
      const [analysis] = ocsf["anomaly_analyses"] as unknown as readonly { readonly anomalies: readonly object[] }[];
      assert.partialDeepStrictEqual(analysis?.anomalies[0], {
        observation_parameter: rule.new_terms.value.join(", "),
        observed_pattern: "UNSEEN",
      });
      made++;
    }
  }
  assert.ok(made >= EVENTS * (others.length > 0 ? 90 : 1), `${made} findings`);
});
