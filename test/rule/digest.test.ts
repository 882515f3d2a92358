import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { rulesDigest } from "../../src/rule/digest.ts";

const folder = mkdtempSync(join(tmpdir(), "firstsight-digest-"));
after(() => rmSync(folder, { recursive: true }));

test("the same names and bytes are the same set, whatever else lies beside them and wherever it is", () => {
  const [here, there] = [join(folder, "here"), join(folder, "there")];
  for (const [place, names] of [
    [here, ["a.toml", "b.toml"]],
    [there, ["b.toml", "a.toml"]],
  ] as const) {
    mkdirSync(place);
    for (const name of names) writeFileSync(join(place, name), `of ${name}`);
  }
  writeFileSync(join(there, "README.md"), "not a rule");
  const digest = rulesDigest(here);
  assert.match(digest, /^[0-9a-f]{64}$/);
  assert.equal(rulesDigest(there), digest);
});

test("exceptions beside the rules are part of the set, value lists included, and no other file there is", () => {
  const [rules, exceptions] = [join(folder, "deployed/rules"), join(folder, "deployed/exceptions")];
  mkdirSync(rules, { recursive: true });
  writeFileSync(join(rules, "a.toml"), "a rule");
  const seen = [rulesDigest(rules)];
  mkdirSync(join(exceptions, "lists"), { recursive: true });
  assert.equal(rulesDigest(rules), seen[0], "none, as without a folder");
  const written: readonly (readonly [string, string])[] = [
    ["a.toml", "an exception"],
    ["a.toml", "another"],
    ["b.ndjson", "an exception"],
    ["lists/tools.txt", "curl"],
    ["lists/tools.txt", "curl\nwget"],
    ["lists/more.txt", "curl\nwget"],
  ];
  for (const [name, text] of written) {
    writeFileSync(join(exceptions, name), text);
    seen.push(rulesDigest(rules));
  }
  renameSync(join(exceptions, "a.toml"), join(rules, "b.toml"));
  seen.push(rulesDigest(rules));
  assert.equal(new Set(seen).size, seen.length);
  for (const name of ["README.md", "lists/README.md"]) writeFileSync(join(exceptions, name), "no exception");
  assert.equal(rulesDigest(rules), seen.at(-1));
});

test("a byte, a name, a file more or less, and bytes that move from one to the next are other sets", () => {
  const place = join(folder, "edits");
  mkdirSync(place);
  const write = (name: string, text: string) => writeFileSync(join(place, name), text);
  const seen: string[] = [];
  write("a.toml", "one");
  seen.push(rulesDigest(place));
  write("a.toml", "ona");
  seen.push(rulesDigest(place));
  write("b.toml", "two");
  seen.push(rulesDigest(place));
  write("a.toml", "onat");
  write("b.toml", "wo");
  seen.push(rulesDigest(place));
  renameSync(join(place, "b.toml"), join(place, "c.toml"));
  seen.push(rulesDigest(place));
  // One file whose bytes are those of the two, with all that stands between them.
  rmSync(join(place, "c.toml"));
  write("a.toml", "onat6:c.toml2:wo");
  seen.push(rulesDigest(place));
  assert.equal(new Set(seen).size, seen.length);
});

test("what is no file is refused, and not waited for", () => {
  for (const [index, name] of ["rules/p.toml", "exceptions/p.ndjson"].entries()) {
    const place = join(folder, `pipe-${index}`);
    for (const part of ["rules", "exceptions"]) mkdirSync(join(place, part), { recursive: true });
    execFileSync("mkfifo", [join(place, name)]);
    assert.throws(() => rulesDigest(join(place, "rules")), /is no file$/);
  }
});
