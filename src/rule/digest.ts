import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { ruleFilesIn } from "./load.ts";

/**
 * What tells one set of rules from another: SHA-256, in hex, of the rule files of a folder, each by its name and its
 * bytes, in the order of their names. Switched-off rules are part of it: a switch is an edit too.
 * @throws of the system, where the folder or a file cannot be read
 */
export function rulesDigest(folder: string): string {
  const hash = createHash("sha256");
  for (const path of ruleFilesIn(folder)) {
    // Each part behind its length, so that no file can pass for a name and the beginning of another.
    for (const part of [Buffer.from(basename(path)), readFileSync(path)]) hash.update(`${part.length}:`).update(part);
  }
  return hash.digest("hex");
}
