import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Detector } from "../../rule/detector.ts";
import { exceptionsBeside, readExceptions } from "../../rule/exceptions/folder.ts";
import { loadRule } from "../../rule/load.ts";
import { RuleError } from "../../rule/rule.ts";
import { InputError } from "../../workbench/input/input-error.ts";
import { ScenarioError } from "../../workbench/scenario/place.ts";
import { readSuite, TEST_ENDING } from "../../workbench/scenario/read-suite.ts";
import type { Suite } from "../../workbench/scenario/scenario.ts";
import { MAX_LENGTH, TOO_LONG } from "../../workbench/scenario/yaml-file.ts";

/** A test file with its rule, ready to run. */
export interface Loaded {
  readonly suite: Suite;
  readonly detector: Detector;
  readonly ruleText: string;
}

/** A test file or a rule that is wrong. */
export interface Refused {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/**
 * The test files of paths: files as they are named, and of folders each `*.test.yaml`.
 * @throws InputError
 */
export function testFiles(paths: readonly string[]): string[] {
  return [...new Set(paths.flatMap((path) => (isFolder(path) ? filesOf(path) : [path])))];
}

function filesOf(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(TEST_ENDING));
  return names.sort().map((name) => join(folder, name));
}

function isFolder(path: string): boolean {
  return orInputError(path, () => statSync(path).isDirectory());
}

/** @throws InputError where the file or its rule cannot be read */
export function loadSuite(path: string, rules: string | undefined): Loaded | Refused {
  // Three bytes of UTF-8 a unit at most: what is longer in any case is not read to be told so.
  const isTooLong = orInputError(path, () => statSync(path).size > 3 * MAX_LENGTH);
  if (isTooLong) return { path, line: 1, column: 1, message: TOO_LONG };
  const text = orInputError(path, () => readFileSync(path, "utf8"));
  try {
    const suite = readSuite(path, text, rules);
    const ruleText = orInputError(`${path}: its rule ${suite.rule}`, () => readFileSync(suite.rule, "utf8"));
    const exceptions = readExceptions(exceptionsBeside(dirname(suite.rule)));
    if (exceptions.errors[0] !== undefined) throw exceptions.errors[0];
    return { suite, ruleText, detector: loadRule(suite.rule, ruleText, { exceptions }) };
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof ScenarioError) return { path, ...error.place, message: error.reason };
    if (error instanceof RuleError) {
      const { line, column } = error;
      return { path: error.path, line, column, message: message.slice(`${error.path}:${line}:${column}: `.length) };
    }
    throw error;
  }
}

function orInputError<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new InputError(`${what} cannot be read: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}
