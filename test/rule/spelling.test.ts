import assert from "node:assert/strict";
import { test } from "node:test";
import { editDistance, nearest } from "../../src/rule/spelling.ts";

test("a distance counts letters put in, left out, changed and swapped", () => {
  assert.equal(editDistance("index", "index", 2), 0);
  assert.equal(editDistance("idnex", "index", 2), 1);
  assert.equal(editDistance("indx", "index", 2), 1);
  assert.equal(editDistance("indexes", "index", 2), 2);
  assert.equal(editDistance("indicess", "index", 2), 3);
  assert.equal(editDistance("", "abc", 2), 3);
  assert.equal(editDistance("x".repeat(10_000), "x".repeat(10_000), 2), 3);
});

test("the nearest name is the one with the fewest mistakes, and never the name itself", () => {
  const known = ["process.name", "process.args", "user.name", "user.id"];
  assert.equal(nearest("proces.name", known), "process.name");
  assert.equal(nearest("Process.Name", known), "process.name");
  assert.equal(nearest("user.nmae", known), "user.name");
  assert.equal(nearest("user.xy", known), undefined);
  assert.equal(nearest("process.name", known), undefined);
});
