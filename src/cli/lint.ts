import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Mapping } from "../ecs/mapping.ts";
import { placeOf } from "../kql/syntax-error.ts";
import { advise, type ReadField, type ReadPattern, type Warning } from "../rule/advice.ts";
import type { Detector } from "../rule/detector.ts";
import { typesFor } from "../rule/detector.ts";
import { loadRuleFiles } from "../rule/load.ts";

const INDENT = " ".repeat(9);

/**
 * Loads rules as the functions do, and prints a line for each: `ok`, or `refused` with the place and the reason. Under
 * `ok` stand warnings, the fields that the rule reads with their types, and which of them agents do not send.
 * @param paths rule files, and folders of them
 * @returns the exit code: 1 if a rule was refused, 2 if there is nothing to look at
 */
export function lint(paths: readonly string[], print: (line: string) => void): number {
  let files: string[];
  try {
    files = paths.flatMap(ruleFiles);
  } catch (error) {
    print(error instanceof Error ? error.message : String(error));
    return 2;
  }
  if (files.length === 0) {
    print(`no rule files (*.toml) in ${paths.join(", ")}`);
    return 2;
  }
  const { detectors, errors } = loadRuleFiles(files);
  const refused = new Map(errors.map((error) => [error.path, error]));
  const running = new Map(detectors.map((detector) => [detector.rule.path, detector]));
  let warned = 0;
  for (const file of files) {
    const detector = running.get(file);
    if (detector === undefined) print(`refused  ${refused.get(file)?.message}`);
    else {
      print(`ok       ${file}`);
      warned += explain(detector, (line) => print(`${INDENT}${line}`));
    }
  }
  print("from and interval are kept and not used: a stream is looked at as it comes, not in runs");
  print(`${detectors.length} ok, ${errors.length} refused, ${warned} with warnings`);
  return errors.length === 0 ? 0 : 1;
}

/** @returns 1 where there is a warning, else 0 */
function explain({ rule }: Detector, print: (line: string) => void): number {
  const { warnings, fields, patterns } = advise(rule, typesFor(rule.index));
  const text = readFileSync(rule.path, "utf8");
  for (const warning of warnings) print(`warning  ${placed(warning, text, rule.query)}`);
  print(`reads    ${fields.map(({ name, mapping }) => `${name} (${typeName(mapping)})`).join(", ")}`);
  for (const pattern of patterns) print(`pattern  ${meaning(pattern)}`);
  const { min_stack_version: minStack } = rule.metadata;
  if (minStack !== undefined) print(`note     Elastic ships it from version ${minStack} on`);
  for (const [reason, names] of byReason(fields)) print(`absent   ${names.join(", ")}: ${reason}`);
  return warnings.length === 0 ? 0 : 1;
}

const SHOWN_FIELDS = 8;

function meaning({ name, mapped }: ReadPattern): string {
  const shown = mapped.slice(0, SHOWN_FIELDS).join(", ");
  const more = mapped.length > SHOWN_FIELDS ? ` and ${mapped.length - SHOWN_FIELDS} more` : "";
  const known = mapped.length === 0 ? "no mapped field" : `${shown}${more}`;
  return `${name}: ${known}, and whatever other name of an event fits`;
}

function placed({ offset, message }: Warning, text: string, query: string): string {
  const start = text.indexOf(query);
  if (offset === undefined || start < 0) return message;
  const { line, column } = placeOf(text, start + offset);
  return `${line}:${column} ${message}`;
}

function typeName({ type, dynamic, flattenedIn, nestedIn, normalizer }: Mapping): string {
  if (dynamic === true) return "keyword, assumed";
  const words = [
    normalizer ?? [],
    type,
    flattenedIn === undefined ? [] : "key",
    nestedIn === undefined ? [] : "in nested",
  ];
  return words.flat().join(" ");
}

function byReason(fields: readonly ReadField[]): Map<string, string[]> {
  const reasons = new Map<string, string[]>();
  for (const { name, absentAtEdge } of fields) {
    if (absentAtEdge !== undefined) reasons.set(absentAtEdge, [...(reasons.get(absentAtEdge) ?? []), name]);
  }
  return reasons;
}

function ruleFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => name.endsWith(".toml"))
    .sort()
    .map((name) => join(path, name));
}
