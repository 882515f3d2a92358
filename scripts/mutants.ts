// Breaks each promise on purpose, one at a time, in a copy of the sources, and shows that a test notices:
// `npm run mutants`, or `npm run mutants -- WORD` for those whose name or file holds it. Exit code 1 where a mutant lives, or where the line it changes is not there any more.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MUTANTS } from "./mutant-list.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const copy = mkdtempSync(join(tmpdir(), "firstsight-mutants-"));
const [word = ""] = process.argv.slice(2);
const chosen = MUTANTS.filter(({ name, file }) => name.includes(word) || file.includes(word));
let alive = 0;
try {
  for (const part of [
    ...["src", "test", "scripts", "rules", "canary", "config", "docs", "events", "infra"],
    ...["serverless.yml", "package.json", "tsconfig.json"],
  ]) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  for (const { name, file, from, to, test } of chosen) {
    const path = join(copy, file);
    const source = readFileSync(path, "utf8");
    const isThere = source.split(from).length === 2;
    writeFileSync(
      path,
      source.replace(from, () => to),
    );
    const run = () => spawnSync(process.execPath, ["--test", test], { cwd: copy, timeout: 240_000 });
    // A test that hangs has a null status, and has not noticed anything.
    const isKilled = isThere && run().status === 1;
    writeFileSync(path, source);
    if (!isKilled) alive++;
    console.log(`${isKilled ? "killed" : isThere ? "ALIVE " : "GONE  "}  ${name.padEnd(40)} ${test}`);
  }
} finally {
  rmSync(copy, { recursive: true });
}
console.log(`${chosen.length - alive} killed, ${alive} alive`);
process.exitCode = alive === 0 ? 0 : 1;
