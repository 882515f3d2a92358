import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { asn, mmdb } from "../support/mmdb-writer.ts";
import { ruleText } from "../support/rule-text.ts";

// What ASN_DATABASE names, each verb that looks at events has, in each of its threads.

const folder = mkdtempSync(join(tmpdir(), "firstsight-asn-"));
after(() => rmSync(folder, { recursive: true }));
const database = join(folder, "networks.mmdb");
writeFileSync(database, mmdb([["198.51.100.0/24", asn(64496, "Example Hosting")]]));
const rules = join(folder, "rules");
mkdirSync(rules);
const text = ruleText('event.action:GetCallerIdentity and source.as.organization.name:"Example Hosting"', "networks")
  .replace('type = "new_terms"', 'type = "new_terms"\nindex = ["logs-aws.cloudtrail-*"]')
  .replace('"host.id"', '"source.as.number"');
writeFileSync(join(rules, "networks.toml"), text);
const call = (address: string) => ({
  ...{ eventVersion: "1.11", eventTime: "2026-02-03T10:11:12Z", eventID: "e", eventSource: "sts.amazonaws.com" },
  ...{ eventName: "GetCallerIdentity", sourceIPAddress: address },
});
const lines = ["10.0.0.1", "198.51.100.7"].map((address) => JSON.stringify(call(address)));
const events = join(folder, "events.ndjson");
writeFileSync(events, `${lines.join("\n")}\n`);
writeFileSync(
  join(rules, "networks.test.yaml"),
  `rule: networks.toml
tests:
  - name: from a network that is looked for
    at:
      - 0s: { send: ${lines[1]}, expect: { new: ["64496"] } }
`,
);

function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["src/cli/firstsight.ts", ...args], {
    env: { ...process.env, ...environment },
    encoding: "utf8",
  });
  return { status, output: `${stdout}${stderr}` };
}

const GIVEN = { ASN_DATABASE: database };
const VERBS: readonly (readonly [args: readonly string[], given: RegExp, without: RegExp])[] = [
  [["lint", rules], /^ok /m, /cannot fire on raw CloudTrail events: they have no source\.as\.number/],
  [["explain", events, "--rules", rules, "--line", "2"], /^MATCHED/m, /^NOT MATCHED/m],
  [["replay", "--json", "--workers", "0", "--rules", rules, events], /"matched": 1,/, /"matched": 0,/],
  [["replay", "--json", "--workers", "2", "--rules", rules, events], /"matched": 1,/, /"matched": 0,/],
  [["test", rules], /1 passed/, /1 failed/],
];
for (const [args, given, without] of VERBS) {
  test(`${args.slice(0, -1).join(" ").replaceAll(folder, "")}: with and without`, () => {
    assert.match(run(args, GIVEN).output, given);
    assert.match(run(args).output, without);
    assert.doesNotMatch(run(args, GIVEN).output, /cannot fire/);
  });
}

test("a verb that looks at no events does not ask for it", () => {
  const gone = { ASN_DATABASE: join(folder, "gone.mmdb") };
  const ledger = join(folder, "ledger.json");
  writeFileSync(ledger, '{"records":1}');
  assert.equal(run(["cost", ledger], gone).status, 0);
  for (const args of [
    ["render", ledger],
    ["status", "--stage", "?"],
  ]) {
    assert.doesNotMatch(run(args, gone).output, /ASN_DATABASE/);
  }
});

test("one that cannot be opened is an error of the command line", () => {
  const { status, output } = run(["lint", rules], { ASN_DATABASE: join(folder, "gone.mmdb") });
  assert.equal(status, 2);
  assert.equal(output, `firstsight lint: ASN_DATABASE: ${join(folder, "gone.mmdb")}: there is no such file\n`);
});
