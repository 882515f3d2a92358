// The `firstsight` command: `npm run -s firstsight -- <verb> ...`.
import { conformance } from "./conformance.ts";
import { lint } from "./lint.ts";
import { redrive } from "./redrive.ts";

const USAGE = `usage: firstsight <verb> ...

  lint RULES...               load rule files, or folders of them, and say which can run and why not
  conformance FILE.jsonl...   hold the engine against case files
  redrive FILE...             put quarantined documents and failed batches through again, with the functions' variables`;

type Verb = (paths: readonly string[], print: (line: string) => void) => number | Promise<number>;

const VERBS: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  ["lint", (paths, print) => lint.run({ paths, options: {} }, { print, warn: print })],
  ["conformance", conformance],
  ["redrive", redrive],
]);

const [name = "", ...paths] = process.argv.slice(2);
const verb = VERBS.get(name);
if (verb === undefined || paths.length === 0) {
  const isHelp = name === "" || name === "--help" || name === "-h" || name === "help";
  console.error(verb === undefined && !isHelp ? `firstsight: no verb "${name}"\n\n${USAGE}` : USAGE);
  process.exitCode = isHelp ? 0 : 2;
} else {
  process.exitCode = await verb(paths, (line) => console.log(line));
}
