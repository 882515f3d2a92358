import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { JsonObject } from "../src/ecs/json.ts";
import type { Detector } from "../src/rule/detector.ts";
import { loadRule } from "../src/rule/load.ts";
import { ruleIndex } from "../src/rule/rule-index.ts";
import { dataStreamOf } from "../src/rule/scope.ts";
import { someDetector } from "../test/support/rules.ts";
import { envelopeRows } from "./envelope.ts";
import { inventedRules } from "./invented-rules.ts";
import { compare, ratio, type Timing } from "./measure.ts";
import { mixedTexts } from "./mixed-corpus.ts";
import { explained } from "./profile.ts";
import type { Row } from "./report.ts";

const FOLDER = "../shared/rules";

/** Makes each of Elastic's rules ready, where they are at hand, or of as many invented ones. */
function preparations(): (() => Detector)[] {
  if (!existsSync(FOLDER)) {
    console.log(`no rules in ${FOLDER}: invented ones instead`);
    return inventedRules().map((rule) => () => someDetector(rule));
  }
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".toml"))
    .map((name) => {
      const text = readFileSync(`${FOLDER}/${name}`, "utf8");
      return () => loadRule(name, text);
    });
}

/** Many rules over parsed events, against parsing the events; and getting the rules ready. */
export async function run(): Promise<Row[]> {
  const prepare = preparations();
  const detectors = prepare.map((make) => make());
  const envelope = await envelopeRows(detectors);
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
  let next = 0;
  const stranger = (event: JsonObject) => ({
    ...event,
    data_stream: { type: "logs", dataset: "endpoint.events.process", namespace: `invented-${next++}` },
  });
  const strangers = () => events.reduce((count, event) => count + ask(stranger(event)), 0);
  const alone = compare({ indexed, asked, strangers }, 7);
  const each = ({ min }: Timing) => `${((min * 1000) / events.length).toFixed(2)} us an event`;
  const before = process.cpuUsage();
  for (const make of prepare) make();
  const { user, system } = process.cpuUsage(before);
  return [
    ...envelope,
    await explained(
      {
        what: `${detectors.length} rules over parsed events, against JSON.parse of them`,
        ...ratio(timing.indexed, timing.parsed),
        unit: "x",
        target: { atMost: 1 },
        detail: `${each(timing.indexed)} for all rules, parsing ${each(timing.parsed)}`,
      },
      indexed,
    ),
    {
      what: "parsing each event and asking the rules, against parsing alone",
      ...ratio(timing.both, timing.parsed),
      unit: "x",
    },
    { what: "the index against asking each rule", ...ratio(alone.asked, alone.indexed), unit: "x" },
    {
      what: "events of a data stream of their own each, against known ones",
      ...ratio(alone.strangers, alone.indexed),
      unit: "x",
      target: { atMost: 15 },
    },
    {
      what: `parse and compile ${detectors.length} rules, warm`,
      measured: (user + system) / 1000,
      unit: "ms CPU",
      target: { atMost: 100 },
    },
  ];
}
