import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseDate } from "../ecs/iso-date.ts";
import { type JsonObject, parseExact } from "../ecs/json.ts";
import { isLeaf, leafText } from "../ecs/leaf.ts";
import { inert, inertJson, inertLines } from "../finding/inert.ts";
import { unknownFieldsOf } from "../rule/advice/exceptions.ts";
import type { Detector } from "../rule/detector.ts";
import { exceptionsBeside } from "../rule/exceptions/folder.ts";
import { type Diff, diff } from "../workbench/diff.ts";
import { type Wanted, type Wish, type Written, withException } from "../workbench/except.ts";
import { readInput } from "../workbench/input/input.ts";
import { replay } from "../workbench/replay.ts";
import { scratch } from "../workbench/scratch.ts";
import { detectorsOf } from "./detectors.ts";
import { findingIn, ruleOf } from "./finding.ts";
import { inputWarnings } from "./input-warnings.ts";
import { namedRule } from "./named-rule.ts";
import { refuseStreams } from "./paths.ts";
import { rulePaths } from "./rule-paths.ts";
import { EXIT, type Given, type Out, textOf, UsageError, type Verb } from "./verb.ts";

const TERM = 200;
const SHOWN = 20;
/** Of a finding: as a replay and the topic name it. */
const FINDING_ID = /^[0-9a-f]{32}$/;

export const except: Verb = {
  name: "except",
  summary: "write an exception for a finding, or for a rule: what it says is expected, and no finding any more",
  takes: "FINDING|RULE [FIELD=VALUE...]",
  options: {
    until: { type: "string", value: "TIME", help: "when it expires, as it must: 2026-12-31, or an ISO time" },
    owner: { type: "string", value: "WHO", help: "who answers for it" },
    reason: { type: "string", value: "TEXT", help: "why these events are expected" },
    rules: { type: "string", value: "FOLDER", help: "where rules are, by default rules/; exceptions are beside it" },
    events: { type: "string", multiple: true, value: "FILE", help: "events, to say what the exception would hide" },
    json: { type: "boolean", help: "one JSON document" },
  },
  examples: [
    [
      'except finding.json --until 2026-12-31 --owner secops --reason "backup agent"',
      "the combination of a finding, from a file or - for standard input",
    ],
    [
      'except 9a4f0e4be6d2c1b7a8f0d1e2c3b4a596 --events exports/ --until 2026-12-31 --owner ops --reason "INC-7"',
      "a finding that a replay of these events makes",
    ],
    [
      "except IMDS process.executable=/opt/agent/bin --until 2026-12-31 --owner ops --reason agent",
      "a rule, and what the events have",
    ],
    [
      "except IMDS user.name=root process.name=curl process.name=wget --until 2026-12-31 --owner ops --reason agent",
      "all fields have to hold; of a field that is named twice any of its values",
    ],
  ],

  async run(given, out) {
    const { now, until, owner, reason } = kept(given);
    const events = (given.options["events"] ?? []) as readonly string[];
    refuseStreams(events);
    const [target = "", ...pairs] = given.paths;
    const { detector, finding } = await targetOf(target, textOf(given, "rules"), events, out);
    const { rule } = detector;
    const entries = pairs.length > 0 ? wishesIn(pairs) : wishesOf(detector, finding);
    const wanted: Wanted = { rule, entries, until, owner, reason, now };
    const exceptions = exceptionsBeside(dirname(rule.path));
    const path = join(exceptions, basename(rule.path));
    const folder = scratch();
    try {
      // Tried on a copy first: what the loader refuses is not written.
      const copy = join(folder.path, "exceptions");
      mkdirSync(copy);
      if (existsSync(exceptions)) cpSync(exceptions, copy, { recursive: true });
      const written = writtenTo(path, wanted);
      writeFileSync(join(copy, basename(path)), written.text);
      const excepted = loaded(rule.path, copy, exceptions);
      const hides = events.length === 0 ? undefined : await hidden(excepted, written, { events, copy, now }, out);
      mkdirSync(dirname(path), { recursive: true });
      // In one step: a function's build that runs meanwhile sees all of it, or none.
      writeFileSync(`${path}.new`, written.text);
      renameSync(`${path}.new`, path);
      if (given.options["json"] === true)
        out.print(inertJson({ path, item_id: written.itemId, entries: entries.map(asJson), ...hides }));
      else tell(path, written, hides, out);
      warnOfUnknown(excepted, written, out);
      warnIfIdle(excepted, written, { finding, now }, out);
      return EXIT.fine;
    } finally {
      folder.remove();
    }
  },
};

