import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { parseArgs } from "node:util";
import { testVerb } from "../../src/cli/test.ts";
import { UsageError } from "../../src/cli/verb.ts";
import { InputError } from "../../src/workbench/input/input-error.ts";
import { ruleText } from "../support/rule-text.ts";
import { SHIPPED_RULE } from "../support/rules.ts";

const folder = mkdtempSync(join(tmpdir(), "firstsight-test-"));
after(() => rmSync(folder, { recursive: true }));

const FINE = `given: &curl { event.category: [network], host.os.type: linux, host.id: h1, process.name: curl, process.executable: /usr/bin/curl, destination.ip: 169.254.169.254, destination.port: 80 }
tests:
  - name: first use
    at:
      - 0s: { send: *curl, expect: { new: [h1, /usr/bin/curl] } }
  - name: "100% <new>"
    at:
      - 0s: { send: { <<: *curl, destination.port: 443 }, expect: { unmatched: destination.port } }
`;
const WRONG = FINE.replace("unmatched: destination.port", "unmatched: process.name");

let count = 0;
/** A folder of its own with the shipped rule and a test file for it. */
function place(text: string): string {
  const own = join(folder, String(count++));
  mkdirSync(own);
  copyFileSync(SHIPPED_RULE, join(own, "imds.toml"));
  writeFileSync(join(own, "imds.test.yaml"), text);
  return own;
}

