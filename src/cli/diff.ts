import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { stripVTControlCharacters, styleText } from "node:util";
import { inert, inertJson } from "../finding/inert.ts";
import type { Detector } from "../rule/detector.ts";
import { type Change, diff as compared, type Diff } from "../workbench/diff.ts";
import { ruleExplainer, stampOf } from "../workbench/explain.ts";
import { readInput } from "../workbench/input/input.ts";
import { oneEvent } from "../workbench/one-event.ts";
import { scratch } from "../workbench/scratch.ts";
import { detectorsOf } from "./detectors.ts";
import { changeText } from "./explanation-lines.ts";
import { inputWarnings } from "./input-warnings.ts";
import { refuseStreams } from "./paths.ts";
import { type RulesBefore, rulesBefore } from "./rules-before.ts";
import { EXIT, textOf, UsageError, type Verb } from "./verb.ts";

/** Rows of a table. */
const SHOWN = 50;
/** Of a text: causes, and changes of each. */
const MOST_CAUSES = 10;
const MOST_ROWS = 10;
const TEXT = 120;

export const diff: Verb = {
  name: "diff",
  summary:
    "what an edit of a rule, or of its exceptions, changes over recorded events: findings added, removed, and moved in time",
  takes: "RULE.toml FILES|FOLDERS...",
  options: {
    against: {
      type: "string",
      value: "GIT_REF|FILE|FOLDER",
      help: "before the edit: a file, what git has of rule and exceptions, or a folder of exceptions; by default HEAD",
    },
    markdown: { type: "boolean", help: "as a table for a pull request" },
    json: { type: "boolean", help: "one JSON document" },
  },
  examples: [
    ["diff rules/mine.toml exports/", "against what is committed"],
    ["diff rules/mine.toml --against main --markdown exports/", "for a pull request"],
  ],

  async run(given, out) {
    const [rule = "", ...paths] = given.paths;
    if (paths.length === 0) throw new UsageError("it takes a rule and events: RULE.toml FILES...");
    const { json, markdown: isMarkdown } = given.options;
    if (json === true && isMarkdown === true) throw new UsageError("--json or --markdown: say one of them");
    refuseStreams(paths);
    const warnings = inputWarnings(out);
    const folder = scratch();
    try {
      const before = rulesBefore(rule, textOf(given, "against") ?? "HEAD", folder.path);
      if (before.ruleFiles.length > 1) {
        throw new UsageError("--against names a folder: replay --against compares folders");
      }
      const after: RulesBefore = { ruleFiles: existsSync(rule) ? [rule] : [] };
      for (const { ruleFiles, exceptions } of [after, before]) {
        if (ruleFiles.length > 0) detectorsOf(ruleFiles, exceptions);
      }
      const now = Date.now();
      // Problems of the input are told once, and read twice.
      let isFirst = true;
      const events = () => {
        const onProblem = isFirst ? warnings.onProblem : () => {};
        isFirst = false;
        return readInput(paths, { onProblem });
      };
      const settings = (rules: RulesBefore) => (rules.ruleFiles.length === 0 ? undefined : { ...rules, now });
      const { result: read, ...result } = await compared(events, settings(before), settings(after), culpritOf);
      const code = warnings.exitOf(read);
      if (code !== EXIT.fine) return code;
      if (json === true) out.print(inertJson(result));
      else out.print(isMarkdown === true ? markdown(result, rule) : text(result));
      return result.changes.length === 0 ? EXIT.fine : EXIT.against;
    } finally {
      folder.remove();
    }
  },
};

const MOST_CHANGES = 3;

/** Which clauses are in the way of an event, each with its place and the event's values; nothing where none is. */
function culpritOf(detector: Detector): (line: string) => string {
  const explain = ruleExplainer(detector, readFileSync(detector.rule.path, "utf8"));
  return (line) => {
    const found = oneEvent(Buffer.from(line));
    if (found.kind !== "event") return found.reason;
    const explanation = explain(found.event, stampOf(found.event, 0).at);
    const { nearest } = explanation;
    const told = nearest
      .slice(0, MOST_CHANGES)
      .map((change) => stripVTControlCharacters(changeText(change, explanation)));
    return [...told, ...(nearest.length > MOST_CHANGES ? [`${nearest.length - MOST_CHANGES} more`] : [])].join("; ");
  };
}

type Told = Omit<Diff, "result">;

/** By cause, the most frequent first: an edit of one clause has thousands of changes and few causes. */
function text({ before, after, changes }: Told): string {
  const causes = [...Map.groupBy(changes, ({ cause }) => cause)].sort(([, a], [, b]) => b.length - a.length);
  const lines = causes.slice(0, MOST_CAUSES).flatMap(([cause, some]) => {
    const rows = some.slice(0, MOST_ROWS).map(row);
    const left = some.length - rows.length;
    return [`${some.length} ×  ${inert(cause, 2 * TEXT)}`, ...rows, ...(left > 0 ? [`    and ${left} more`] : [])];
  });
  const left = causes.slice(MOST_CAUSES);
  const count = left.reduce((sum, [, some]) => sum + some.length, 0);
  return [
    headline(before, after, changes),
    ...lines,
    ...(count > 0 ? [`and ${count} more, of ${left.length} other causes; --json has all`] : []),
  ].join("\n");
}

function row(change: Change): string {
  const { kind, terms, source, line } = change;
  const mark = kind === "added" ? styleText("green", "+") : kind === "removed" ? styleText("red", "-") : "~";
  const combination = terms.map((term) => inert(term, TEXT)).join("  ");
  return `  ${mark} ${times(change)}  ${combination}  (${inert(source, TEXT)}:${line})`;
}

function markdown({ before, after, changes }: Told, rule: string): string {
  const rows = changes.slice(0, SHOWN).map((change) => {
    const cells = [change.kind, times(change), change.terms.join(", "), change.cause];
    return `| ${cells.map(cell).join(" | ")} |`;
  });
  const table = rows.length === 0 ? [] : ["", "| | time | combination | because of |", "|---|---|---|---|", ...rows];
  return [`**${cell(basename(rule))}**: ${headline(before, after, changes)}`, ...table, ...more(changes)].join("\n");
}

const MARKDOWN = new Set("\\`*_{}[]()<>#+-!|~&@:");

/** Text as it is, in a cell: nothing in it is markup, a mention or a link. */
function cell(value: string): string {
  return [...inert(value, TEXT)]
    .map((character) => (MARKDOWN.has(character) ? `&#${character.codePointAt(0)};` : character))
    .join("");
}

function times({ at, was }: Change): string {
  const short = (time: string) => `${time.slice(0, 16).replace("T", " ")}Z`;
  return was === undefined ? short(at) : `${short(was)} to ${short(at)}`;
}

function headline(before: number, after: number, changes: readonly Change[]): string {
  const count = (kind: Change["kind"]) => changes.filter((change) => change.kind === kind).length;
  return `${before} findings before, ${after} after: ${count("added")} added, ${count("removed")} removed, ${count("moved")} moved`;
}

function more(changes: readonly Change[]): string[] {
  return changes.length > SHOWN ? ["", `and ${changes.length - SHOWN} more`] : [];
}
