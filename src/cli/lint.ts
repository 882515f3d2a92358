import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { loadRuleFiles } from "../rule/load.ts";

/**
 * Loads rules as the functions do, and prints a line for each: `ok`, or `refused` with the place and the reason.
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
  for (const file of files) {
    const error = refused.get(file);
    print(error === undefined ? `ok       ${file}` : `refused  ${error.message}`);
  }
  print(`${detectors.length} ok, ${errors.length} refused`);
  return errors.length === 0 ? 0 : 1;
}

function ruleFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => name.endsWith(".toml"))
    .sort()
    .map((name) => join(path, name));
}
