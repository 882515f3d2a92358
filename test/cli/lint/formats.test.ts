import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { lint } from "../../../src/cli/lint.ts";
import { type Given, UsageError } from "../../../src/cli/verb.ts";
import { ruleText } from "../../support/rule-text.ts";

const folder = mkdtempSync(join(tmpdir(), "firstsight-lint-"));
after(() => rmSync(folder, { recursive: true }));

writeFileSync(join(folder, "a fine rule.toml"), ruleText("process.name:curl and source.geo.country_name:x", "a"));
writeFileSync(join(folder, "b.toml"), ruleText("event.category:netwrok", "b"));
writeFileSync(
  join(folder, "c.toml"),
  ruleText("destination.port:http", "c").replace("risk_score = 21", "risk_score = 210"),
);
writeFileSync(join(folder, "d.toml"), ruleText("process.name:curl", "d").replace("[rule]", "[rule]\nenabled = false"));
writeFileSync(join(folder, "e.toml"), "not toml");

async function run(options: Given["options"]): Promise<{ readonly code: number; readonly lines: readonly string[] }> {
  const lines: string[] = [];
  const code = await lint.run({ paths: [folder], options }, { print: (line) => lines.push(line), warn: assert.fail });
  return { code, lines };
}

test("--quiet has only what is wrong, and the total", async () => {
  const { code, lines } = await run({ quiet: true });
  assert.equal(code, 1);
  assert.deepEqual(
    lines.map((line) => line.split("\n")[0]?.replaceAll(`${folder}/`, "").slice(0, 48)),
    [
      "ok       b.toml",
      '         warning  13:16 "netwrok" is no value of event.category in ECS: did you mean "network"?'.slice(0, 48),
      "refused  c.toml:11:1: rule.risk_score: Too big: expected number to be <=100".slice(0, 48),
      "refused  e.toml:1:5: Invalid TOML document: illegal".slice(0, 48),
      "2 ok, 2 refused, 1 disabled, 1 with warnings",
    ],
  );
});

test("--json is one document: each rule, its problems with their places, what it reads, and totals", async () => {
  for (const options of [{ json: true }, { format: "json" }]) {
    const { code, lines } = await run(options);
    assert.equal(code, 1);
    const { rules, totals } = JSON.parse(lines.join("\n"));
    assert.deepEqual(totals, { ok: 2, refused: 2, disabled: 1, warned: 1 });
    assert.deepEqual(
      rules.map((rule: Record<string, unknown>) => [rule["rule_id"], rule["name"], rule["status"]]),
      [
        ["a", "R", "ok"],
        ["b", "R", "ok"],
        ["c", "R", "refused"],
        ["d", "R", "disabled"],
        [null, null, "refused"],
      ],
    );
    const [first, second, third] = rules;
    assert.equal(first.path, join(folder, "a fine rule.toml"));
    assert.deepEqual(first.reads.at(-1), {
      name: "source.geo.country_name",
      type: "keyword",
      absent: "added by GeoIP in an ingest pipeline",
    });
    assert.deepEqual([first.pipelines, first.prefilter_off, first.patterns], [["GeoIP"], null, []]);
    assert.deepEqual(second.problems, [
      {
        severity: "warning",
        code: "unknown-value",
        message: '"netwrok" is no value of event.category in ECS: did you mean "network"?',
        line: 13,
        column: 16,
      },
    ]);
    assert.deepEqual(
      [third.problems[0].severity, third.problems[0].code, third.problems[0].line],
      ["error", "schema", 11],
    );
  }
});

test("--format sarif is SARIF 2.1.0, as its schema has it", async () => {
  const { code, lines } = await run({ format: "sarif" });
  assert.equal(code, 1);
  const log = JSON.parse(lines.join("\n"));
  assert.deepEqual(Object.keys(log), ["$schema", "version", "runs"]);
  assert.equal(log.version, "2.1.0");
  assert.equal(log.runs.length, 1);
  const [{ tool, results, columnKind }] = log.runs;
  assert.equal(columnKind, "utf16CodeUnits");
  assert.equal(tool.driver.name, "firstsight lint");
  const ids = tool.driver.rules.map(({ id }: { id: string }) => id);
  assert.equal(new Set(ids).size, ids.length, "rule ids are unique");
  for (const { shortDescription } of tool.driver.rules) assert.ok(shortDescription.text.length > 0);
  assert.equal(results.length, 3);
  for (const result of results) {
    assert.deepEqual(Object.keys(result), ["ruleId", "ruleIndex", "level", "message", "locations"]);
    assert.equal(ids[result.ruleIndex], result.ruleId);
    assert.ok(["none", "note", "warning", "error"].includes(result.level));
    assert.equal(typeof result.message.text, "string");
    const [{ physicalLocation }] = result.locations;
    assert.ok(URL.canParse(physicalLocation.artifactLocation.uri, "file:///"));
    const { startLine, startColumn } = physicalLocation.region;
    assert.ok(Number.isInteger(startLine) && startLine >= 1 && Number.isInteger(startColumn) && startColumn >= 1);
  }
  assert.equal(
    results[0].locations[0].physicalLocation.artifactLocation.uri,
    pathToFileURL(join(folder, "b.toml")).href,
  );
});

test("a relative path is a relative reference in SARIF, from where lint was run", async () => {
  const lines: string[] = [];
  await lint.run(
    { paths: ["package.json"], options: { format: "sarif" } },
    { print: (line) => lines.push(line), warn: assert.fail },
  );
  const { runs } = JSON.parse(lines.join("\n"));
  assert.equal(runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri, "package.json");
});

test("another format, or two, are a wrong command line", async () => {
  await assert.rejects(async () => run({ format: "xml" }), UsageError);
  await assert.rejects(async () => run({ format: "sarif", json: true }), UsageError);
});
