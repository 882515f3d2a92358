import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readSuite } from "../../../src/workbench/scenario/read-suite.ts";
import { testFile } from "../../support/scenario.ts";

function refusal(text: string): string {
  try {
    readSuite("rules/x.test.yaml", text);
  } catch (error) {
    assert.ok(error instanceof Error && error.name === "ScenarioError", String(error));
    return error.message.slice("rules/x.test.yaml:".length);
  }
  return "fine";
}

test("a test file's rule has its name, or the one it says, in its folder or another", () => {
  const file = testFile("- 0s: { send: *curl, expect: known }");
  assert.equal(readSuite("rules/x.test.yaml", file).rule, "rules/x.toml");
  assert.equal(readSuite("rules/x.test.yaml", `rule: y.toml\n${file}`).rule, "rules/y.toml");
  assert.equal(readSuite("rules/x.test.yaml", file, "other").rule, "other/x.toml");
  assert.throws(
    () => readSuite("x.yaml", file),
    /x\.yaml:1:1: rule is missing, and the file is not named NAME\.test\.yaml/,
  );
});

const step = (text: string) => testFile(`- 0s: ${text}`);

const MISTAKES: readonly (readonly [string, string, string])[] = [
  ["an unknown key", "tests: []\nname: x", '2:1: a test file has no key "name"; it has rule, given, tests'],
  ["no tests", "given: 1", "1:1: tests are missing"],
  ["an empty list of tests", "tests: []", "1:8: there is no test in tests"],
  ["nothing", "# only a comment", "1:1: nothing in it: tests are missing"],
  ["no mapping", "- 1", "1:1: a test file is a list, and should be a mapping"],
  [
    "a key of a test",
    testFile("- 0s: { send: {} }", "repeats: 3"),
    '4:5: a test has no key "repeats"; it has name, at, learn, repeat, shuffle',
  ],
  ["a key of a step", step("{ send: {}, expects: known }"), '5:25: a step has no key "expects"; it has send, expect'],
  ["no name", "tests: [{ at: [] }]", "1:9: name is missing: what does this test show?"],
  ["no timeline", "tests: [{ name: x }]", "1:9: at is missing: the timeline of events"],
  ["an empty timeline", "tests: [{ name: x, at: [] }]", "1:24: there is no event in at"],
  [
    "two tests of one name",
    `${step("{ send: {} }")}  - { name: one, at: [{ 0s: { send: {} } }] }`,
    '6:5: two tests are named "one"',
  ],
  ["no event", step("{ expect: known }"), "5:13: send is missing: the event"],
  ["an event that is a list", step("{ send: [1] }"), "5:21: an event is a list, and should be a mapping"],
  ["an event that is nothing", step("{ send: null }"), "5:21: send is nothing, and should be an event, or a text"],
  [
    "a time that is none",
    testFile("- tomorrow: { send: {} }"),
    '5:9: "tomorrow" is no time; write 0s, 1d12h or 2026-01-01T00:00:00Z',
  ],
  [
    "a time without a zone",
    testFile("- 2026-01-01T00:00: { send: {} }"),
    '5:9: "2026-01-01T00:00" is no time; write 0s, 1d12h or 2026-01-01T00:00:00Z',
  ],
  [
    "a step of two times",
    testFile("- { 0s: { send: {} }, 1s: { send: {} } }"),
    "5:9: a step has one key, its time: 1d: { send: …, expect: … }",
  ],
  [
    "time that runs back",
    testFile("- 2d: { send: {} }\n- 1d: { send: {} }"),
    "6:9: this is before the step above: a timeline runs forward",
  ],
  [
    "an unknown word",
    step("{ send: {}, expect: novel }"),
    '5:33: "novel" is no expectation; there are new, suppressed, known, unmatched, without-terms, excepted, learned, quarantined, count',
  ],
  [
    "new without terms",
    step("{ send: {}, expect: new }"),
    "5:33: new needs the terms of the finding: { new: [TERM, …] }",
  ],
  ["new with no terms", step("{ send: {}, expect: { new: [] } }"), "5:40: new needs the terms of a finding"],
  [
    "terms of two kinds",
    step("{ send: {}, expect: { new: [[a], b] } }"),
    "5:46: either each is a list of terms, or each is a term",
  ],
  ["a count without a number", step("{ send: {}, expect: count }"), "5:33: count needs a number: { count: 2 }"],
  [
    "a count that is none",
    step("{ send: {}, expect: { count: -1 } }"),
    '5:42: "-1" is no whole number of up to six digits',
  ],
  [
    "two expectations",
    step("{ send: {}, expect: { count: 1, unmatched: a } }"),
    "5:33: expect needs one of new, unmatched, without-terms, excepted, count",
  ],
  [
    "previous of what is not new",
    step("{ send: {}, expect: { count: 1, previous: 1d } }"),
    "5:55: previous belongs to new",
  ],
  [
    "a previous that is no time",
    step("{ send: {}, expect: { new: [a], previous: soon } }"),
    '5:55: previous is "soon", and should be an offset, a time or never',
  ],
  [
    "shuffle that is no answer",
    testFile("- 0s: { send: {} }", "shuffle: 20"),
    '4:14: shuffle is "20", and should be true or false',
  ],
  [
    "learning for no time",
    testFile("- 0s: { send: {} }", "learn: long"),
    '4:12: learn is "long", and should be a duration such as 7d',
  ],
  [
    "a repetition of nothing",
    testFile("- 0s: { send: {} }", "repeat: {}"),
    "4:13: repeat needs times, or a list of values in vary",
  ],
  [
    "lists of other lengths",
    testFile("- 0s: { send: {} }", "repeat: { times: 3, vary: { a: [1, 2] } }"),
    "4:31: a list in vary has 3 values, one each time",
  ],
  ["a key twice", step("{ send: { a: 1, a: 2 } }"), "5:29: a stands twice in this mapping"],
  [
    "a field twice, dotted",
    step("{ send: { a: { b: 1 }, a.b: 2 } }"),
    "5:36: this field is set twice, or is both a value and a level",
  ],
  [
    "a field twice, dotted first",
    step("{ send: { a.b: 2, a: { c: 1, b: 1 } } }"),
    "5:31: this field is set twice, or is both a value and a level",
  ],
  [
    "a value and a level",
    step("{ send: { a: 1, a.b: 2 } }"),
    "5:29: this field is set twice, or is both a value and a level",
  ],
  ["a name of no field", step("{ send: { a..b: 1 } }"), '5:23: "a..b" is no name of a field'],
  ["a number that JSON has not", step("{ send: { a: .inf } }"), "5:26: .inf is no number of JSON's"],
  ["an alias to nothing", step("{ send: *none }"), "5:21: no &none stands before it"],
  [
    "several documents",
    "tests: []\n---\ntests: []",
    "2:1: Source contains multiple documents; please use YAML.parseAllDocuments()",
  ],
  [
    "a type of another language",
    step('{ send: { a: !!js/function "x" } }'),
    "5:26: Unresolved tag: tag:yaml.org,2002:js/function",
  ],
];

