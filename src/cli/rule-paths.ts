import { statSync } from "node:fs";
import { ruleFilesIn } from "../rule/load.ts";
import { UsageError } from "./verb.ts";

/**
 * The rule files that an option names: a file, or all of a folder.
 * @throws UsageError where there are none
 */
export function rulePaths(path = "rules"): string[] {
  let files: string[];
  try {
    files = statSync(path).isDirectory() ? ruleFilesIn(path) : [path];
  } catch (error) {
    throw new UsageError(
      `${path}: ${error instanceof Error ? error.message : error}; --rules names a rule or a folder`,
    );
  }
  if (files.length === 0) throw new UsageError(`no rule files (*.toml) in ${path}; --rules names a rule or a folder`);
  return files;
}
