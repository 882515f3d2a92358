import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

// The command as somebody has it who installs the packed tarball.

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "firstsight-packed-"));
after(() => rmSync(folder, { recursive: true }));

execFileSync("npm", ["pack", "--pack-destination", folder], { cwd: root, stdio: "ignore" });
const [tarball = ""] = readdirSync(folder);
execFileSync("tar", ["-xzf", tarball], { cwd: folder });
// In place of what npm would install beside it.
symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
const packed = join(folder, "package");

function run(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(packed, "dist/cli/firstsight.mjs"), ...args], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"] },
  });
  return { status, stdout, stderr };
}

test("it says which it is, and what it can", () => {
  assert.match(run("--version").stdout, /^firstsight \d/);
  assert.match(run("--help").stdout, /replay FILES/);
});

test("it replays in threads of its own", () => {
  const events = join(root, "events/month.ndjson");
  const { status, stdout, stderr } = run(
    "replay",
    "--rules",
    join(packed, "rules"),
    "--workers",
    "2",
    "--json",
    events,
  );
  assert.equal(status, 0, stderr);
  assert.equal(JSON.parse(stdout).findings, 6);
});

test("nothing of the tests, the bench or the sources is in it", () => {
  assert.deepEqual(readdirSync(packed).sort(), ["LICENSE", "README.md", "dist", "docs", "package.json", "rules"]);
});
