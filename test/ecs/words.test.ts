import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { words } from "../../src/ecs/words.ts";
import { naiveWords } from "../support/naive-kql.ts";

const examples: readonly (readonly [string, readonly string[]])[] = [
  ["xx FOO, bar!", ["xx", "foo", "bar"]],
  ["from 10.0.0.1 port 22", ["from", "10.0.0.1", "port", "22"]],
  ["a foo-bar b_c", ["a", "foo", "bar", "b_c"]],
  ["system:masters", ["system:masters"]], // Lucene keeps a colon between letters, ICU does not
  ["ubuntu:22.04", ["ubuntu", "22.04"]],
  ["can't stop", ["can't", "stop"]],
  ["1,000.5 a.1 a1.b2 a.b", ["1,000.5", "a", "1", "a1", "b2", "a.b"]],
  ["C:\\Windows\\x.exe", ["c", "windows", "x.exe"]],
  ["日本語ひらカタカナ", ["日", "本", "語", "ひ", "ら", "カタカナ"]],
  ["สวัสดีครับ x", ["สวัสดีครับ", "x"]], // one run, where ICU has a dictionary
  ["한국어 test", ["한국어", "test"]],
  ["e\u0301te\u0301", ["e\u0301te\u0301"]],
  ["👩‍👩‍👧 ok 🇩🇪🇫🇷", ["👩‍👩‍👧", "ok", "🇩🇪", "🇫🇷"]],
  ["__ _a_ ---", ["_a_"]],
  ["צה\"ל ג'", ['צה"ל', "ג'"]],
  ["", []],
];

for (const [text, expected] of examples) {
  test(`words of ${JSON.stringify(text)}`, () => assert.deepEqual(words(text), expected));
}

test("a long word is cut in pieces of 255", () => {
  assert.deepEqual(
    words(`${"x".repeat(600)} y`).map(({ length }) => length),
    [255, 255, 90, 1],
  );
});

test("words are those of ICU, but for what is known to differ", () => {
  const char = fc.constantFrom(..."abZ09éñß .,:;'\"_-/\\@#$%\t\n(){}&=+".split(""));
  fc.assert(
    fc.property(fc.array(char, { maxLength: 40 }), (chars) => {
      const text = chars.join("");
      assert.deepEqual(words(text), naiveWords(text));
    }),
    { numRuns: 5000 },
  );
});

test("any text ends in words that are in it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
      for (const word of words(text)) assert.ok(word.length > 0);
      assert.ok(words(text).join("").length <= text.length * 2);
    }),
  );
});
