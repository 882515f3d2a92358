import { readFileSync, statSync } from "node:fs";
import { inertJson } from "../finding/inert.ts";
import type { Detector } from "../rule/detector.ts";
import { type Explanation, ruleExplainer, stampOf } from "../workbench/explain.ts";
import { InputError } from "../workbench/input/input-error.ts";
import { eventIn, type OneEvent } from "../workbench/one-event.ts";
import { passedOver } from "../workbench/passed-over.ts";
import { detectorsOf } from "./detectors.ts";
import { explanationJson, headJson } from "./explanation-json.ts";
import { explanationLines, headLines, summaryLines } from "./explanation-lines.ts";
import { namedRule, RULE_OPTION } from "./named-rule.ts";
import { rulePaths } from "./rule-paths.ts";
import { EXIT, type Given, type Out, textOf, timeOf, UsageError, type Verb } from "./verb.ts";

export const explain: Verb = {
  name: "explain",
  summary: "say why an event matches a rule, or which clause is in the way",
  takes: "EVENT",
  options: {
    rule: RULE_OPTION,
    rules: { type: "string", value: "FOLDER", help: "where the rules are (default: rules)" },
    line: { type: "string", value: "N", help: "the event on this line of the file (default: the first event)" },
    at: {
      type: "string",
      value: "TIME",
      help: "when it arrives, which now in a query means (default: the event's own)",
    },
    json: { type: "boolean", help: "print one JSON document" },
  },
  examples: [
    ["explain event.json", "one event against the rules in rules/"],
    ["explain events.ndjson --line 3 --rule ad02da2f-443d-454c-a12e-d9e6c65831ff", "the third of a file, one rule"],
    ["explain - --json", "an event from standard input, for a program"],
  ],
  run,
};

/** @returns 0 if a rule matches, 1 if none does */
async function run(given: Given, out: Out): Promise<number> {
  const [path, ...more] = given.paths;
  if (path === undefined || more.length > 0)
    throw new UsageError("explain takes one EVENT: a file, or - for standard input");
  const line = lineOf(given);
  const at = timeOf(given, "at");
  const { all, chosen } = rulesOf(given, out);
  const { event, shape, bytes, arrival } = await eventOf(path, line);
  const stamp = at === undefined ? stampOf(event, Date.now(), arrival) : { at, field: "--at" };
  const prefilter = passedOver(all, bytes);
  const explanations = chosen.map((detector) =>
    ruleExplainer(detector, readFileSync(detector.rule.path, "utf8"))(event, stamp.at),
  );
  const [first] = explanations;
  const isOne = first !== undefined && explanations.length === 1;
  if (given.options["json"] === true) {
    const head = headJson(stamp, prefilter, shape);
    const rules = explanations.map(explanationJson);
    out.print(inertJson(isOne ? { ...rules[0], ...head } : { rules, ...head }));
  } else {
    const lines = isOne ? explanationLines(first) : summaryLines(explanations);
    for (const line of [...lines, ...headLines(stamp, prefilter, shape)]) out.print(line);
  }
  return explanations.some(isMatch) ? EXIT.fine : EXIT.against;
}

function isMatch({ verdict }: Explanation): boolean {
  return verdict === "matched";
}

function lineOf(given: Given): number | undefined {
  const text = textOf(given, "line");
  if (text === undefined) return undefined;
  const line = Number(text);
  if (!Number.isSafeInteger(line) || line < 1) throw new UsageError(`--line is a number from 1 on, and not "${text}"`);
  return line;
}

interface Rules {
  /** As they are deployed, together. */
  readonly all: readonly Detector[];
  readonly chosen: readonly Detector[];
}

function rulesOf(given: Given, out: Out): Rules {
  const wanted = textOf(given, "rule");
  const rules = textOf(given, "rules");
  if (wanted === undefined) {
    const all = detectorsOf(rulePaths(rules));
    return { all, chosen: all };
  }
  const { detector, all } = namedRule(wanted, rules, out);
  return { all, chosen: [detector] };
}

/** @throws InputError */
async function eventOf(path: string, line: number | undefined): Promise<Extract<OneEvent, { kind: "event" }>> {
  const name = path === "-" ? "standard input" : path;
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
    throw new UsageError(`${path} is a folder: explain takes one EVENT, a file`);
  const read = await eventIn(path, line);
  if (read.kind === "unreadable")
    throw new InputError(`${line === undefined ? name : `${name}:${line}`}: ${read.reason}`);
  return read;
}
