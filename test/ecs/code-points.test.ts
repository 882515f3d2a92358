import assert from "node:assert/strict";
import { test } from "node:test";
import * as running from "../../scripts/unicode-properties.ts";
import { KINDS, lowerCaseOf, simpleFoldOf, type WordKind, wordKindOf } from "../../src/ecs/code-points.ts";
import { lowerCase } from "../../src/ecs/keyword.ts";
import { globPattern } from "../../src/ecs/pattern.ts";
import { UNICODE_VERSION } from "../../src/ecs/unicode.ts";
import { words } from "../../src/ecs/words.ts";

const CODES = 0x110000;

// A newer Node may know more characters. The tables stay as they are until they are written anew, on purpose.
const skip =
  process.versions["unicode"] === UNICODE_VERSION ? false : `this Node has Unicode ${process.versions["unicode"]}`;

function differing(differs: (code: number) => boolean): string[] {
  const found: string[] = [];
  for (let code = 0; code < CODES; code++) if (differs(code)) found.push(code.toString(16));
  return found;
}

test("the tables say of every code point what this Node says", { skip }, () => {
  const kindOf = (code: number): WordKind => KINDS[running.wordKindOf(code)];
  assert.deepEqual(
    differing((code) => wordKindOf(code) !== kindOf(code)),
    [],
  );
  assert.deepEqual(
    differing((code) => (lowerCaseOf(code) ?? code) !== running.lowerCaseOf(code)),
    [],
  );
  assert.deepEqual(
    differing((code) => simpleFoldOf(code) !== running.simpleFoldOf(code)),
    [],
  );
});

test("text is lower-cased by the tables, by whatever short cut", () => {
  const wrong = differing((code) => {
    const char = String.fromCodePoint(code);
    const expected = String.fromCodePoint(lowerCaseOf(code) ?? code);
    return [char, `${char}A`, `Ω${char}`].some(
      (text) => lowerCase(text) !== text.replace(char, expected).replace("A", "a").replace("Ω", "ω"),
    );
  });
  assert.deepEqual(wrong, []);
});

test("ASCII has its kinds without the tables", () => {
  for (let code = 0; code < 128; code++) {
    const char = String.fromCharCode(code);
    // What stands between letters and between digits tells the kinds apart.
    const shape = (text: string) => words(text).length;
    const joins = [shape(`a${char}a`), shape(`1${char}1`), shape(`a${char}`), shape(char)].join("");
    const expected: Partial<Record<WordKind, string>> = {
      letter: "1111",
      digit: "1111",
      connector: "1110",
      colon: "1210",
      comma: "2110",
      point: "1110",
      apostrophe: "1110",
      quote: "2210",
      other: "2210",
    };
    assert.equal(joins, expected[wordKindOf(code)], JSON.stringify(char));
  }
});

test("case is folded one code point for one, and only where it is not escaped", () => {
  const pairs = ["aA", "s\u017f", "k\u212a", "\u03bc\u00b5", "σς", "ω\u2126", "å\u212b", "ǆǅ", "ßẞ", "ꭰᎠ", "𐐨𐐀"];
  for (const pair of pairs) {
    const [a = "", b = ""] = Array.from(pair);
    assert.equal(globPattern(a, true)(b), true, pair);
    assert.equal(globPattern(b, true)(a), true, pair);
    assert.equal(globPattern(a, false)(b), false, pair);
    assert.equal(globPattern(`\\${a}`, true)(b), false, pair);
  }
  assert.equal(globPattern("i", true)("İ"), false);
  assert.equal(globPattern("ss", true)("ß"), false);
});
