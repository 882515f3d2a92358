import { inert, inertJson } from "../finding/inert.ts";
import type { Detector } from "../rule/detector.ts";
import { openHistory } from "../runtime/ports.ts";
import { readInput } from "../workbench/input/input.ts";
import { replay } from "../workbench/replay.ts";
import { type Asked, asked, known, type Sighted, sighted } from "../workbench/why.ts";
import { detectorsOf } from "./detectors.ts";
import { inputWarnings } from "./input-warnings.ts";
import { refuseStreams } from "./paths.ts";
import { ruleNamed } from "./rule-named.ts";
import { rulePaths } from "./rule-paths.ts";
import { EXIT, type Given, textOf, UsageError, type Verb } from "./verb.ts";

/** Sightings that are told: of more the first ones. */
const SHOWN = 1000;
const TERM = 200;

export const why: Verb = {
  name: "why",
  summary: "the history of a combination: from the table, or from a replay of FILES",
  takes: "[FILES|FOLDERS|-...]",
  options: {
    rule: { type: "string", value: "R", help: "the rule: its id, its name or its file's name" },
    rules: { type: "string", value: "FOLDER", help: "where rules are; by default rules/" },
    term: { type: "string", multiple: true, value: "FIELD=VALUE", help: "one for each new_terms field of the rule" },
    finding: { type: "string", value: "ID", help: "in place of --term, with FILES: the finding of that id" },
    json: { type: "boolean", help: "one JSON document" },
  },
  examples: [
    [
      "why --rule IMDS --term host.id=h-1 --term process.executable=/usr/bin/curl",
      "from the table that HISTORY_TABLE names",
    ],
    ["why --rule IMDS --term host.id=h-1 --term process.executable=/usr/bin/curl events.ndjson", "from a replay"],
    ["why --finding 9a4f0e4be6d2c1b7a8f0d1e2c3b4a596 events.ndjson", "of a finding that a replay made"],
  ],

  async run(given, out) {
    const ruleFiles = rulePaths(textOf(given, "rules"));
    const detectors = detectorsOf(ruleFiles);
    const id = textOf(given, "finding");
    const question = id === undefined ? combinationOf(given, detectors) : undefined;
    if (given.paths.length === 0) {
      if (question === undefined)
        throw new UsageError("the table knows combinations and no ids: say --rule and --term, or FILES");
      const name = process.env["HISTORY_TABLE"];
      if (name === undefined || name === "memory")
        throw new UsageError("set HISTORY_TABLE to the table's name, or name FILES");
      const table = await openHistory({ HISTORY_TABLE: name } as Parameters<typeof openHistory>[0], () => undefined);
      const answer = await known(question, table);
      if (given.options["json"] === true) out.print(inertJson({ ...described(question), ...answer }));
      else
        for (const [label, value] of Object.entries({ ...described(question), ...answer }))
          out.print(row(label, value));
      return EXIT.fine;
    }
    return fromReplay(given, question, id, { ruleFiles, detectors }, out);
  },
};

interface Rules {
  readonly ruleFiles: readonly string[];
  readonly detectors: readonly Detector[];
}

async function fromReplay(
  given: Given,
  question: Asked | undefined,
  id: string | undefined,
  { ruleFiles, detectors }: Rules,
  out: Parameters<Verb["run"]>[1],
): Promise<number> {
  const { onProblem, exitOf } = inputWarnings(out);
  const settings = { ruleFiles, now: Date.now() };
  const blocks = () => readInput(given.paths, { onProblem });
  let key = question?.key;
  if (key === undefined) {
    refuseStreams(given.paths);
    await replay(blocks(), {
      settings,
      workers: 0,
      onDecision({ seen, findingId }) {
        if (findingId === id) key = seen.key;
      },
    });
    if (key === undefined) throw new UsageError(`a replay of these files makes no finding ${id}`);
  }
  const sightings: Sighted[] = [];
  let about: object = question === undefined ? {} : described(question);
  const { result } = await replay(blocks(), {
    settings,
    workers: 0,
    onDecision(decided) {
      if (decided.seen.key !== key) return;
      const detector = detectors[decided.seen.rule];
      if (detector !== undefined) about = describedBy(detector, decided.seen.terms);
      if (sightings.length < SHOWN) sightings.push(sighted(decided));
    },
  });
  const ofRule = result.rules.find(({ ruleId }) => "ruleId" in about && about.ruleId === ruleId);
  const excepted = ofRule?.excepted ?? 0;
  const code = exitOf(result);
  if (code !== EXIT.fine) return code;
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

function described({ detector, terms }: Asked) {
  return describedBy(detector, terms);
}

function describedBy({ rule }: Detector, terms: readonly string[]) {
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

function combinationOf(given: Given, detectors: readonly Detector[]): Asked {
  const wanted = textOf(given, "rule") ?? "";
  const [only, ...more] = detectors;
  const isOnly = wanted === "" && only !== undefined && more.length === 0;
  const detector = isOnly ? only : ruleNamed(detectors, wanted, "--rule");
  try {
    return asked(detector, termsOf(given));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
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
