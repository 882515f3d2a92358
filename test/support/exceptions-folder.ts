import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A folder of its own with files by their paths, such as `rules/r.toml`, for as long as `use` takes. */
export async function withFiles<T>(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => T | Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "firstsight-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file of exceptions with one list, given to a rule; what is added is of its first item. */
export function exceptionsToml(item: string, { ruleId = "r", list = "l" } = {}): string {
  return `[metadata]
rule_ids = ["${ruleId}"]

[[exceptions]]
[exceptions.container]
list_id = "${list}"
name = "L"

[[exceptions.items]]
${item}
`;
}

/** An entry of the item above. */
export function entryToml(field: string, type: string, more: string): string {
  return `[[exceptions.items.entries]]
field = "${field}"
operator = "included"
type = "${type}"
${more}`;
}