async function run(...args: readonly string[]) {
  const { values: options, positionals: paths } = parseArgs({
    args: [...args],
    options: testVerb.options,
    allowPositionals: true,
  });
  const [out, err]: [string[], string[]] = [[], []];
  const code = await testVerb.run(
    { paths, options },
    { print: (line) => out.push(line), warn: (line) => err.push(line) },
  );
  const own = (lines: readonly string[]) => lines.join("\n").replaceAll(/[^\s"=]*firstsight-test-[^/]*\/\d+\//g, "");
  return { code, out: own(out), err: own(err) };
}

describe("firstsight test", () => {
  test("names each test that passes, and exits with 0", async () => {
    assert.deepEqual(await run(place(FINE)), {
      code: 0,
      out: "imds.test.yaml\n  ✔ first use\n  ✔ 100% <new>\n2 passed, 0 failed",
      err: "",
    });
  });

  test("says of one that fails where, what was expected, what came and why, and exits with 1", async () => {
    assert.deepEqual(await run(join(place(WRONG), "imds.test.yaml")), {
      code: 1,
      out: `imds.test.yaml
  ✔ first use
  ✖ 100% <new>
      imds.test.yaml:8:67
        expected  unmatched, by process.name
        got       unmatched, by destination.port
        why       in the way: destination.port:"80"
        rule      imds.toml:72:100
1 passed, 1 failed`,
      err: "",
    });
  });

  test("shows no control character of a test file as it is", async () => {
    const { out } = await run(place(FINE.replace("first use", '"a\\eb\\nc"')));
    assert.match(out, /✔ a\\u001bb\\u000ac$/m);
  });

  test("looks for rules in another folder", async () => {
    const tests = place(FINE);
    rmSync(join(tests, "imds.toml"));
    assert.equal((await run(tests, "--rules", place(FINE))).code, 0);
    await assert.rejects(
      run(tests),
      (error) => error instanceof InputError && /imds\.toml cannot be read: ENOENT/.test(error.message),
    );
  });

  test("refuses a file that is wrong with its place, plays the others, and exits with 2", async () => {
    const { code, out, err } = await run(place(FINE), place(FINE.replace("- name", "- nome")));
    assert.deepEqual(
      { code, err },
      { code: 2, err: 'imds.test.yaml:3:5: a test has no key "nome"; it has name, at, learn, repeat, shuffle' },
    );
    assert.match(out, /2 passed, 0 failed$/);
  });

  test("refuses a rule that is wrong with its place in the rule", async () => {
    const own = place(FINE);
    writeFileSync(
      join(own, "imds.toml"),
      readFileSync(SHIPPED_RULE, "utf8").replace("destination.port:", "destination.port:("),
    );
    const { code, err } = await run(own);
    assert.equal(code, 2);
    assert.match(err, /^imds\.toml:\d+:\d+: query: Expected/);
  });

  test("needs a test file, one that can be read, and numbers that are", async () => {
    const own = place(FINE);
    rmSync(join(own, "imds.test.yaml"));
    await assert.rejects(
      run(own),
      (error) => error instanceof UsageError && error.message.startsWith("no test files (*.test.yaml) in"),
    );
    await assert.rejects(run(join(own, "none.test.yaml")), InputError);
    await assert.rejects(run(place(FINE), "--min", "101"), UsageError);
    await assert.rejects(run(place(FINE), "--seed", "x"), UsageError);
    await assert.rejects(run(place(FINE), "--junit", join(own, "none/x.xml")), InputError);
  });

  test("--coverage names the clauses without both answers, and --min fails where they are too many", async () => {
    const own = place(FINE);
    const { code, out } = await run(own, "--coverage");
    assert.equal(code, 0);
    assert.match(out, /^imds\.toml: clauses 1\/92 both ways \(1%\)$/m);
    assert.match(out, /^ {2}imds\.toml:71:44 {2}host\.os\.type:"windows" was never true$/m);
    assert.doesNotMatch(out, /destination\.port/);
    assert.equal((await run(own, "--min", "1")).code, 0);
    const low = await run(own, "--min", "2");
    assert.deepEqual(
      { code: low.code, err: low.err },
      { code: 1, err: "imds.toml: 1% of its clauses are covered, and 2% should be" },
    );
  });

  test("--update writes what came, and says how much", async () => {
    const own = place(WRONG);
    const { code, out, err } = await run(own, "--update");
    assert.deepEqual({ code, err }, { code: 0, err: "imds.test.yaml: 1 expectation written" });
    assert.match(out, /2 passed, 0 failed$/);
    assert.equal(readFileSync(join(own, "imds.test.yaml"), "utf8"), FINE);
    assert.equal((await run(own, "--update")).err, "");
  });

  test("--json is one document", async () => {
    const { code, out } = await run(place(WRONG), place(WRONG.replace("tests", "test")), "--json", "--coverage");
    assert.equal(code, 2);
    const { coverage, ...rest } = JSON.parse(out);
    assert.deepEqual(rest, {
      version: 1,
      passed: 1,
      failed: 1,
      seed: 1,
      files: [
        {
          path: "imds.test.yaml",
          rule: "imds.toml",
          tests: [
            { name: "first use", line: 3, column: 5, passed: true, failures: [] },
            {
              name: "100% <new>",
              line: 6,
              column: 5,
              passed: false,
              failures: [
                {
                  line: 8,
                  column: 67,
                  expected: "unmatched, by process.name",
                  actual: "unmatched, by destination.port",
                  why: 'in the way: destination.port:"80"',
                  rule: { path: "imds.toml", line: 72, column: 100 },
                },
              ],
            },
          ],
        },
      ],
      errors: [
        {
          path: "imds.test.yaml",
          line: 2,
          column: 1,
          message: 'a test file has no key "test"; it has rule, given, tests',
        },
      ],
    });
    const [{ missing, ...counts }] = coverage;
    assert.deepEqual(counts, { rule: "imds.toml", clauses: 92, bothWays: 1, percent: 1 });
    assert.deepEqual(missing[0], { line: 71, column: 16, text: 'event.category:"network"', never: "false" });
  });

  test("--junit writes a file for CI", async () => {
    const own = place(WRONG);
    assert.equal((await run(own, "--junit", join(own, "out.xml"))).code, 1);
    const xml = readFileSync(join(own, "out.xml"), "utf8").replaceAll(`${own}/`, "");
    assert.equal(
      xml,
      `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="2" failures="1">
  <testsuite name="imds.test.yaml" tests="2" failures="1">
    <testcase name="first use" classname="imds.test.yaml" file="imds.test.yaml" line="3"/>
    <testcase name="100% &lt;new&gt;" classname="imds.test.yaml" file="imds.test.yaml" line="6">
      <failure message="expected unmatched, by process.name, got unmatched, by destination.port">imds.test.yaml:8:67&#10;expected unmatched, by process.name, got unmatched, by destination.port&#10;in the way: destination.port:&quot;80&quot;</failure>
    </testcase>
  </testsuite>
</testsuites>
`,
    );
  });

  test("annotates the lines of what fails on GitHub", async () => {
    const before = process.env["GITHUB_ACTIONS"];
    process.env["GITHUB_ACTIONS"] = "true";
    try {
      const { err } = await run(place(WRONG));
      assert.equal(
        err,
        '::error file=imds.test.yaml,line=8,col=67::100%25 <new>: expected unmatched, by process.name, got unmatched, by destination.port%0Ain the way: destination.port:"80"',
      );
    } finally {
      if (before === undefined) delete process.env["GITHUB_ACTIONS"];
      else process.env["GITHUB_ACTIONS"] = before;
    }
  });

  test("a test file of gigabytes is refused unread", async () => {
    const path = join(place(FINE), "imds.test.yaml");
    truncateSync(path, 8e9);
    const { code, err, out } = await run(path);
    assert.equal(code, 2);
    assert.match(out + err, /imds\.test\.yaml:1:1:? .*a test file has 512 KB at most/);
  });
});

test("a rule's test may send raw events: what they are made of is judged, and told", async () => {
  const own = join(folder, String(count++));
  mkdirSync(own);
  const rule = ruleText("event.action:GetCallerIdentity and not aws.cloudtrail.user_identity.type:AssumedRole");
  writeFileSync(join(own, "sts.toml"), rule.replace("host.id", "user.name"));
  const call = (type: string) =>
    `{ eventVersion: "1.11", eventTime: "2026-02-03T10:11:12Z", eventSource: sts.amazonaws.com, eventName: GetCallerIdentity, userIdentity: { type: ${type}, userName: eve } }`;
  const suite = (expect: string) =>
    `tests: [{ name: x, at: [{ 0s: { send: ${call("IAMUser")}, expect: { new: [eve] } } }, { 1h: { send: ${call("AssumedRole")}, expect: ${expect} } }] }]`;
  writeFileSync(join(own, "sts.test.yaml"), suite("{ unmatched: aws.cloudtrail.user_identity.type }"));
  assert.equal((await run(own)).code, 0);
  writeFileSync(join(own, "sts.test.yaml"), suite("known"));
  const failed = await run(own);
  assert.equal(failed.code, 1);
  assert.match(failed.out, /got +unmatched, by aws\.cloudtrail\.user_identity\.type/);
});
