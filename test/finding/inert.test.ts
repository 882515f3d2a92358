import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { inert } from "../../src/finding/inert.ts";
import { reasonFor } from "../../src/finding/reason.ts";
import { UNSEEN, unseenCharacters } from "./unseen.ts";

test("every character that cannot be seen is shown as an escape that names it", () => {
  for (const char of unseenCharacters()) {
    const code = (char.codePointAt(0) ?? 0).toString(16);
    const shown = code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`;
    if (inert(`a${char}b`) !== `a${shown}b`) assert.fail(`U+${code}: ${inert(char)}`);
  }
});

test("what can be seen is left as it is", () => {
  for (const text of ["", "curl", "é e\u0301 ΑΣ 日本語 \u{1f600}", "a \\u202e b"]) assert.equal(inert(text), text);
});

test("a limit holds, and cuts neither a character nor an escape", () => {
  assert.equal(inert("abc\n", 8), "abc");
  assert.equal(inert("abc\n", 9), "abc\\u000a");
  assert.equal(inert("ab\u{1f600}", 3), "ab");
  const any = fc.string({ unit: fc.oneof(fc.constantFrom("\n", "\u{e0001}", "\ud800", "\u{1f600}"), fc.string()) });
  fc.assert(
    fc.property(any, fc.nat(40), (text, limit) => {
      const shown = inert(text, limit);
      assert.ok(shown.length <= limit && shown.isWellFormed() && inert(text).startsWith(shown));
    }),
  );
});

test("nothing unseen gets into a reason, from whichever field it reads", () => {
  const harmless = (hostile: string): string => {
    const thing = { name: hostile, ip: hostile, port: hostile };
    const process = { name: hostile, parent: { name: hostile } };
    const event = { category: hostile };
    const whole = { event, process, file: thing, source: thing, destination: thing, user: thing, host: thing };
    const reason = reasonFor(whole, "low", "R");
    assert.doesNotMatch(reason, UNSEEN);
    return reason;
  };
  let some = "";
  for (const char of unseenCharacters()) {
    some += char;
    if (some.length < 40) continue;
    harmless(some);
    some = "";
  }
  harmless(some);
  assert.ok(harmless("a\nb").includes("by a\\u000ab on a\\u000ab created low alert R."));
});

test("a reason reads as many values as it shows", () => {
  const many = Array.from({ length: 300_000 }, (_, at) => at);
  const reason = reasonFor({ user: { name: many }, host: { name: ["", null, {}, "h"] } }, "low", "R");
  assert.ok(reason.startsWith("event by 0, 1, 2, ") && reason.endsWith(" on , h created low alert R."));
  assert.ok(reason.length < 320);
});
