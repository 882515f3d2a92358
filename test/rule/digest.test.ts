import assert from "node:assert/strict";
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
