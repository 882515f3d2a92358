import assert from "node:assert/strict";
import { test } from "node:test";
import { loadRule } from "../../src/rule/load.ts";
import { RuleError } from "../../src/rule/rule.ts";
import { ruleText } from "../support/rule-text.ts";

// Ten mistakes that rule authors make, and what they are told: read down the page, each should say where and what to do.

const MISTAKES: readonly (readonly [string, string])[] = [
  [
    "process.name:curl and (user.name:root",
    `
r.toml:13:38: query: Expected ")", AND, OR but end of input found: a bracket is not closed.
process.name:curl and (user.name:root
                                     ^`,
  ],
  [
    "process.name:curl and not(user.name:root)",
    `
r.toml:13:26: query: Expected AND, OR, end of input but "(" found: a space belongs before the bracket.
process.name:curl and not(user.name:root)
                         ^`,
  ],
  [
    "process.executable:C:\\Windows\\*",
    `
r.toml:13:21: query: Expected AND, OR, end of input but ":" found: write \\: for a colon in a value, or put the value in quotes.
process.executable:C:\\Windows\\*
                    ^`,
  ],
  [
    'process.name:"curl or process.name:wget',
    `
r.toml:13:14: query: Expected "(", "{", value but """ found: the quote is not closed.
process.name:"curl or process.name:wget
             ^`,
  ],
  [
    "process.name = curl",
    `
r.toml:13:1: query: text without a field is not supported; write field:value
process.name = curl
^`,
  ],
  [
    "destination.port:http",
    `
r.toml:13:18: query: "http" is not a number, and the field is long
destination.port:http
                 ^`,
  ],
  [
    "destination.ip:169.254.*",
    `
r.toml:13:16: query: a wildcard cannot match an ip field; write a CIDR block instead of "169.254.*"
destination.ip:169.254.*
               ^`,
  ],
  [
    "process.code_signature.trusted:yes",
    `
r.toml:13:32: query: "yes" is neither true nor false, and the field is boolean
process.code_signature.trusted:yes
                               ^`,
  ],
  [
    "user.name:null",
    `
r.toml:13:11: query: null is not a value; write not field:*
user.name:null
          ^`,
  ],
  [
    "host:{ id:x }",
    `
r.toml:13:1: query: host:{ … } needs a nested field, and host is object
host:{ id:x }
^`,
  ],
];

for (const [query, expected] of MISTAKES) {
  test(`what is said of ${query}`, () => {
    assert.throws(
      () => loadRule("r.toml", ruleText(query)),
      (error) => {
        assert.ok(error instanceof RuleError);
        assert.equal(`\n${error.message}`, expected);
        return true;
      },
    );
  });
}

test("a filter that is not understood is refused by its shape, at its place", () => {
  const filter = '[[rule.filters]]\nquery.range."process.pid".gt = 5\n';
  assert.throws(
    () => loadRule("r.toml", `${ruleText("process.name:curl")}\n${filter}`),
    /^RuleError: r\.toml:24:1: filter 1: query DSL "range" is not supported; wildcard and exists are$/,
  );
});

test("a new_terms field that has no terms is refused at its place", () => {
  const text = ruleText("process.name:curl").replace('["host.id"]', '["host"]');
  assert.throws(
    () => loadRule("r.toml", text),
    /^RuleError: r\.toml:16:1: new_terms field host: a field of type object has no terms$/,
  );
});
