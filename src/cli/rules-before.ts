import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { rulePaths } from "./rule-paths.ts";
import { UsageError } from "./verb.ts";

/**
 * The rules before an edit: those of another file or folder, or what git has of these; none where all are new.
 * @param path the rule file, or the folder of rules, as it is now. Of a file that is gone git may have what it was
 * @param against a file, a folder, or a name of git's
 * @param into an empty folder for copies of what git has
 * @throws UsageError
 */
export function rulesBefore(path: string, against: string, into: string): string[] {
  const isThere = existsSync(path);
  const missing = new UsageError(`${path}: there is no such rule file or folder`);
  if (!isThere && (existsSync(against) || !existsSync(dirname(path)))) throw missing;
  if (existsSync(against)) return rulePaths(against);
  // Git would take it for an option.
  if (against.startsWith("-")) throw new UsageError(`--against "${against}" is no file and no name of git's`);
  const isFolder = isThere && statSync(path).isDirectory();
  const folder = isFolder ? path : dirname(path);
  const git = (...args: readonly string[]) => {
    try {
      return execFileSync("git", args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"], maxBuffer: MOST_BYTES });
    } catch (error) {
      const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
      throw new UsageError(`--against "${against}" is no file, and git says: ${said}`);
    }
  };
  const names = String(git("ls-tree", "-z", "--name-only", against, isFolder ? "./" : `./${basename(path)}`))
    .split("\0")
    .filter((name) => name.endsWith(isFolder ? ".toml" : basename(path)));
  if (!isThere && names.length === 0) throw missing;
  mkdirSync(into, { recursive: true });
  return names.map((name) => {
    const copy = join(into, basename(name));
    writeFileSync(copy, git("show", `${against}:./${basename(name)}`));
    return copy;
  });
}

const MOST_BYTES = 64 * 1024 * 1024;
