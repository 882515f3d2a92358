import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { relative } from "node:path";
import { exceptionFilesIn, exceptionsBeside, valueListFilesIn } from "./exceptions/folder.ts";
import { ruleFilesIn } from "./load.ts";

/**
 * What tells one set of rules from another: SHA-256, in hex, of the rule files of a folder, and of the exceptions and value
 * lists beside it, each by its name and its bytes, in the order of their names. Switched-off rules are part of it: a switch
 * is an edit too.
 * @throws of the system, where the folder or a file cannot be read; Error where one of them is no file
 */
export function rulesDigest(folder: string): string {
  const hash = createHash("sha256");
  const exceptions = exceptionsBeside(folder);
  for (const path of [...ruleFilesIn(folder), ...exceptionFilesIn(exceptions), ...valueListFilesIn(exceptions)]) {
    // A pipe would be waited for, and a device read without end.
    if (!statSync(path).isFile()) throw new Error(`${path} is no file`);
    const name = Buffer.from(relative(folder, path));
    // Each part behind its length, so that no file can pass for a name and the beginning of another.
    for (const part of [name, readFileSync(path)]) hash.update(`${part.length}:`).update(part);
  }
  return hash.digest("hex");
}
