import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { buildFunctions } from "../../src/deploy/build.ts";
import { asn, mmdb } from "../support/mmdb-writer.ts";
import { ruleText } from "../support/rule-text.ts";

test("a database of ASN is built in again and again, whatever its mode or place, and is gone with its setting", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "firstsight-build-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [dist, rules, database] = ["dist", "rules", "networks.mmdb"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(rules);
  writeFileSync(join(rules, "some.toml"), ruleText("event.action:x"));
  const bytes = mmdb([["198.51.100.0/24", asn(64496, "Example Hosting")]]);
  writeFileSync(database, bytes);
  chmodSync(database, 0o444);
  const packaged = join(dist, "asn-database.mmdb");
  for (const source of [database, packaged]) {
    await buildFunctions(dist, rules, source);
    assert.deepEqual(readFileSync(packaged), bytes);
    assert.equal(statSync(packaged).mode & 0o600, 0o600, "a build to come replaces it");
  }
  await buildFunctions(dist, rules, "");
  assert.equal(existsSync(packaged), false);
});
