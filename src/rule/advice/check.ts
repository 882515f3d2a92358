import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "../../kql/parse.ts";
import { KqlSyntaxError, placeOf } from "../../kql/syntax-error.ts";
import { type Detector, typesFor } from "../detector.ts";
import { type Exceptions, exceptionFilesIn, exceptionsBeside } from "../exceptions/folder.ts";
import { loadRule, loadRuleFiles, ruleFilesIn } from "../load.ts";
import { type Place, placesIn, queryStart } from "../places.ts";
import { type RefusalCode, RuleError } from "../rule.ts";
import { ruleFile } from "../schema.ts";
import { readTable } from "../toml.ts";
import { type Advice, advise, queryWarnings } from "./advice.ts";
import { exceptionWarnings } from "./exceptions.ts";
import { keyWarnings } from "./keys.ts";
import type { Warning, WarningCode } from "./warning.ts";

/** Something wrong with a rule file, and where. Line and column are 1-based, the column in UTF-16 units. */
interface Problem extends Place {
  /** `error` where the rule cannot be run because of it. */
  readonly severity: "error" | "warning";
  readonly code: RefusalCode | WarningCode;
  /** One line. */
  readonly message: string;
}

/** What is to be said of one rule file, or of one file of exceptions. */
export interface Check {
  readonly of: "rule" | "exceptions";
  readonly path: string;
  /** `disabled`: its file has `enabled = false`, so it is not run. */
  readonly status: "ok" | "refused" | "disabled";
  readonly ruleId: string | undefined;
  readonly name: string | undefined;
  readonly problems: readonly Problem[];
  /** Of a refused rule: the reasons with their places, and the query's line. */
  readonly refusal: string | undefined;
  /** Of a rule that could be run. */
  readonly advice: Advice | undefined;
  readonly minStackVersion: string | undefined;
  /** Why the prefilter must let every record through, with its place, where it must. */
  readonly prefilterGap: string | undefined;
}

/**
 * Loads rule files as the functions do, and looks at what they say, and at the exceptions beside them.
 * @param now epoch ms: what has expired by then is told of
 */
export function checkRuleFiles(paths: readonly string[], now: number): Check[] {
  const { detectors, disabled, errors, exceptions: folders } = loadRuleFiles(paths);
  const running = new Map(detectors.map((detector) => [detector.rule.path, detector]));
  const refused = new Map(errors.map((error) => [error.path, error]));
  const off = new Set(disabled);
  const ofRules = paths.map((path) => {
    const text = readFileSync(path, "utf8");
    const exceptions = folders.find(({ folder }) => folder === exceptionsBeside(dirname(path)));
    const loaded = running.get(path) ?? refused.get(path) ?? tryLoad(path, text, exceptions);
    return check(path, text, loaded, off.has(path));
  });
  const files = new Set(paths);
  const ofExceptions = errors.filter(({ path }) => !files.has(path));
  return [...ofRules, ...folders.flatMap((folder) => checkExceptions(folder, paths, detectors, ofExceptions, now))];
}

function tryLoad(path: string, text: string, exceptions: Exceptions | undefined): Detector | RuleError {
  try {
    return loadRule(path, text, exceptions === undefined ? {} : { exceptions });
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    if (error.path === path) return error;
    const reason = `an exception of the rule cannot be applied: ${oneLine(error.message)}`;
    return new RuleError(path, [{ code: "exception", ...placesIn(text).placeOf(["rule"]), reason }], error);
  }
}

/** What is to be said of the exceptions in a folder, by file. */
function checkExceptions(
  exceptions: Exceptions,
  paths: readonly string[],
  detectors: readonly Detector[],
  errors: readonly RuleError[],
  now: number,
): Check[] {
  const files = exceptionFilesIn(exceptions.folder);
  const own = errors.filter(({ path }) => path.startsWith(join(exceptions.folder, "/")));
  const folders = new Set(
    paths.map((path) => dirname(path)).filter((folder) => exceptionsBeside(folder) === exceptions.folder),
  );
  const rules = files.length === 0 ? [] : [...folders].flatMap(ruleFilesIn).flatMap(ruleNames);
  return [...new Set([...files, ...own.map(({ path }) => path)])].map((path) => {
    const refusals = own.filter((error) => error.path === path);
    const read = exceptions.files.find((file) => file.path === path);
    const warnings = read === undefined ? [] : exceptionWarnings(read, exceptions, { detectors, rules, now });
    return {
      of: "exceptions",
      ...{ path, ruleId: undefined, name: undefined, advice: undefined },
      ...{ minStackVersion: undefined, prefilterGap: undefined },
      status: refusals.length === 0 ? "ok" : "refused",
      problems: [
        ...refusals
          .flatMap((error) => error.refusals)
          .map(
            ({ code, line, column, reason }): Problem => ({
              severity: "error",
              code,
              message: oneLine(reason),
              line,
              column,
            }),
          ),
        ...warnings
          .slice(0, MAX_WARNINGS)
          .map(({ message, ...each }): Problem => ({ severity: "warning", ...each, message: oneLine(message) })),
      ],
      refusal: refusals.length === 0 ? undefined : refusals.map(({ message }) => message).join("\n"),
    };
  });
}

