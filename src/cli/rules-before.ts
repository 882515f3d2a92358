import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { exceptionsBeside, isExceptionsFolder } from "../rule/exceptions/folder.ts";
import type { ObserverSettings } from "../workbench/observer.ts";
import { rulePaths } from "./rule-paths.ts";
import { UsageError } from "./verb.ts";

export type RulesBefore = Pick<ObserverSettings, "ruleFiles" | "exceptions">;

/**
 * The rules before an edit, with their exceptions: those of another file or folder, what git has of these, or these rules
 * with another folder of exceptions. No rules where all are new.
 * @param path the rule file, or the folder of rules, as it is now. Of a file that is gone git may have what it was
 * @param against a file, a folder of rules or of exceptions, or a name of git's
 * @param into an empty folder for copies of what git has
 * @throws UsageError
 */
export function rulesBefore(path: string, against: string, into: string): RulesBefore {
  const isThere = existsSync(path);
  const missing = new UsageError(`${path}: there is no such rule file or folder`);
  if (!isThere && (existsSync(against) || !existsSync(dirname(path)))) throw missing;
  const isFolder = isThere && statSync(path).isDirectory();
  const folder = isFolder ? path : dirname(path);
  if (existsSync(against)) {
    if (isExceptionsFolder(against)) return { ruleFiles: rulePaths(path), exceptions: against };
    // A copy of a rule by itself brings no exceptions, and none of its own are meant to be gone.
    const own = exceptionsBeside(statSync(against).isDirectory() ? against : dirname(against));
    return { ruleFiles: rulePaths(against), exceptions: existsSync(own) ? own : exceptionsBeside(folder) };
  }
  // Git would take it for an option.
  if (against.startsWith("-")) throw new UsageError(`--against "${against}" is no file and no name of git's`);
  const git = (...args: readonly string[]) => {
    try {
      return execFileSync("git", args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"], maxBuffer: MOST_BYTES });
    } catch (error) {
      const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
      throw new UsageError(`--against "${against}" is no file, and git says: ${said}`);
    }
  };
  /** The names of what git has at a place: of a folder, which ends with a slash, what is in it. */
  const names = (place: string) =>
    String(git("ls-tree", "-z", "--name-only", against, place))
      .split("\0")
      .filter((name) => name !== "")
      .map((name) => basename(name));
  const copy = (name: string, place: string, to: string): string => {
    mkdirSync(to, { recursive: true });
    const path = join(to, name);
    writeFileSync(path, git("show", `${against}:${place}${name}`));
    return path;
  };
  const wanted = isFolder ? names("./").filter((name) => name.endsWith(".toml")) : names(`./${basename(path)}`);
  if (!isThere && wanted.length === 0) throw missing;
  const ruleFiles = wanted.map((name) => copy(name, "./", join(into, "rules")));
  const exceptions = join(into, "exceptions");
  // Beside the repository itself there is nothing that git has.
  const isRoot = String(git("rev-parse", "--show-prefix")).trim() === "";
  const places = [
    ["../exceptions/", exceptions, /\.(toml|ndjson)$/],
    ["../exceptions/lists/", join(exceptions, "lists"), /\.txt$/],
  ] as const;
  for (const [place, to, ending] of isRoot ? [] : places) {
    for (const name of names(place).filter((each) => ending.test(each))) copy(name, place, to);
  }
  return { ruleFiles, exceptions };
}

const MOST_BYTES = 64 * 1024 * 1024;
