import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { namedRule } from "../../src/cli/named-rule.ts";
import { UsageError } from "../../src/cli/verb.ts";
import { SHIPPED_RULE } from "../support/rules.ts";

const folder = mkdtempSync(join(tmpdir(), "firstsight-named-"));
after(() => rmSync(folder, { recursive: true }));
const shipped = readFileSync(SHIPPED_RULE, "utf8");

for (const [id, name] of [
  ["aa", "Curl by a host"],
  ["bb", "Curl"],
  ["cc", "Wget of bb"],
] as const) {
  writeFileSync(
    join(folder, `${id}-file.toml`),
    shipped.replace("ad02da2f", `${id}02da2f`).replace("name = ", `name = "${name}"\n#`),
  );
}
writeFileSync(join(folder, "broken.toml"), shipped.replace("query = ", "quer = "));

function named(wanted: string) {
  const warned: string[] = [];
  const { detector } = namedRule(wanted, folder, { print: () => undefined, warn: (line) => warned.push(line) });
  assert.match(warned.join(), /^refused .*broken\.toml/, "the others are told");
  return detector.rule.name;
}

test("an id, a name or a file names a rule, and else a part of its name that only it has", () => {
  assert.equal(named("aa02da2f-443d-454c-a12e-d9e6c65831ff"), "Curl by a host");
  assert.equal(named("Curl"), "Curl", "the whole name of one, though a part of another's");
  assert.equal(named("cc-file"), "Wget of bb");
  assert.equal(named("cc-file.toml"), "Wget of bb");
  assert.equal(named(join(folder, "cc-file.toml")), "Wget of bb");
  assert.equal(named("WGET"), "Wget of bb");
  assert.equal(named("by A"), "Curl by a host");
});

test("several rules are listed, and so are all where there is none", () => {
  const refused = (wanted: string, says: RegExp) =>
    assert.throws(
      () => named(wanted),
      (error) => error instanceof UsageError && says.test(error.message),
      wanted,
    );
  refused("curl", /^--rule "curl" is more than one rule:\n {2}aa02.* {2}Curl by a host\n {2}bb02.* {2}Curl$/);
  refused("nope", /^--rule "nope" is no rule; there are\n(?: {2}.*\n){2} {2}cc02.* {2}Wget of bb$/);
  refused("", /is no rule/);
  refused("broken", /broken\.toml:/);
});