/** What every exception must have, so that somebody takes it away again. */
function kept(given: Given): Pick<Wanted, "now" | "until" | "owner" | "reason"> {
  const [until, owner, reason] = (["until", "owner", "reason"] as const).map((name) => {
    const text = textOf(given, name);
    if (text === undefined || text.trim() === "") {
      throw new UsageError(`--${name} is missing: an exception says until when it holds, whose it is, and why`);
    }
    return text;
  }) as [string, string, string];
  const now = Date.now();
  const time = parseDate(until, true);
  if (time === undefined) throw new UsageError(`--until is a time such as 2026-12-31, and not "${until}"`);
  if (time < now) throw new UsageError(`--until ${until} is over: the exception would hide nothing`);
  return { now, until: time, owner, reason };
}

interface Target {
  readonly detector: Detector;
  readonly finding: JsonObject | undefined;
}

async function targetOf(
  target: string,
  rules: string | undefined,
  events: readonly string[],
  out: Out,
): Promise<Target> {
  if (FINDING_ID.test(target)) {
    if (events.length === 0)
      throw new UsageError(`${target} is a finding's id: --events names what a replay finds it in`);
    const ruleFiles = rulePaths(rules);
    const finding = await findingOf(target, ruleFiles, events, out);
    return { detector: ruleOf(finding, detectorsOf(ruleFiles)), finding };
  }
  if (target === "-" || (existsSync(target) && !target.endsWith(".toml"))) {
    const finding = await findingIn(target);
    return { detector: ruleOf(finding, detectorsOf(rulePaths(rules))), finding };
  }
  return { detector: namedRule(target, rules, out, "the rule").detector, finding: undefined };
}

async function findingOf(
  id: string,
  ruleFiles: readonly string[],
  events: readonly string[],
  out: Out,
): Promise<JsonObject> {
  let body: string | undefined;
  await replay(readInput(events, { onProblem: inputWarnings(out).onProblem }), {
    settings: { ruleFiles, now: Date.now() },
    workers: 0,
    onFinding(finding) {
      if (body === undefined && (JSON.parse(finding.body) as JsonObject)["kibana.alert.uuid"] === id)
        body = finding.body;
    },
  });
  if (body === undefined) throw new UsageError(`a replay of these events makes no finding ${id}`);
  return parseExact(body) as JsonObject;
}

/** The combination that was new. */
function wishesOf({ rule }: Detector, finding: JsonObject | undefined): Wish[] {
  const fields = rule.new_terms.value;
  const example = fields.map((field) => `${field}=VALUE`).join(" ");
  if (finding === undefined) throw new UsageError(`a rule alone would be hidden whole: name fields, as in ${example}`);
  const terms = finding["kibana.alert.new_terms"];
  if (!Array.isArray(terms) || terms.length !== fields.length) {
    throw new UsageError(`the finding has no value for each of ${fields.join(", ")}: name fields, as in ${example}`);
  }
  if (Object.hasOwn(finding, "new_terms_stream.long_terms")) {
    throw new UsageError(`the finding has the beginning of a long value only: name fields, as in ${example}`);
  }
  return fields.map((field, index) => {
    const term = (terms as readonly JsonObject[string][])[index] ?? null;
    if (term === null || !isLeaf(term)) throw new UsageError(`the finding's ${field} is no single value`);
    return { field, values: [leafText(term)] };
  });
}