describe("a mistake is refused with its line and column:", () => {
  for (const [name, text, message] of MISTAKES) test(name, () => assert.equal(refusal(text), message));
});

const list = (count: number, each: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => each(i)).join(", ");
const given = (anchors: string, send: string) =>
  step(`{ send: ${send} }`)
    .replace("tests:", `more: [${anchors}]\ntests:`)
    .replace(/^given.*\nmore/, "given");

const HOSTILE: readonly (readonly [string, string, RegExp])[] = [
  [
    "an alias bomb",
    given(`&a0 {x: 1}, ${list(30, (i) => `&a${i + 1} [${list(9, () => `*a${i}`)}]`)}`, "{ y: *a30 }"),
    /more than 200000 values/,
  ],
  [
    "a bomb of merges",
    given(`&a0 {x: 1}, ${list(30, (i) => `&a${i + 1} {<<: [${list(4, () => `*a${i}`)}]}`)}`, "*a30"),
    /more than 200000 values/,
  ],
  [
    "a bomb of texts",
    given(`&a0 ${"x".repeat(200_000)}, &a1 [${list(50, () => "*a0")}]`, "{ y: *a1 }"),
    /more than 8 MB of texts/,
  ],
  ["an alias to what it stands in", step("{ send: &a { x: *a } }"), /more than 100 levels/],
  ["a merge with itself", step("{ send: &a { <<: *a, x: 1 } }"), /more than 100 levels/],
  ["a name of many levels", step(`{ send: { ${"a.".repeat(50_000)}b: 1 } }`), /more than 100 levels/],
  ["brackets in brackets", "[".repeat(50_000), /nested too deep/],
  ["mappings in mappings", "{a: ".repeat(50_000), /nested too deep/],
  ["a huge file", "a".repeat(513 * 1024), /a test file has 512 KB at most/],
  ["too many events", testFile("- 0s: { send: {} }", "repeat: { times: 20001 }"), /more than 20000 events/],
  [
    "too much to send",
    testFile(`- 0s: { send: { a: ${"x".repeat(100_000)} } }`, "repeat: { times: 1000 }"),
    /more than 64 MB of events/,
  ],
  [
    "too much to vary",
    testFile(
      list(800, () => "\n- 0s: { send: {} }").replaceAll(", ", ""),
      `repeat: { vary: { a: [${"x".repeat(100_000)}] } }`,
    ),
    /more than 64 MB of events/,
  ],
  [
    "too many events to shuffle",
    testFile("- 0s: { send: {} }", "repeat: { times: 2001 }\n    shuffle: true"),
    /more than 2000 events to shuffle/,
  ],
  ["noise", "\u0000\ud800!&*", /./],
];

describe("what no honest file holds is refused soon:", () => {
  for (const [name, text, message] of HOSTILE) {
    test(name, { timeout: 20_000 }, () => assert.match(refusal(text), message));
  }
  test("names with a meaning to JavaScript are fields like any other", () => {
    const { tests } = readSuite(
      "x.test.yaml",
      step("{ send: { __proto__: { polluted: 1 }, constructor.prototype: 2 } }"),
    );
    const send = tests[0]?.steps[0]?.send;
    assert.deepEqual(send?.kind === "event" ? [...send.entries.keys()] : [], ["__proto__", "constructor"]);
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  });
});
