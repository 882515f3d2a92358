import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "./verb.ts";

/**
 * The rule files that an option names: a file, or all of a folder.
 * @throws UsageError where there are none
 */
export function rulePaths(path = "rules"): string[] {
  let files: string[];
  try {
    files = statSync(path).isDirectory()
      ? readdirSync(path)
          .filter((name) => name.endsWith(".toml"))
          .sort()
          .map((name) => join(path, name))
      : [path];
  } catch (error) {
    throw new UsageError(
      `${path}: ${error instanceof Error ? error.message : error}; --rules names a rule or a folder`,
    );
  }
  if (files.length === 0) throw new UsageError(`no rule files (*.toml) in ${path}; --rules names a rule or a folder`);
  return files;
}
