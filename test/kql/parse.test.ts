import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "../../src/kql/parse.ts";
import { KqlSyntaxError } from "../../src/kql/syntax-error.ts";

function errorOf(query: string): KqlSyntaxError {
  try {
    parse(query);
  } catch (error) {
    if (error instanceof KqlSyntaxError) return error;
    throw error;
  }
  return assert.fail(`${query} parses`);
}

test("an error shows the line and a caret under the place", () => {
  assert.equal(
    errorOf('host.name:"a" and\nprocess.name:(bash or )').message,
    'Expected "(", NOT, value but ")" found.\nprocess.name:(bash or )\n                      ^',
  );
  assert.equal(errorOf("a:").message, 'Expected "(", "{", value but end of input found.\na:\n  ^');
  assert.equal(errorOf("\n:x").offset, 1);
});

test("an error in a long line shows the part around the place", () => {
  const { message } = errorOf(`${"a:b and ".repeat(100)}c::d`);
  assert.ok((message.split("\n")[1] ?? "").length <= 120);
});

test("brackets are capped, so that no query ends the stack", () => {
  assert.match(errorOf(`${"(".repeat(100_000)}a:b`).message, /at most 200 brackets/);
  assert.match(errorOf(`a:${"(".repeat(100_000)}b`).message, /at most 200 brackets/);
  assert.match(errorOf("a:{".repeat(100_000)).message, /at most 200 brackets/);
  assert.equal(parse(`${"(".repeat(200)}a:b${")".repeat(200)}`).kind, "is");
});

test("work grows with the text, not with what an attacker makes of it", () => {
  // Each of these took a backtracking or rescanning parser minutes; the runner's own limit catches that.
  const many = 100_000;
  parse(`a:${"x ".repeat(many)}`);
  parse(`a:x${" ".repeat(many)}y`);
  parse(`a:(${"x or ".repeat(many)}y)`);
  parse(`a:"${'\\"'.repeat(many)}"`);
  assert.equal(errorOf(`a:x${" ".repeat(many)}or${" ".repeat(many)}`).offset, 3 + many + 2 + many);
});
