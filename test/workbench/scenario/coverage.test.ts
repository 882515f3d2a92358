import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { percentOf } from "../../../src/workbench/scenario/coverage.ts";
import { coverageBy, testFile } from "../../support/scenario.ts";

const MATCH = "- 0s: { send: *curl, expect: { count: 1 } }";

describe("coverage", () => {
  test("names each clause that was not both true and false, with its place in the rule", async () => {
    const { clauses, bothWays, missing } = await coverageBy(testFile(MATCH));
    assert.deepEqual({ clauses, bothWays }, { clauses: 4, bothWays: 0 });
    assert.deepEqual(missing, [
      { text: "event.category:network", place: { line: 2, column: 16 }, never: "false" },
      { text: "user.name:root", place: { line: 2, column: 42 }, never: "true" },
      { text: "process.name:curl", place: { line: 2, column: 65 }, never: "false" },
      { text: "process.name:wget", place: { line: 2, column: 73 }, never: "true" },
    ]);
  });

  test("asks every clause, also where another has decided", async () => {
    const timeline = `${MATCH}\n- 1s: { send: { user.name: root, process.name: wget }, expect: unmatched }`;
    const coverage = await coverageBy(testFile(timeline));
    assert.deepEqual({ both: coverage.bothWays, percent: percentOf(coverage) }, { both: 4, percent: 100 });
  });

  test("counts each time of a repetition, and each event of a text", async () => {
    const repeated = testFile(MATCH, "repeat: { vary: { process.name: [curl, wget] } }");
    assert.deepEqual((await coverageBy(repeated)).bothWays, 2);
    const text = `- 0s: { send: '[{"process":{"name":"curl"}},{"process":{"name":"wget"}}]', expect: unmatched }`;
    assert.deepEqual((await coverageBy(testFile(text))).bothWays, 2);
  });

  test("has filters, ranges and what is in braces, and leaves out what is always true", async () => {
    const query =
      '*:* and user.name:"a b*" and destination.port >= 1024 and process.elf.sections:{ name:x and not type:y }';
    const filters = [{ meta: { negate: true }, query: { exists: { field: "file.path" } } }];
    const facts = { query, filters };
    const nothing = await coverageBy(testFile("- 0s: { send: {}, expect: unmatched }"), facts);
    const texts = [
      'user.name:"a b*"',
      "destination.port >= 1024",
      "process.elf.sections.name:x",
      "process.elf.sections.type:y",
      "filter 1: file.path exists",
    ];
    assert.deepEqual(
      nothing.missing.map(({ text, never }) => [text, never]),
      texts.map((text) => [text, "true"]),
    );
    // A negated filter is true of what it lets pass: the clause is what it asks.
    const sections = "process.elf.sections: [{ name: x }, { type: y }]";
    const all = `- 0s: { send: { destination.port: 2000, file.path: /x, ${sections} }, expect: unmatched }`;
    const some = await coverageBy(testFile(all), facts);
    assert.deepEqual(
      some.missing.map(({ text, never }) => [text, never]),
      texts.map((text, index) => [text, index === 0 ? "true" : "false"]),
    );
  });

  test("is not rounded up, and whole where there is nothing to cover", async () => {
    assert.equal(percentOf({ clauses: 200, bothWays: 199 }), 99);
    assert.equal(percentOf(await coverageBy(testFile(MATCH), { query: "*" })), 100);
  });
});