/** A rule of the folder by what exceptions are found by, whether it runs or not; none where it is no rule. */
function ruleNames(path: string): Pick<Detector["rule"], "rule_id" | "exceptions_list">[] {
  const table = tableOf(path, readFileSync(path, "utf8"));
  const checked = ruleFile.safeParse(table);
  return checked.success ? [checked.data.rule] : [];
}

function check(path: string, text: string, loaded: Detector | RuleError, isDisabled: boolean): Check {
  const table = tableOf(path, text);
  const head = { of: "rule" as const, path, ruleId: textAt(table, "rule_id"), name: textAt(table, "name") };
  const query = textAt(table, "query") ?? "";
  // Without a table there is no key to look for.
  const place = table === undefined ? () => ({ line: 1, column: 1 }) : placer(text, query);
  const toProblem = ({ code, at, message }: Warning): Problem => {
    return { severity: "warning", code, message: oneLine(message), ...place(at) };
  };
  const ofKeys = table === undefined ? [] : keyWarnings(table);

  if (loaded instanceof RuleError) {
    const errors = loaded.refusals.map(({ code, line, column, reason }): Problem => {
      if (!isDisabled) return { severity: "error", code, message: oneLine(reason), line, column };
      const message = `could not run if it were enabled: ${oneLine(reason)}`;
      return { severity: "warning", code: "when-enabled", message, line, column };
    });
    const isSaid = ({ line, column, code }: Problem) =>
      errors.some(
        (each) => each.line === line && each.column === column && (each.code === code || each.code === "kibana-form"),
      );
    const others = atMost([...ofKeys, ...hintsOf(query)])
      .map(toProblem)
      .filter((problem) => !isSaid(problem));
    const status = isDisabled ? "disabled" : "refused";
    const refusal = isDisabled ? undefined : loaded.message;
    const problems = [...errors, ...others];
    return {
      ...head,
      status,
      problems,
      refusal,
      advice: undefined,
      minStackVersion: undefined,
      prefilterGap: undefined,
    };
  }

  const { rule } = loaded;
  const advice = advise(rule, typesFor(rule.index));
  const gap = advice.prefilterGap;
  const { line, column } = place(gap?.at);
  return {
    ...head,
    status: isDisabled ? "disabled" : "ok",
    problems: atMost([...ofKeys, ...advice.warnings]).map(toProblem),
    refusal: undefined,
    advice,
    minStackVersion: rule.metadata.min_stack_version,
    prefilterGap: gap === undefined ? undefined : `${line}:${column} ${gap.reason}`,
  };
}

function tableOf(path: string, text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return readTable(path, text);
  } catch (error) {
    if (error instanceof RuleError) return undefined;
    throw error;
  }
}

function textAt(table: Readonly<Record<string, unknown>> | undefined, key: string): string | undefined {
  const rule = table?.["rule"];
  if (typeof rule !== "object" || rule === null || !Object.hasOwn(rule, key)) return undefined;
  const value: unknown = Reflect.get(rule, key);
  return typeof value === "string" ? value : undefined;
}

/** Where a warning stands in the file. */
function placer(text: string, query: string): (at: Warning["at"]) => Place {
  const places = placesIn(text);
  const start = queryStart(text, query, places);
  return (at) => {
    if (at === undefined) return places.placeOf(["rule"]);
    if (typeof at !== "number") return places.placeOf(at);
    // What stands before the first word of a query is nothing to point at.
    const offset = Math.max(at, query.length - query.trimStart().length);
    return start === undefined ? places.placeOf(["rule", "query"]) : placeOf(text, start + offset);
  };
}

/** What looks odd in a query, whether its rule runs or not. */
function hintsOf(query: string): Warning[] {
  try {
    return queryWarnings(parse(query));
  } catch (error) {
    if (error instanceof KqlSyntaxError) return [];
    throw error;
  }
}

/** Warnings listed of one rule. */
const MAX_WARNINGS = 200;

function atMost(warnings: readonly Warning[]): readonly Warning[] {
  const more = warnings.length - MAX_WARNINGS;
  if (more <= 0) return warnings;
  return [...warnings.slice(0, MAX_WARNINGS), { code: "more-warnings", message: `and ${more} warnings more` }];
}

function oneLine(message: string): string {
  return message.split("\n", 1)[0] ?? "";
}