function asJson({ field, values }: Wish): JsonObject {
  const [value = "", ...more] = values;
  return { field, value: more.length === 0 ? value : values };
}

/** A field that is named twice has to be any of its values: it can hardly be all of them. */
function wishesIn(pairs: readonly string[]): Wish[] {
  const wishes = new Map<string, Set<string>>();
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at < 1 || at === pair.length - 1) throw new UsageError(`"${pair}" is not of the form FIELD=VALUE`);
    const field = pair.slice(0, at);
    wishes.set(field, (wishes.get(field) ?? new Set()).add(pair.slice(at + 1)));
  }
  return [...wishes].map(([field, values]) => ({ field, values: [...values] }));
}

function writtenTo(path: string, wanted: Wanted): Written {
  try {
    return withException(existsSync(path) ? readFileSync(path, "utf8") : undefined, wanted);
  } catch (error) {
    throw new UsageError(`${path}: ${error instanceof Error ? error.message : error}`);
  }
}

/** The rule with the exceptions of the copy. @throws UsageError in which the copy goes by the folder's own name */
function loaded(rulePath: string, copy: string, folder: string): Detector {
  try {
    const [detector] = detectorsOf([rulePath], copy);
    if (detector !== undefined) return detector;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`nothing was written: ${error.message.replaceAll(copy, folder)}`);
  }
  throw new UsageError(`${rulePath}: there is no rule in it`);
}

interface Hides {
  /** Events that match the rule, and that the exception hides. */
  readonly matches: number;
  readonly findings: readonly Diff["changes"][number][];
}

async function hidden(
  { rule }: Detector,
  { itemId }: Written,
  { events, copy, now }: { readonly events: readonly string[]; readonly copy: string; readonly now: number },
  out: Out,
): Promise<Hides> {
  let onProblem = inputWarnings(out).onProblem;
  const blocks = () => {
    const read = readInput(events, { onProblem });
    onProblem = () => {}; // told once, and read twice
    return read;
  };
  const before = { ruleFiles: [rule.path], now };
  const { result, changes } = await diff(blocks, before, { ...before, exceptions: copy }, () => () => "the exception");
  const own = result.rules[0]?.exceptions.find((exception) => exception.itemId === itemId);
  return { matches: own?.excepted ?? 0, findings: changes };
}

function tell(path: string, { added }: Written, hides: Hides | undefined, out: Out): void {
  out.print(`wrote ${path}:\n`);
  out.print(inertLines(added));
  if (hides === undefined) return;
  const { matches, findings } = hides;
  const gone = findings.filter(({ kind }) => kind === "removed");
  out.print(
    `over these events it hides ${counted(matches, "match", "matches")}, and takes away ${counted(gone.length, "finding", "findings")}`,
  );
  for (const { at, terms } of gone.slice(0, SHOWN)) {
    out.print(`  - ${at.slice(0, 16)}Z  ${terms.map((term) => inert(term, TERM)).join("  ")}`);
  }
  if (gone.length > SHOWN) out.print(`  and ${gone.length - SHOWN} more`);
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Fields that are probably misspelt. */
function warnOfUnknown({ rule, exceptions }: Detector, { itemId }: Written, out: Out): void {
  const own = exceptions.find(({ item }) => item.itemId === itemId);
  for (const { name, advice } of own === undefined ? [] : unknownFieldsOf(own, rule))
    out.warn(`no known mapping has the field ${inert(name, TERM)}: it holds only of events that have it${advice}`);
}

/** An exception that does not hide the finding it was written for. */
function warnIfIdle(
  { exceptions }: Detector,
  { itemId }: Written,
  { finding, now }: { readonly finding: JsonObject | undefined; readonly now: number },
  out: Out,
): void {
  const own = exceptions.find(({ item }) => item.itemId === itemId);
  if (finding === undefined || own === undefined || own.holds(finding, now)) return;
  const idle = own.clauses.filter(({ holds }) => !holds(finding)).map(({ text }) => inert(text, TERM));
  out.warn(`the exception does not hold of this finding: ${idle.join("; ")}`);
}
