import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { command } from "../../src/cli/command.ts";
import { diff } from "../../src/cli/diff.ts";
import { replay } from "../../src/cli/replay.ts";
import { diff as compared } from "../../src/workbench/diff.ts";
import { readInput } from "../../src/workbench/input/input.ts";
import { SHIPPED_RULE } from "../support/rules.ts";

const folder = mkdtempSync(join(tmpdir(), "firstsight-diff-"));
after(() => rmSync(folder, { recursive: true }));
const shipped = readFileSync(SHIPPED_RULE, "utf8");
const MONTH = fileURLToPath(new URL("../../events/month.ndjson", import.meta.url));

function rule(name: string, ...changes: readonly (readonly [string, string])[]): string {
  const path = join(folder, name);
  const text = changes.reduce((all, [from, to]) => {
    assert.ok(all.includes(from), from);
    return all.replace(from, () => to);
  }, shipped);
  writeFileSync(path, text);
  return path;
}

async function run(...args: readonly string[]) {
  const printed: string[] = [];
  const warned: string[] = [];
  const out = { print: (line: string) => printed.push(line), warn: (line: string) => warned.push(line) };
  const code = await command([diff], ["diff", ...args], out);
  return { code, printed: printed.join("\n"), warned: warned.join("\n") };
}

test("an edit that changes nothing is fine", async () => {
  const { code, printed } = await run(rule("same.toml"), "--against", SHIPPED_RULE, MONTH);
  assert.equal(code, 0);
  assert.equal(printed, "6 findings before, 6 after: 0 added, 0 removed, 0 moved");
});

test("a clause that goes takes its findings along, and is named with its place and the event's value", async () => {
  const edited = rule("curl.toml", ['"curl" or', '"curl2" or']);
  const { code, printed } = await run(edited, "--against", SHIPPED_RULE, MONTH);
  assert.equal(code, 1);
  assert.match(printed, /6 findings before, 1 after: 0 added, 5 removed, 0 moved/);
  assert.match(
    printed,
    /\n5 × {2}\d+:\d+ {2}process\.name:.*must hold.*process\.name = "curl"\n {2}- 2026-10-21 03:00Z {2}h-0 {2}\/usr\/bin\/curl {2}\(.*month\.ndjson:1\)\n/,
  );
  const back = await run(SHIPPED_RULE, "--against", edited, "--json", MONTH);
  assert.equal(JSON.parse(back.printed).changes.filter(({ kind }: { kind: string }) => kind === "added").length, 5);
});

test("a longer window, other fields, and an event that only one version matches: each is the cause that is told", async () => {
  const longer = await run(rule("window.toml", ["now-7d", "now-14d"]), "--against", SHIPPED_RULE, MONTH);
  assert.match(longer.printed, /0 added, 2 removed/);
  assert.match(longer.printed, /the window: the combination was still known/);
  const fields = await run(
    rule("fields.toml", ['"host.id", "process.executable"', '"host.id"']),
    "--against",
    SHIPPED_RULE,
    MONTH,
  );
  assert.match(fields.printed, /new_terms fields: host\.id/);
  // Without the first sighting the second one is found, later.
  const first =
    readFileSync(MONTH, "utf8")
      .split("\n")
      .find((line) => line.includes("curl")) ?? "";
  const { "@timestamp": _, ...event } = JSON.parse(first);
  const lines = [
    { ...event, "@timestamp": "2026-10-01T00:00:00Z", user: { name: "root" } },
    { ...event, "@timestamp": "2026-10-02T00:00:00Z", user: { name: "web" } },
  ];
  const events = join(folder, "two.ndjson");
  writeFileSync(events, lines.map((line) => JSON.stringify(line)).join("\n"));
  const moved = await run(
    rule("user.toml", ["event.category:", "not user.name:root and event.category:"]),
    "--against",
    SHIPPED_RULE,
    events,
  );
  assert.match(moved.printed, /~ 2026-10-01 00:00Z to 2026-10-02 00:00Z/);
  assert.match(moved.printed, /user\.name/);
});

