// Renders the forms of docs/formats.md anew: `node scripts/formats-page.ts`.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { command } from "../src/cli/command.ts";
import { VERBS } from "../src/cli/verbs.ts";

const PAGE = fileURLToPath(new URL("../docs/formats.md", import.meta.url));
const COMMAND = "    npm run -s firstsight -- ";
/** So much of an EventBridge entry's detail is on the page, which is the finding itself. */
const DETAIL_LENGTH = 100;

/** The page with what each of its commands prints now in the place of what it printed then. */
export async function renderedPage(page: string): Promise<string> {
  const lines: string[] = [];
  let isOutput = false;
  for (const line of page.split("\n")) {
    if (line.startsWith(COMMAND)) {
      lines.push(line, "", ...(await outputOf(line.slice(COMMAND.length))), "");
      isOutput = true;
    } else if (!isOutput || line.startsWith("#")) {
      lines.push(line);
      isOutput = false;
    }
  }
  return lines.join("\n");
}

/** What a command line prints, as a block; JSON as `jq` shows it, or `jq '{some, of, its, keys}'`. */
async function outputOf(text: string): Promise<string[]> {
  const [line = "", filter = ""] = text.split(" | ");
  const keys = /^jq '\{(.*)\}'$/.exec(filter)?.[1]?.split(", ");
  const printed: string[] = [];
  await command(VERBS, line.split(" "), { print: (each) => printed.push(each), warn: (each) => printed.push(each) });
  const output = printed.join("\n");
  const shown = filter.startsWith("jq") ? JSON.stringify(picked(JSON.parse(output) as object, keys), cut, 2) : output;
  return shown
    .trimEnd()
    .split("\n")
    .map((each) => `    ${each}`.trimEnd());
}

function picked(value: object, keys: readonly string[] | undefined): object {
  return keys === undefined ? value : Object.fromEntries(keys.map((key) => [key, Reflect.get(value, key)]));
}

function cut(key: string, value: unknown): unknown {
  return key === "Detail" ? `${String(value).slice(0, DETAIL_LENGTH)}…` : value;
}

if (import.meta.main) writeFileSync(PAGE, await renderedPage(readFileSync(PAGE, "utf8")));
