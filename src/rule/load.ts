import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type * as z from "zod/mini";
import { KqlCompileError } from "../kql/compile.ts";
import { caretBlock, KqlSyntaxError, placeOf, visibleOffset } from "../kql/syntax-error.ts";
import { isCanary } from "./canary.ts";
import { type Detector, type DetectorOptions, detector } from "./detector.ts";
import { type Exceptions, exceptionsBeside, NO_EXCEPTIONS, readExceptions } from "./exceptions/folder.ts";
import { type KeyPath, placesIn, queryStart } from "./places.ts";
import { type Refusal, type RefusalCode, type Rule, RuleError, RuleFieldError } from "./rule.ts";
import { DECIDING_KEYS, type RuleFile, ruleFile } from "./schema.ts";
import { editDistance } from "./spelling.ts";
import { readTable, type Table } from "./toml.ts";
import { beforeNow } from "./window.ts";

/** What a folder of rule files gives: the rules that run, those that are switched off, and a reason for each other. */
export interface LoadedRules {
  readonly detectors: readonly Detector[];
  /** Files with `enabled = false`: not run, and no error whatever else is in them. */
  readonly disabled: readonly string[];
  /** Of rules, and of exceptions: a broken file of these is one, too, since what it would hide is not known. */
  readonly errors: readonly RuleError[];
  /** The folders of exceptions beside the rules. */
  readonly exceptions: readonly Exceptions[];
}

export interface LoadOptions extends DetectorOptions {
  /** The folder of exceptions; by default the one named `exceptions` beside the rules' own. */
  readonly exceptions?: string;
}

type WithExceptions = DetectorOptions & { readonly exceptions: Exceptions };

/**
 * Loads each `*.toml` of a folder with its exceptions, in the order of their names. Two rules with one id are an error of
 * the second, and so is the canary's id.
 */
export function loadRules(folder: string, options: LoadOptions = {}): LoadedRules {
  return loadRuleFiles(ruleFilesIn(folder), options);
}

/** The rule files of a folder, in the order of their names. */
export function ruleFilesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".toml"))
    .sort()
    .map((name) => join(folder, name));
}

export function loadRuleFiles(paths: readonly string[], options: LoadOptions = {}): LoadedRules {
  const detectors = new Map<string, Detector>();
  const disabled: string[] = [];
  const errors: RuleError[] = [];
  const folders = new Map<string, Exceptions>();
  const exceptionsOf = (path: string): Exceptions => {
    const folder = options.exceptions ?? exceptionsBeside(dirname(path));
    const read = folders.get(folder) ?? readExceptions(folder);
    folders.set(folder, read);
    return read;
  };
  for (const path of paths) {
    const exceptions = exceptionsOf(path);
    const text = readFileSync(path, "utf8");
    try {
      const table = readTable(path, text);
      if (isDisabled(table)) {
        disabled.push(path);
        continue;
      }
      const loaded = loadTable(path, text, table, { ...options, exceptions });
      const twin = isCanary(loaded.rule) ? "canary/canary.toml" : detectors.get(loaded.rule.rule_id)?.rule.path;
      if (twin !== undefined) {
        const reason = `rule_id ${loaded.rule.rule_id} is also ${twin}'s`;
        const place = placesIn(text).placeOf(["rule", "rule_id"]);
        throw new RuleError(path, [{ code: "duplicate-id", ...place, reason }]);
      }
      detectors.set(loaded.rule.rule_id, loaded);
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      errors.push(error);
    }
  }
  const read = [...folders.values()];
  const all = distinct([...errors, ...read.flatMap((folder) => folder.errors)]);
  return { detectors: [...detectors.values()], disabled, errors: all, exceptions: read };
}

/** Rules that share a broken exception fail by one reason. */
function distinct(errors: readonly RuleError[]): RuleError[] {
  return [...new Map(errors.map((error) => [error.message, error])).values()];
}

/** A rule that its file switches off: the one place that says so, for the functions, the build and lint alike. */
function isDisabled(table: Table): boolean {
  const { rule } = table;
  return isTable(rule) && rule["enabled"] === false;
}

/**
 * Reads one rule file and makes it runnable, enabled or not.
 * @param path named in errors, not read
 * @throws RuleError with line, column and reason where the rule cannot be run exactly as Elastic would
 */
export function loadRule(path: string, text: string, options: Partial<WithExceptions> = {}): Detector {
  return loadTable(path, text, readTable(path, text), { exceptions: NO_EXCEPTIONS, ...options });
}

