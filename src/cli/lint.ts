import { statSync } from "node:fs";
import { inertJson, inertLines } from "../finding/inert.ts";
import { type Check, checkRuleFiles } from "../rule/advice/check.ts";
import { isExceptionsFolder } from "../rule/exceptions/folder.ts";
import { loadRuleFiles, ruleFilesIn } from "../rule/load.ts";
import { historiesOf, type RuleHistory } from "./lint/history.ts";
import { jsonReport } from "./lint/json.ts";
import { sarifReport } from "./lint/sarif.ts";
import { ruleLines } from "./lint/text.ts";
import { totalLine, totalsOf } from "./lint/totals.ts";
import { EXIT, type Given, type Out, textOf, UsageError, type Verb } from "./verb.ts";

/** `firstsight lint`: exit 1 if a rule was refused; a UsageError if there is nothing to look at. */
export const lint: Verb = {
  name: "lint",
  summary: "load rule files, or folders of them, and say which can run, why not, and what looks like a mistake",
  takes: "RULES...",
  options: {
    quiet: { type: "boolean", short: "q", help: "only what is wrong, and the total" },
    json: { type: "boolean", help: "one JSON document: the same as --format json" },
    stage: { type: "string", value: "NAME", help: "also what the history of a deployed stage has of each rule" },
    format: { type: "string", value: "FORMAT", help: "text, json or sarif (2.1.0, for code hosts); default text" },
  },
  examples: [
    ["lint rules", "every rule of the folder"],
    ["lint --quiet rules my-rule.toml", "only what is wrong with them"],
    ["lint --stage prod my-rule.toml", "also whether the edit makes it learn anew"],
    ["lint --format sarif rules > lint.sarif", "for a code host to show beside the lines"],
  ],
  run(given, out) {
    const format = formatOf(given);
    const files = filesOf(given.paths);
    const checks = checkRuleFiles(files, Date.now());
    if (textOf(given, "stage") === undefined) return report(checks, { format, given, out });
    if (format === "sarif") throw new UsageError("SARIF has no place for what --stage tells");
    const rules = loadRuleFiles(files).detectors.map(({ rule }) => rule);
    return historiesOf(given, rules).then((histories) => report(checks, { format, given, out, histories }));
  },
};

interface Reporting {
  readonly format: Format;
  readonly given: Given;
  readonly out: Out;
  /** By the rule's file. */
  readonly histories?: ReadonlyMap<string, RuleHistory>;
}

function report(checks: readonly Check[], { format, given, out, histories }: Reporting): number {
  const totals = totalsOf(checks);
  if (format === "json") out.print(inertJson(jsonReport(checks, histories)));
  else if (format === "sarif") out.print(inertJson(sarifReport(checks)));
  else {
    const isQuiet = given.options["quiet"] === true;
    for (const check of checks) {
      for (const line of ruleLines(check, isQuiet, histories?.get(check.path))) out.print(inertLines(line));
    }
    if (!isQuiet) out.print(SCHEDULE_NOTE);
    out.print(totalLine(totals));
  }
  return totals.refused === 0 ? EXIT.fine : EXIT.against;
}

const SCHEDULE_NOTE = "from and interval are kept and not used: a stream is looked at as it comes, not in runs";

type Format = "text" | "json" | "sarif";

function formatOf(given: Given): Format {
  const isJson = given.options["json"] === true;
  const format = textOf(given, "format") ?? (isJson ? "json" : "text");
  if (format !== "text" && format !== "json" && format !== "sarif") {
    throw new UsageError(`--format is text, json or sarif, and not ${format}`);
  }
  if (isJson && format !== "json") throw new UsageError(`--json and --format ${format} are two formats`);
  return format;
}

/** The rule files that the paths name. @throws UsageError where there are none */
function filesOf(paths: readonly string[]): string[] {
  const files = [...new Set(paths.flatMap(ruleFiles))];
  if (files.length === 0) throw new UsageError(`no rule files (*.toml) in ${paths.join(", ")}`);
  return files;
}

function ruleFiles(path: string): string[] {
  if (isExceptionsFolder(path)) {
    throw new UsageError(`${path} holds exceptions, which are looked at with their rules: lint the rules beside it`);
  }
  try {
    return statSync(path).isDirectory() ? ruleFilesIn(path) : [path];
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}
