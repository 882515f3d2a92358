import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readUserStream } from "../../src/local/user-stream.ts";
import { InputError } from "../../src/workbench/input/input-error.ts";

const folder = mkdtempSync(join(tmpdir(), "firstsight-user-"));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const events = [{ event: { id: "1" } }, { event: { id: "2" }, message: "a\nb" }];

test("a byte order mark, an array, pretty-printed events: each event is a record, and nothing is a problem", async () => {
  const contents = {
    mark: `\ufeff${events.map((event) => JSON.stringify(event)).join("\n")}`,
    array: JSON.stringify(events),
    pretty: events.map((event) => JSON.stringify(event, undefined, 2)).join("\n"),
    "pretty array": JSON.stringify(events, undefined, 2),
  };
  for (const [name, content] of Object.entries(contents)) {
    const { records, problems } = await readUserStream(file(name, content));
    assert.deepEqual(problems, [], name);
    assert.deepEqual(
      records.map(({ data }) => JSON.parse(data.toString())),
      events,
      name,
    );
  }
});

test("a line that is none is sent, to be quarantined; what cannot be told apart is left out; each is named", async () => {
  const { records, problems } = await readUserStream(file("broken", '{"n":1}\n{broken}\n{cut\n\n{"n":5}\n'));
  assert.deepEqual(
    records.map(({ data }) => data.toString()),
    ['{"n":1}', "{broken}", '{"n":5}'],
  );
  assert.deepEqual(problems.map(({ line }) => line).sort(), [2, 3]);
});

test("what a stream cannot take is an error in words", async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [file("long", `{"n":1}\n{"n":"${"x".repeat(1_000_000)}"}\n`), /long:2: the event has 1000008 bytes/],
    [file("empty", "\n\n"), /empty holds no events: expected JSON objects/],
    [file("text", "hello\n"), /text holds no events: no JSON object/],
    [join(folder, "none"), /none: there is no such file/],
  ];
  for (const [path, message] of cases) {
    await assert.rejects(readUserStream(path), (error) => error instanceof InputError && message.test(error.message));
  }
});
