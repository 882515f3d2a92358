import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { JsonObject } from "../src/ecs/json.ts";
import type { Detector } from "../src/rule/detector.ts";
import { loadRule, loadRuleFiles } from "../src/rule/load.ts";
import { ruleIndex } from "../src/rule/rule-index.ts";
import { dataStreamOf } from "../src/rule/scope.ts";
import { compare, type Timing } from "./measure.ts";
import { mixedTexts } from "./mixed-corpus.ts";
import { explained } from "./profile.ts";
import type { Row } from "./report.ts";

const FOLDER = "../shared/rules";

/** All rules at hand over parsed events, against parsing the events; and getting the rules ready. */
export async function run(): Promise<Row[]> {
  if (!existsSync(FOLDER)) {
    console.log(`SKIPPED: no rules in ${FOLDER}`);
    return [];
  }
  const files = readdirSync(FOLDER)
    .filter((name) => name.endsWith(".toml"))
    .map((name) => `${FOLDER}/${name}`);
  const { detectors } = loadRuleFiles(files);
  const texts = mixedTexts(2000);
  const events = texts.map((text) => JSON.parse(text) as JsonObject);
  const index = ruleIndex(detectors);
  const matchedBy = (event: JsonObject, candidates: readonly Detector[]) =>
    candidates.filter((rule) => rule.matches(event, 0)).length;
  const ask = (event: JsonObject) => matchedBy(event, index(event).detectors);
  const inScope = (dataStream: string | undefined) => detectors.filter((rule) => rule.inScope(dataStream) !== "out");
  const indexed = () => events.reduce((count, event) => count + ask(event), 0);
  const asked = () => events.reduce((count, event) => count + matchedBy(event, inScope(dataStreamOf(event))), 0);
  const timing = compare({
    indexed,
    parsed: () => texts.map((text) => JSON.parse(text) as unknown).length,
    // As the stream does it: an event is looked at while the processor still has it.
    both: () => texts.reduce((count, text) => count + ask(JSON.parse(text) as JsonObject), 0),
  });
  // Only now: what asks every rule makes the compiler expect the worst of each.
  if (indexed() !== asked()) throw new Error("the index changes verdicts");
  const alone = compare({ indexed, asked }, 7);
  const each = ({ min }: Timing) => `${((min * 1000) / events.length).toFixed(2)} us an event`;
  const sources = files.map((path) => [path, readFileSync(path, "utf8")] as const);
  const before = process.cpuUsage();
  for (const [path, text] of sources) loadRule(path, text);
  const { user, system } = process.cpuUsage(before);
  return [
    await explained(
      {
        what: `${detectors.length} rules over parsed events, against JSON.parse of them`,
        measured: timing.indexed.min / timing.parsed.min,
        unit: "x",
        target: { atMost: 1 },
        detail: `${each(timing.indexed)} for all rules, parsing ${each(timing.parsed)}`,
      },
      indexed,
    ),
    {
      what: "parsing each event and asking the rules, against parsing alone",
      measured: timing.both.min / timing.parsed.min,
      unit: "x",
    },
    { what: "the index against asking each rule", measured: alone.asked.min / alone.indexed.min, unit: "x" },
    {
      what: `parse and compile ${files.length} rules, warm`,
      measured: (user + system) / 1000,
      unit: "ms CPU",
      target: { atMost: 100 },
    },
  ];
}
