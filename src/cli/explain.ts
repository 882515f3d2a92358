import { closeSync, existsSync, openSync, readFileSync, readSync } from "node:fs";
import { basename } from "node:path";
import { inertJson } from "../finding/inert.ts";
import type { Detector } from "../rule/detector.ts";
import { type LoadedRules, loadRuleFiles, loadRules, ruleFilesIn } from "../rule/load.ts";
import { type Explanation, explain as explainRule, stampOf } from "../workbench/explain.ts";
import { InputError } from "../workbench/input/input-error.ts";
import { MAX_BYTES, type OneEvent, oneEvent } from "../workbench/one-event.ts";
import { passedOver } from "../workbench/passed-over.ts";
import { explanationJson, headJson } from "./explanation-json.ts";
import { explanationLines, headLines, summaryLines } from "./explanation-lines.ts";
import { EXIT, type Given, type Out, textOf, UsageError, type Verb } from "./verb.ts";

export const explain: Verb = {
  name: "explain",
  summary: "say why an event matches a rule, or which clause is in the way",
  takes: "EVENT",
  options: {
    rule: { type: "string", value: "RULE", help: "only this rule: its file, its rule_id or its name" },
    rules: { type: "string", value: "FOLDER", help: "where the rules are (default: rules)" },
    line: { type: "string", value: "N", help: "the event on this line of the file (default: the first event)" },
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
function run(given: Given, out: Out): number {
  const [path, ...more] = given.paths;
  if (path === undefined || more.length > 0)
    throw new UsageError("explain takes one EVENT: a file, or - for standard input");
  const { all, chosen } = rulesOf(given, out);
  const { event, bytes } = eventOf(path, lineOf(given));
  const stamp = stampOf(event, Date.now());
  const prefilter = passedOver(all, bytes);
  const explanations = chosen.map((detector) =>
    explainRule(detector, event, stamp.at, readFileSync(detector.rule.path, "utf8")),
  );
  const [first] = explanations;
  const isOne = first !== undefined && explanations.length === 1;
  if (given.options["json"] === true) {
    const head = headJson(stamp, prefilter);
    const rules = explanations.map(explanationJson);
    out.print(inertJson(isOne ? { ...rules[0], ...head } : { rules, ...head }));
  } else {
    const lines = isOne ? explanationLines(first) : summaryLines(explanations);
    for (const line of [...lines, ...headLines(stamp, prefilter)]) out.print(line);
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
  const folder = textOf(given, "rules") ?? "rules";
  const wanted = textOf(given, "rule");
  const { detectors, errors } = load(folder);
  if (wanted === undefined) {
    const [error] = errors;
    if (error !== undefined) throw new UsageError(error.message);
    if (detectors.length === 0) throw new UsageError(`no rule files (*.toml) in ${folder}`);
    return { all: detectors, chosen: detectors };
  }
  // What a broken file of exceptions would hide is not known, of no rule.
  const refused = errors.find(({ path }) => isFile(path, wanted) || !ruleFilesIn(folder).includes(path));
  if (refused !== undefined) throw new UsageError(refused.message);
  const chosen = detectors.filter(
    ({ rule }) => rule.rule_id === wanted || rule.name === wanted || isFile(rule.path, wanted),
  );
  if (chosen.length > 0) {
    for (const { message } of errors) out.warn(`refused  ${message}`);
    return { all: detectors, chosen };
  }
  if (!wanted.endsWith(".toml") || !existsSync(wanted)) throw new UsageError(`no rule "${wanted}" in ${folder}`);
  const { detectors: other, errors: broken } = loadRuleFiles([wanted]);
  if (broken[0] !== undefined) throw new UsageError(broken[0].message);
  return { all: other, chosen: other };
}

function load(folder: string): LoadedRules {
  try {
    return loadRules(folder);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function isFile(path: string, wanted: string): boolean {
  const name = basename(path);
  return path === wanted || name === wanted || name === `${wanted}.toml`;
}

function eventOf(path: string, line: number | undefined): Extract<OneEvent, { kind: "event" }> {
  const read = oneEvent(bytesOf(path), line);
  const name = path === "-" ? "standard input" : path;
  if (read.kind === "unreadable")
    throw new InputError(`${line === undefined ? name : `${name}:${line}`}: ${read.reason}`);
  return read;
}

const CHUNK = 1024 * 1024;

/** @throws InputError */
function bytesOf(path: string): Buffer {
  const chunks: Buffer[] = [];
  let total = 0;
  try {
    const file = path === "-" ? 0 : openSync(path, "r");
    try {
      for (;;) {
        const chunk = Buffer.allocUnsafe(CHUNK);
        const count = readSync(file, chunk);
        if (count === 0) break;
        total += count;
        if (total > MAX_BYTES) throw new InputError(`${path}: more than ${MAX_BYTES} bytes`);
        chunks.push(chunk.subarray(0, count));
      }
    } finally {
      if (file !== 0) closeSync(file);
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return Buffer.concat(chunks);
}
