import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { rulePaths } from "./rule-paths.ts";
import { UsageError } from "./verb.ts";

/**
 * The rules before an edit: those of another file or folder, or what git has of these.
 * @param path the rule file, or the folder of rules, as it is now
 * @param against a file, a folder, or a name of git's
 * @param into an empty folder for copies of what git has
 * @throws UsageError
 */
export function rulesBefore(path: string, against: string, into: string): string[] {
  if (!existsSync(path)) throw new UsageError(`${path}: there is no such rule file or folder`);
  if (existsSync(against)) return rulePaths(against);
  // Git would take it for an option.
  if (against.startsWith("-")) throw new UsageError(`--against "${against}" is no file and no name of git's`);
  const isFolder = statSync(path).isDirectory();
  const folder = isFolder ? path : dirname(path);
  const git = (...args: readonly string[]) => {
    try {
      return execFileSync("git", args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"], maxBuffer: MOST_BYTES });
    } catch (error) {
      const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
      throw new UsageError(`--against "${against}" is no file, and git says: ${said}`);
    }
  };
  const names = isFolder
    ? String(git("ls-tree", "-z", "--name-only", against, "./"))
        .split("\0")
        .filter((name) => name.endsWith(".toml"))
    : [basename(path)];
  mkdirSync(into, { recursive: true });
  for (const name of names) writeFileSync(join(into, basename(name)), git("show", `${against}:./${basename(name)}`));
  return rulePaths(into);
}

const MOST_BYTES = 64 * 1024 * 1024;
