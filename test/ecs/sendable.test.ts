import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { sendableJson } from "../../src/ecs/json.ts";

/** What SQS and SNS take: #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: tab, line feed and carriage return are taken
const TAKEN = /^[\u0009\u000a\u000d\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;

test("JSON that a topic and a queue take, of the same value", () => {
  const unit = fc.oneof(
    fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    fc.constantFrom("\ufffe", "\uffff", "\\", '"', "\u{1f600}", "\ud83d"),
  );
  const text = fc.string({ unit });
  fc.assert(
    fc.property(fc.dictionary(text, fc.oneof(text, fc.array(text))), (value) => {
      const json = sendableJson(value);
      assert.match(json, TAKEN);
      assert.deepEqual(JSON.parse(json), JSON.parse(JSON.stringify(value)));
    }),
  );
  assert.equal(sendableJson({ "\ufffe": "\\\uffff" }), '{"\\ufffe":"\\\\\\uffff"}');
});

test("all other JSON is written as JSON.stringify writes it", () => {
  const value = { a: [1, JSON.rawJSON("1.0"), null], "é\u2028": "\u0000\ud800" };
  assert.equal(sendableJson(value), JSON.stringify(value));
});
