import assert from "node:assert/strict";
import { test } from "node:test";
import { placesIn } from "../../src/rule/places.ts";

const TEXT = `# [rule] in a comment
title = "[rule]" # = "x"

[rule]
note = """
name = "in a text"
"""
name = 'it = 1'
query = '''
[rule.x]
a"b'''
a.b."c d" = [ 1, [ 2, "]" ], # ]
  { x = { y = 1 }, z = "," },
]

[[rule.threat]]
id = 1

  [rule.threat.tactic]
  id = 2

[[rule.threat]]

[[rule.threat.technique]]
id = 3
[rule.threat.tactic]
id = 4
`;

const PLACES: readonly (readonly [readonly (string | number)[], string])[] = [
  [["title"], "2:1"],
  [["rule"], "4:1"],
  [["rule", "name"], "8:1"],
  [["rule", "query"], "9:1"],
  [["rule", "a", "b", "c d"], "12:1"],
  [["rule", "a", "b", "c d", 1, 1], "12:23"],
  [["rule", "a", "b", "c d", 2, "x", "y"], "13:11"],
  [["rule", "a", "b", "c d", 2, "z"], "13:20"],
  [["rule", "threat"], "16:1"],
  [["rule", "threat", 0, "id"], "17:1"],
  [["rule", "threat", 0, "tactic", "id"], "20:3"],
  [["rule", "threat", 1], "22:1"],
  [["rule", "threat", 1, "technique", 0, "id"], "25:1"],
  [["rule", "threat", 1, "tactic", "id"], "27:1"],
];

for (const [path, expected] of PLACES) {
  test(`where ${path.join(".")} is`, () => {
    const { line, column } = placesIn(TEXT).placeOf(path);
    assert.equal(`${line}:${column}`, expected);
  });
}

test("what is not in the file is where the nearest table above it is, or the file's start", () => {
  const { placeOf } = placesIn(TEXT);
  assert.deepEqual(placeOf(["rule", "threat", 1, "tactic", "name"]), { line: 26, column: 1 });
  assert.deepEqual(placeOf(["metadata", "maturity"]), { line: 1, column: 1 });
});
