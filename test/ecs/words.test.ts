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
  ["1\u066b5 1\u066c000 a\u066bb", ["1\u066b5", "1\u066c000", "a\u066bb"]], // U+066B is a digit to it, U+066C a comma
  ["", []],
];

for (const [text, expected] of examples) {
  test(`words of ${JSON.stringify(text)}`, () => assert.deepEqual(words(text), expected));
}

const x = (length: number) => "x".repeat(length);
const LONG: readonly (readonly [string, readonly string[]])[] = [
  [`${x(600)} y`, [x(255), x(255), x(90), "y"]],
  [`${x(254)}.y`, [x(254), "y"]], // the point ends the window, and so joins nothing
  [`${x(253)}.y`, [`${x(253)}.y`]],
  [`${x(253)}.yz`, [`${x(253)}.y`, "z"]],
  [`${x(250)}...y`, [x(250), "y"]],
  [`${x(254)}_y`, [`${x(254)}_`, "y"]],
  [`${x(254)}\u{1d400}y`, [x(254), "\u{1d400}y"]], // half a character is not taken
  [`${x(253)}\u{1d400}y`, [`${x(253)}\u{1d400}`, "y"]],
  [`${x(254)}e\u0301t`, [`${x(254)}e`, "t"]], // a mark without what it follows is no word
  [`${"_".repeat(300)}a`, [`${"_".repeat(254)}a`]],
  [`${"_".repeat(300)}\u{1d400}`, [`${"_".repeat(253)}\u{1d400}`]],
  [`${"1,".repeat(200)}1`, [`${"1,".repeat(127)}1`, `${"1,".repeat(72)}1`]],
];
for (const [text, expected] of LONG) {
  test(`a window of 255 from where a word begins: ${text.slice(0, 3)}${text.slice(-8)}`, () =>
    assert.deepEqual(words(text), expected));
}

test("words are those of one window after the other", () => {
  const part = fc.tuple(fc.constantFrom(..."aB9é.:,_' -\u{1d400}"), fc.nat({ max: 300 }));
  const windowed = (text: string): string[] => {
    const found: string[] = [];
    for (let at = 0; at < text.length; ) {
      const window = text.slice(at, at + 255).replace(/[\ud800-\udbff]$/, "");
      const [word = ""] = naiveWords(window);
      const begins = word !== "" && window.toLowerCase().startsWith(word);
      if (begins) found.push(word);
      at += begins ? word.length : String.fromCodePoint(text.codePointAt(at) ?? 0).length;
    }
    return found;
  };
  fc.assert(
    fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
      const text = parts.map(([char, count]) => char.repeat(count)).join("");
      assert.deepEqual(words(text), windowed(text));
    }),
    { numRuns: 150 },
  );
});

test("work grows with the text, whatever stands in it", () => {
  // Runs of connectors took time by the square of their length.
  for (const part of [
    "_",
    `${"_".repeat(254)}-`,
    `${"_".repeat(600)}a`,
    "_\u0301",
    "a\u0301",
    "a:",
    "1,",
    "\u{1f468}\u200d",
    "x",
  ]) {
    words(part.repeat(Math.ceil(1_000_000 / part.length)));
  }
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