test("against what git has of a rule; a name that git does not know is said", async () => {
  const own = join(folder, "repository");
  const git = (...args: readonly string[]) =>
    execFileSync("git", ["-c", "user.name=x", "-c", "user.email=x@example.org", ...args], {
      cwd: own,
      stdio: "ignore",
    });
  execFileSync("git", ["init", "-q", own]);
  writeFileSync(join(own, "mine.toml"), shipped);
  git("add", ".");
  git("commit", "-q", "-m", "a rule");
  writeFileSync(join(own, "mine.toml"), shipped.replace('"curl" or', '"curl2" or'));
  assert.match((await run(join(own, "mine.toml"), MONTH)).printed, /5 removed/);
  const unknown = await run(join(own, "mine.toml"), "--against", "nobranch", MONTH);
  assert.equal(unknown.code, 2);
  assert.match(unknown.warned, /git says/);
  assert.equal((await run(join(own, "mine.toml"), "--against=--output=x", MONTH)).code, 2);

  // One that git does not have yet, and one that is gone.
  const fresh = join(own, "fresh.toml");
  writeFileSync(fresh, shipped);
  const added = await run(fresh, MONTH);
  assert.equal(added.code, 1);
  assert.match(added.printed, /^0 findings before, 6 after: 6 added, 0 removed, 0 moved\n6 × {2}the rule is new\n/);
  assert.match(
    (await run(fresh, "--against", "nobranch", MONTH)).warned,
    /git says/,
    "an unknown name is none of this",
  );
  rmSync(join(own, "mine.toml"));
  const removed = await run(join(own, "mine.toml"), MONTH);
  assert.equal(removed.code, 1);
  assert.match(removed.printed, /^6 findings before, 0 after: 0 added, 6 removed, 0 moved\n6 × {2}the rule is gone\n/);
  for (const path of [join(own, "never.toml"), join(own, "no/such.toml")]) {
    const neither = await run(path, MONTH);
    assert.equal(neither.code, 2);
    assert.match(neither.warned, /there is no such rule file/);
  }
  // A folder that git does not have: all of it is new.
  mkdirSync(join(own, "more"));
  writeFileSync(join(own, "more/mine.toml"), shipped);
  const printed: string[] = [];
  const out = { print: (line: string) => printed.push(line), warn: () => undefined };
  const args = ["replay", "--json", "--rules", join(own, "more"), "--against", "HEAD", "--workers", "0", MONTH];
  assert.equal(await command([replay], args, out), 0);
  assert.deepEqual(JSON.parse(printed.join("")).against, [
    { ruleId: "ad02da2f-443d-454c-a12e-d9e6c65831ff", added: 6, removed: 0 },
  ]);
});

test("in markdown nothing of an event's is markup", async () => {
  const first = readFileSync(MONTH, "utf8").split("\n")[0] ?? "";
  const event = JSON.parse(first);
  event.host.id = "<img src=x> | [a](http://b) @all `x` **b**\n# c";
  const events = join(folder, "hostile.ndjson");
  writeFileSync(events, JSON.stringify(event));
  const { printed } = await run(
    rule("none.toml", ['"curl" or', '"curl2" or']),
    "--against",
    SHIPPED_RULE,
    "--markdown",
    events,
  );
  const row = printed.split("\n").find((line) => line.startsWith("| removed")) ?? "";
  assert.equal(row.split("|").length, 6);
  for (const markup of ["<img", "[a]", "](", "@all", "`x`", "**b**", "http:"]) assert.ok(!row.includes(markup), markup);
});

test("many causes are summed up, the most frequent first; a rule is made ready once for all its changes", async () => {
  const first = JSON.parse(readFileSync(MONTH, "utf8").split("\n")[0] ?? "");
  const lines = Array.from({ length: 40 }, (_, index) => {
    const name = index < 20 ? "sh" : `x${index}`;
    return JSON.stringify({ ...first, host: { ...first.host, id: `many-${index}` }, user: { name } });
  });
  const events = join(folder, "many.ndjson");
  writeFileSync(events, lines.join("\n"));
  const edited = rule("users.toml", ["event.category:", "user.name:nobody and event.category:"]);
  const { printed } = await run(edited, "--against", SHIPPED_RULE, events);
  const [headline, heading, ...rest] = printed.split("\n");
  assert.equal(headline, "40 findings before, 0 after: 0 added, 40 removed, 0 moved");
  assert.match(heading ?? "", /^20 × .*user\.name = "sh"$/);
  assert.equal(rest[10], "    and 10 more");
  assert.equal(rest.at(-1), "and 11 more, of 11 other causes; --json has all");

  const settings = (path: string) => ({ ruleFiles: [path], now: 0 });
  let made = 0;
  const { changes } = await compared(
    () => readInput([events], { onProblem: () => assert.fail() }),
    settings(SHIPPED_RULE),
    settings(edited),
    () => {
      made++;
      return () => "x";
    },
  );
  assert.equal(changes.length, 40);
  assert.ok(made <= 2, `${made}`);
});
