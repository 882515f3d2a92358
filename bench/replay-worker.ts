// A replay in a process of its own, or JSON.parse of each line: bench/replay.ts starts it.
import { readFileSync } from "node:fs";
import { command } from "../src/cli/command.ts";
import { VERBS } from "../src/cli/verbs.ts";
import { readInput } from "../src/workbench/input/input.ts";

const [kind, ...rest] = process.argv.slice(2);
const before = performance.now();
let found = 0;

if (kind === "replay") {
  let text = "";
  await command(VERBS, ["replay", "--json", ...rest], { print: (line) => (text += line), warn: console.error });
  found = (JSON.parse(text) as { readonly findings: number }).findings;
} else {
  for await (const { bytes } of readInput(rest, { onProblem: () => {} })) {
    for (const line of bytes.toString().split("\n")) if (line !== "" && JSON.parse(line) !== null) found++;
  }
}

const seconds = (performance.now() - before) / 1000;
// Of a process that was forked the operating system's own number counts its parent.
const [, kilobytes = ""] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
process.send?.({ seconds, found, megabytes: Number(kilobytes) / 1024 });