function loadTable(path: string, text: string, table: Table, { exceptions, ...options }: WithExceptions): Detector {
  const faults = keyFaults(table);
  const checked = ruleFile.safeParse(table);
  if (!checked.success) {
    const issues = checked.error.issues.filter((issue) => !isForKibanaForm(issue, table));
    throw refused(path, text, [...faults, ...issues.map(issueFault)], checked.error);
  }
  const rule = ruleOf(path, checked.data);
  faults.push(...rule.faults);
  const { items, missing } = exceptions.itemsOf(rule.rule);
  for (const index of missing) {
    const { list_id, namespace_type } = rule.rule.exceptions_list?.[index] ?? {};
    const where = exceptions.folder === "" ? "exceptions/" : exceptions.folder;
    const reason = `the list ${list_id} (${namespace_type}) is in no file of ${where}: export it from Kibana, or take it out`;
    faults.push(fault("setting", ["rule", "exceptions_list", index], reason));
  }
  try {
    const made = detector(rule.rule, options, items);
    if (faults.length === 0) return made;
  } catch (error) {
    if (error instanceof RuleFieldError) {
      throw refused(path, text, [...faults, fault("setting", ["rule", error.key], error.message)], error);
    }
    if (!(error instanceof KqlSyntaxError || error instanceof KqlCompileError)) throw error;
    const { refusals } = refused(path, text, faults);
    throw new RuleError(path, [...refusals, queryRefusal(text, rule.rule.query, error)], error);
  }
  throw refused(path, text, faults);
}

/** What is wrong with a key. */
interface Fault {
  readonly code: RefusalCode;
  readonly key: KeyPath;
  readonly reason: string;
}

function fault(code: RefusalCode, key: KeyPath, reason: string): Fault {
  return { code, key, reason };
}

function refused(path: string, text: string, faults: readonly Fault[], cause?: unknown): RuleError {
  const places = placesIn(text);
  const refusals = faults.map(({ code, key, reason }) => ({ code, ...places.placeOf(key), reason }));
  return new RuleError(path, refusals, cause);
}

function queryRefusal(text: string, query: string, error: KqlSyntaxError | KqlCompileError): Refusal {
  const code = error instanceof KqlSyntaxError ? "query-syntax" : "query";
  const places = placesIn(text);
  const start = queryStart(text, query, places);
  // A query with TOML escapes in it does not stand in the file as it reads: then the place is its key's.
  if (start === undefined) return { code, ...places.placeOf(["rule", "query"]), reason: error.message };
  const caret = error instanceof KqlCompileError ? `\n${caretBlock(query, error.offset)}` : "";
  const place = placeOf(text, start + visibleOffset(query, error.offset));
  return { code, ...place, reason: `query: ${error.message}${caret}` };
}

/** Keys that would be passed over, and that their author meant to change what the rule finds. */
function keyFaults({ rule, ...others }: Table): Fault[] {
  if (!isTable(rule)) {
    const [flat] = KIBANA_KEYS.filter((key) => Object.hasOwn(others, key));
    return flat === undefined ? [] : [fault("kibana-form", [flat], KIBANA_FORM)];
  }
  return Object.keys(rule).flatMap((key) => {
    if (KIBANA_KEYS.includes(key)) return [fault("kibana-form", ["rule", key], KIBANA_FORM)];
    if (DECIDING_KEYS.some((known) => known === key)) return [];
    const meant = DECIDING_KEYS.find((known) => editDistance(key, known, 2) <= (known.length < 8 ? 1 : 2));
    return meant === undefined
      ? []
      : [fault("unknown-key", ["rule", key], `unknown key ${key}: did you mean ${meant}?`)];
  });
}

/** As a rule has them in Kibana's API and exports, and not in a rule file. */
const KIBANA_KEYS = ["new_terms_fields", "history_window_start"];

const KIBANA_FORM =
  'this is how Kibana\'s API writes it; a rule file has [rule.new_terms] with field = "new_terms_fields" and ' +
  'value = ["host.id"], and [[rule.new_terms.history_window_start]] with field = "history_window_start" and ' +
  'value = "now-7d"';

/** What is missing only because Kibana writes it otherwise. */
function isForKibanaForm({ path }: z.core.$ZodIssue, { rule, ...others }: Table): boolean {
  const isFlat = (table: Table) => KIBANA_KEYS.some((key) => Object.hasOwn(table, key));
  return isTable(rule) ? path.join(".") === "rule.new_terms" && isFlat(rule) : path.length === 1 && isFlat(others);
}

function issueFault({ path, message }: z.core.$ZodIssue): Fault {
  const key = path.map((part) => (typeof part === "number" ? part : String(part)));
  return fault("schema", key, `${key.join(".")}: ${message}`);
}

function ruleOf(
  path: string,
  { metadata, rule }: RuleFile,
): { readonly rule: Rule; readonly faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const refuse = (key: KeyPath, reason: string): number => {
    faults.push(fault("setting", ["rule", ...key], reason));
    return Number.NaN; // which compares with nothing
  };
  const [start] = rule.new_terms.history_window_start;
  const startKey = ["new_terms", "history_window_start", 0, "value"];
  const windowMs =
    beforeNow(start.value) ?? refuse(startKey, `"${start.value}" is not of the form now-7d (s, m, h, d or w)`);
  const lookbackMs =
    beforeNow(rule.from) ?? refuse(["from"], `"${rule.from}" is not of the form now-9m (s, m, h, d or w)`);
  if (windowMs <= lookbackMs) refuse(startKey, `${start.value} does not reach farther back than from = ${rule.from}`);
  return { rule: { ...rule, path, version: metadata.updated_date ?? "", windowMs, metadata }, faults };
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
