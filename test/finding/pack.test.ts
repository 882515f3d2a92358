import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { DICTIONARY_1 } from "../../src/finding/dictionary.ts";
import { pack, unpack } from "../../src/finding/pack.ts";

const LIMIT = 100_000;

test("what is packed comes out as it went in, in the form there is now and in the one before", () => {
  const recorded = readFileSync("test/finding/ordinary-findings.jsonl", "utf8").trimEnd().split("\n");
  for (const text of [...recorded, "", "é\u{1f600}\u2028", "x".repeat(LIMIT)]) {
    assert.equal(unpack(pack(text), LIMIT), text);
    assert.equal(unpack(gzipSync(text), LIMIT), text);
  }
});

test("a dictionary is never changed: what lies in tables was made with it", () => {
  const digest = createHash("sha256").update(DICTIONARY_1).digest("hex");
  assert.equal(digest, "b6b1fa400c4908afa4f841435752e67a0dbb5af030bbdb5804e367678765d28f");
  assert.equal(pack("")[0], 1);
  // Made once, and kept: that it still opens is the promise.
  assert.equal(unpack(Buffer.from("AauGj/OAU0sGeHCKCg2sWgA=", "base64"), LIMIT), STORED_TEXT);
});

const STORED_TEXT = '{"host":{"id":"h1"},"kibana.alert.status":"active","kibana.alert.workflow_status":"open"}';

test("neither is anything else opened, nor more than the limit", () => {
  for (const bytes of [[], [0], [2, 3, 0], [1], [1, 255, 255], [0x1f, 0x8b, 0]]) {
    assert.throws(() => unpack(new Uint8Array(bytes), LIMIT), Error, String(bytes));
  }
  for (const packed of [pack("x".repeat(LIMIT + 1)), gzipSync("x".repeat(LIMIT + 1))]) {
    assert.throws(() => unpack(packed, LIMIT), RangeError);
  }
});
