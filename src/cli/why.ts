import { existsSync } from "node:fs";
import { inert, inertJson } from "../finding/inert.ts";
import type { Detector } from "../rule/detector.ts";
import { openHistory } from "../runtime/ports.ts";
import { readInput } from "../workbench/input/input.ts";
import { replay } from "../workbench/replay.ts";
import { type Asked, asked, askedBy, known, type Sighted, sighted } from "../workbench/why.ts";
import { detectorsOf } from "./detectors.ts";
import { findingIn, ruleOf } from "./finding.ts";
import { inputWarnings } from "./input-warnings.ts";
import { namedRule, RULE_OPTION } from "./named-rule.ts";
import { refuseStreams } from "./paths.ts";
import { rulePaths } from "./rule-paths.ts";
import { EXIT, type Given, type Out, textOf, UsageError, type Verb } from "./verb.ts";

/** Sightings that are told: of more the first ones. */
const SHOWN = 1000;
const TERM = 200;

export const why: Verb = {
  name: "why",
  summary: "the history of a combination: from the table, or from a replay of FILES",
  takes: "[FILES|FOLDERS|-...]",
  options: {
    rule: RULE_OPTION,
    rules: { type: "string", value: "FOLDER", help: "where rules are; by default rules/" },
    term: { type: "string", multiple: true, value: "FIELD=VALUE", help: "one for each new_terms field of the rule" },
    finding: {
      type: "string",
      value: "FILE|-|ID",
      help: "in place of --rule and --term: a finding as it was published, or with FILES its id",
    },
    json: { type: "boolean", help: "one JSON document" },
  },
  examples: [
    [
      "why --rule IMDS --term host.id=h-1 --term process.executable=/usr/bin/curl",
      "from the table that HISTORY_TABLE names",
    ],
    ["why --rule IMDS --term host.id=h-1 --term process.executable=/usr/bin/curl events.ndjson", "from a replay"],
    ["why --finding finding.json", "what the table knows of a finding's combination"],
    ["why --finding 9a4f0e4be6d2c1b7a8f0d1e2c3b4a596 events.ndjson", "of a finding that a replay made"],
  ],

  async run(given, out) {
    const isTable = given.paths.length === 0;
    const name = process.env["HISTORY_TABLE"];
    if (isTable && (name === undefined || name === "memory"))
      throw new UsageError("set HISTORY_TABLE to the table's name, or name FILES");
    const question = await questionOf(given, out);
    if (!isTable) return fromReplay(given, question, out);
    const table = await openHistory({ HISTORY_TABLE: name } as Parameters<typeof openHistory>[0], () => undefined);
    const answer = { ...described(question), ...(await known(question, table)) };
    if (given.options["json"] === true) out.print(inertJson(answer));
    else for (const [label, value] of Object.entries(answer)) out.print(row(label, value));
    return EXIT.fine;
  },
};

/** What is asked for: by a finding, or by a rule and terms. */
async function questionOf(given: Given, out: Out): Promise<Asked> {
  const finding = textOf(given, "finding");
  const { term } = given.options;
  if (finding === undefined) {
    const wanted = textOf(given, "rule");
    const rules = textOf(given, "rules");
    const detector = wanted === undefined ? onlyRule(rules) : namedRule(wanted, rules, out).detector;
    return orUsageError(() => asked(detector, termsOf(given)));
  }
  if (term !== undefined) throw new UsageError("--finding says which terms: leave --term out");
  if (finding === "-" || existsSync(finding)) return ofDocument(given, finding);
  if (given.paths.length > 0) return ofReplay(given, finding);
  throw new UsageError(`there is no file ${finding}, and the table knows no ids: give the finding itself, or FILES`);
}

function orUsageError<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** The combination of a finding as it was published. */
async function ofDocument(given: Given, path: string): Promise<Asked> {
  if (path === "-" && given.paths.includes("-"))
    throw new UsageError("standard input is the finding or the events, and not both");
  const finding = await findingIn(path);
  const detector = ruleOf(finding, detectorsOf(rulePaths(textOf(given, "rules"))));
  return orUsageError(() => askedBy(detector, finding));
}

