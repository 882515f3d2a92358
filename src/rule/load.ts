import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse as parseToml, TomlError } from "smol-toml";
import { KqlCompileError } from "../kql/compile.ts";
import { caretBlock, KqlSyntaxError, placeOf, visibleOffset } from "../kql/syntax-error.ts";
import { type Detector, type DetectorOptions, detector } from "./detector.ts";
import { type Rule, RuleError, RuleFieldError } from "./rule.ts";
import { type RuleFile, ruleFile, UNSUPPORTED_FIELDS } from "./schema.ts";
import { beforeNow } from "./window.ts";

/** What a folder of rule files gives: the rules that run, and a reason for each that does not. */
export interface LoadedRules {
  readonly detectors: readonly Detector[];
  readonly errors: readonly RuleError[];
}

/** Loads each `*.toml` of a folder, in the order of their names. Two rules with one id are an error of the second. */
export function loadRules(folder: string, options: DetectorOptions = {}): LoadedRules {
  const paths = readdirSync(folder)
    .filter((name) => name.endsWith(".toml"))
    .sort()
    .map((name) => join(folder, name));
  return loadRuleFiles(paths, options);
}

export function loadRuleFiles(paths: readonly string[], options: DetectorOptions = {}): LoadedRules {
  const detectors = new Map<string, Detector>();
  const errors: RuleError[] = [];
  for (const path of paths) {
    try {
      const loaded = loadRule(path, readFileSync(path, "utf8"), options);
      const twin = detectors.get(loaded.rule.rule_id);
      if (twin !== undefined) {
        throw new RuleError(path, { line: 1, column: 1 }, `rule_id ${loaded.rule.rule_id} is also ${twin.rule.path}'s`);
      }
      detectors.set(loaded.rule.rule_id, loaded);
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      errors.push(error);
    }
  }
  return { detectors: [...detectors.values()], errors };
}

/**
 * Reads one rule file and makes it runnable.
 * @param path named in errors, not read
 * @throws RuleError with line, column and reason where the rule cannot be run exactly as Elastic would
 */
export function loadRule(path: string, text: string, options: DetectorOptions = {}): Detector {
  const rule = readRule(path, text);
  try {
    return detector(rule, options);
  } catch (error) {
    if (error instanceof RuleFieldError) throw new RuleError(path, keyPlace(text, error.key), error.message, error);
    if (!(error instanceof KqlSyntaxError || error instanceof KqlCompileError)) throw error;
    const start = text.indexOf(rule.query);
    // A query with TOML escapes in it does not stand in the file as it reads: then the place is its key's.
    if (start < 0) throw new RuleError(path, keyPlace(text, "query"), error.message, error);
    const caret = error instanceof KqlCompileError ? `\n${caretBlock(rule.query, error.offset)}` : "";
    throw new RuleError(
      path,
      placeOf(text, start + visibleOffset(rule.query, error.offset)),
      `query: ${error.message}${caret}`,
      error,
    );
  }
}

function readRule(path: string, text: string): Rule {
  const { metadata, rule } = validate(path, text);
  const refuse = (key: string, reason: string): never => {
    throw new RuleError(path, keyPlace(text, key), reason);
  };
  for (const key of UNSUPPORTED_FIELDS) {
    const value = rule[key];
    if (value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0)) {
      refuse(key, `${key} is not supported, and the rule would mean something else without it`);
    }
  }
  const [start] = rule.new_terms.history_window_start;
  const windowMs =
    beforeNow(start.value) ??
    refuse("history_window_start", `"${start.value}" is not of the form now-7d (s, m, h, d or w)`);
  const lookbackMs =
    beforeNow(rule.from) ?? refuse("from", `"${rule.from}" is not of the form now-9m (s, m, h, d or w)`);
  if (windowMs <= lookbackMs) {
    refuse("history_window_start", `${start.value} does not reach farther back than from = ${rule.from}`);
  }
  return { ...rule, path, version: metadata.updated_date ?? "", windowMs, metadata };
}

function validate(path: string, text: string): RuleFile {
  let table: unknown;
  try {
    table = parseToml(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new RuleError(path, error, error.message, error);
  }
  const checked = ruleFile.safeParse(table);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const where = (issue?.path ?? []).map(String);
  // An array's element is found by the key of its array.
  const key = where.findLast((part) => Number.isNaN(Number(part))) ?? "";
  throw new RuleError(path, keyPlace(text, key), `${where.join(".")}: ${issue?.message ?? "invalid"}`, checked.error);
}

/** Where a key is set, or a table of that name opens; the file's start where neither is. */
function keyPlace(text: string, key: string): { line: number; column: number } {
  const lines = text.split("\n");
  const sets = (line: string) => line.startsWith(key) && line.slice(key.length).trimStart().startsWith("=");
  const opens = (line: string) => line.startsWith("[") && (line.includes(`.${key}]`) || line.includes(`[${key}]`));
  const index = lines.findIndex((line) => key !== "" && (sets(line.trimStart()) || opens(line.trimStart())));
  const line = lines[index] ?? "";
  return { line: Math.max(index, 0) + 1, column: line.length - line.trimStart().length + 1 };
}
