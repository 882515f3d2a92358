import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { JsonObject } from "../src/ecs/json.ts";
import { loadRule, loadRuleFiles } from "../src/rule/load.ts";
import { ruleIndex } from "../src/rule/rule-index.ts";
import { eventTexts } from "./corpus.ts";
import { compare } from "./measure.ts";
import type { Row } from "./report.ts";

const FOLDER = "../shared/rules";

/** All rules at hand over parsed events, against parsing the events; and getting the rules ready. */
export function catalogue(): Row[] {
  if (!existsSync(FOLDER)) {
    console.log(`SKIPPED: no rules in ${FOLDER}`);
    return [];
  }
  const files = readdirSync(FOLDER)
    .filter((name) => name.endsWith(".toml"))
    .map((name) => `${FOLDER}/${name}`);
  const { detectors } = loadRuleFiles(files);
  const texts = eventTexts(2000);
  const events = texts.map((text) => JSON.parse(text) as JsonObject);
  const index = ruleIndex(detectors);
  const indexed = () => events.map((event) => index(event).detectors.filter((rule) => rule.matches(event, 0)).length);
  const each = () =>
    events.map((event) => detectors.filter((rule) => rule.matches(event, 0) && index(event).inScope > 0).length);
  const timing = compare(
    {
      indexed,
      each: () => each(),
      "JSON.parse": () => texts.map((text) => JSON.parse(text) as unknown).length,
    },
    7,
  );
  const sources = files.map((path) => [path, readFileSync(path, "utf8")] as const);
  const before = process.cpuUsage();
  for (const [path, text] of sources) loadRule(path, text);
  const { user, system } = process.cpuUsage(before);
  return [
    {
      what: `${detectors.length} rules over parsed events, against JSON.parse of them`,
      measured: timing.indexed.min / timing["JSON.parse"].min,
      unit: "x",
      target: { atMost: 1 },
      detail: `${((timing.indexed.min * 1000) / events.length).toFixed(2)} us an event for all rules`,
    },
    { what: "the index against asking each rule", measured: timing.each.min / timing.indexed.min, unit: "x" },
    {
      what: `parse and compile ${files.length} rules, warm`,
      measured: (user + system) / 1000,
      unit: "ms CPU",
      target: { atMost: 100 },
    },
  ];
}