/** The rule, where there is but one. */
function onlyRule(rules: string | undefined): Detector {
  const [detector, ...others] = detectorsOf(rulePaths(rules));
  if (detector === undefined || others.length > 0)
    throw new UsageError(`say which of the ${others.length + 1} rules by --rule`);
  return detector;
}

/** The combination of a finding that a replay of the files makes. */
async function ofReplay(given: Given, id: string): Promise<Asked> {
  refuseStreams(given.paths);
  const ruleFiles = rulePaths(textOf(given, "rules"));
  const detectors = detectorsOf(ruleFiles);
  let found: Asked | undefined;
  // What cannot be read is told by the replay that follows.
  await replay(readInput(given.paths, { onProblem: () => {} }), {
    settings: { ruleFiles, now: Date.now() },
    workers: 0,
    onDecision({ seen, findingId }) {
      const detector = findingId === id ? detectors[seen.rule] : undefined;
      if (detector !== undefined) found = { detector, terms: seen.terms, key: seen.key };
    },
  });
  if (found === undefined)
    throw new UsageError(`there is no file ${id}, and a replay of these files makes no finding of that id`);
  return found;
}

async function fromReplay(given: Given, question: Asked, out: Out): Promise<number> {
  const { onProblem, exitOf } = inputWarnings(out);
  const sightings: Sighted[] = [];
  const { result } = await replay(readInput(given.paths, { onProblem }), {
    settings: { ruleFiles: [question.detector.rule.path], now: Date.now() },
    workers: 0,
    onDecision(decided) {
      if (decided.seen.key === question.key && sightings.length < SHOWN) sightings.push(sighted(decided));
    },
  });
  const excepted = result.rules[0]?.excepted ?? 0;
  const code = exitOf(result);
  if (code !== EXIT.fine) return code;
  const about = described(question);
  if (given.options["json"] === true) {
    out.print(inertJson({ ...about, sightings, excepted }));
    return EXIT.fine;
  }
  for (const [label, value] of Object.entries(about)) out.print(row(label, value));
  if (sightings.length === 0) out.print("never seen in these files");
  for (const each of sightings) out.print(told(each));
  if (excepted > 0)
    out.print(`  exceptions of the rule hide ${excepted} matches, of whatever combination: no sightings`);
  if (sightings.length === SHOWN) out.print(`  the first ${SHOWN} of more`);
  return EXIT.fine;
}

function told({ at, verdict, gapMs, source, line }: Sighted): string {
  const since = gapMs === undefined ? "never seen before" : `${span(gapMs)} after the one before`;
  return `  ${at}  ${verdict.toUpperCase().padEnd(7)}  ${since}  (${inert(source, TERM)}:${line})`;
}

function span(ms: number): string {
  const [days, hours, minutes] = [
    Math.floor(ms / 86_400_000),
    Math.floor(ms / 3_600_000) % 24,
    Math.floor(ms / 60_000) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min` : `${Math.floor(ms / 1000)} s`;
}

function described({ detector: { rule }, terms }: Asked) {
  const values = rule.new_terms.value.map((field, index) => [field, terms[index] ?? ""]);
  return {
    rule: rule.name,
    ruleId: rule.rule_id,
    window: span(rule.windowMs),
    terms: Object.fromEntries(values) as object,
  };
}

function row(label: string, value: unknown): string {
  const text =
    typeof value === "object"
      ? Object.entries(value ?? {})
          .map((pair) => pair.join(" = "))
          .join("  ")
      : String(value);
  return `${label.padEnd(12)}${inert(text, 4 * TERM)}`;
}

function termsOf(given: Given): Map<string, string> {
  const terms = new Map<string, string>();
  for (const term of (given.options["term"] ?? []) as readonly string[]) {
    const at = term.indexOf("=");
    const name = term.slice(0, at);
    if (at < 1) throw new UsageError(`--term ${term} is not of the form FIELD=VALUE`);
    if (terms.has(name)) throw new UsageError(`--term ${name}= stands twice`);
    terms.set(name, term.slice(at + 1));
  }
  return terms;
}
