import { statSync } from "node:fs";
import { dirname } from "node:path";
import { UsageError } from "./verb.ts";

/** @throws UsageError where input is to be read more than once and cannot be, as standard input and pipes cannot */
export function refuseStreams(paths: readonly string[]): void {
  for (const path of paths) {
    const stat = path === "-" ? undefined : statSync(path, { throwIfNoEntry: false });
    if (path === "-" || (stat !== undefined && !stat.isFile() && !stat.isDirectory())) {
      throw new UsageError(`${path} can be read once, and here it is read twice: name files or folders`);
    }
  }
}

/**
 * A file that is to be written in the end: better refused before the work than after it.
 * @throws UsageError
 */
export function refuseUnwritable(path: string | undefined): void {
  if (path === undefined) return;
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) throw new UsageError(`${path} is a folder`);
  if (statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UsageError(`${path} cannot be written: there is no folder ${dirname(path)}`);
  }
}
