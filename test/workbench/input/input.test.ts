import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { Block } from "../../../src/workbench/input/blocks.ts";
import { readInput, sizeOfInput } from "../../../src/workbench/input/input.ts";
import { InputError } from "../../../src/workbench/input/input-error.ts";
import type { InputProblem } from "../../../src/workbench/input/problems.ts";

const folder = mkdtempSync(join(tmpdir(), "firstsight-input-"));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function read(...paths: string[]): Promise<{ readonly blocks: Block[]; readonly problems: InputProblem[] }> {
  const blocks: Block[] = [];
  const problems: InputProblem[] = [];
  for await (const block of readInput(paths, { onProblem: (problem) => problems.push(problem) })) blocks.push(block);
  return { blocks, problems };
}

const text = (blocks: readonly Block[]) => Buffer.concat(blocks.map(({ bytes }) => bytes)).toString();

test("a file of lines comes through as it is, in blocks that know their line", async () => {
  const all = Array.from({ length: 60_000 }, (_, n) => JSON.stringify({ n, text: "x".repeat(n % 90) }));
  const { blocks, problems } = await read(file("lines.ndjson", all.join("\n")));
  assert.equal(text(blocks), `${all.join("\n")}\n`);
  assert.deepEqual(problems, []);
  assert.ok(blocks.length > 2);
  for (const { bytes, first } of blocks) {
    assert.equal(JSON.parse(bytes.subarray(0, bytes.indexOf(10)).toString()).n, first - 1);
    assert.equal(bytes.at(-1), 10);
  }
});

test("a line that is too long is told once, by its number, and left out", async () => {
  const { blocks, problems } = await read(
    file("long.ndjson", `{"n":1}\n{"n":"${"x".repeat(11 * 1024 * 1024)}"}\n{"n":3}\n`),
  );
  assert.equal(text(blocks), '{"n":1}\n{"n":3}\n');
  assert.deepEqual(
    blocks.map(({ first }) => first),
    [1, 3],
  );
  assert.equal(problems.length, 1);
  assert.equal(problems[0]?.line, 2);
});

test("folders are walked in order, hidden files left out; an empty file is none of anyone's errors", async () => {
  mkdirSync(join(folder, "walk", "b"), { recursive: true });
  file("walk/c.ndjson", '{"n":3}\n');
  file("walk/a.ndjson", '{"n":1}');
  file("walk/.hidden", '{"n":0}\n');
  file("walk/b/deep.ndjson", '{"n":2}\n');
  file("walk/b/empty.ndjson", "");
  const { blocks, problems } = await read(join(folder, "walk"));
  assert.equal(text(blocks), '{"n":1}\n{"n":2}\n{"n":3}\n');
  assert.deepEqual(problems, []);
  assert.equal(sizeOfInput([join(folder, "walk")]), 23);
  assert.equal(sizeOfInput([join(folder, "walk"), "-"]), undefined);
});

test("what is not there is an error before anything is read", async () => {
  await assert.rejects(
    read(file("there.ndjson", "{}\n"), join(folder, "none.ndjson")),
    (error) => error instanceof InputError && /none\.ndjson: there is no such file/.test(error.message),
  );
});

test("a minus is standard input; a reader that leaves leaves nothing open", async () => {
  const script = `
    const { readInput } = await import(${JSON.stringify(new URL("../../../src/workbench/input/input.ts", import.meta.url).href)});
    for await (const { source, bytes } of readInput(["-"], { onProblem: console.error })) {
      process.stdout.write(source + bytes);
      break;
    }`;
  const child = execFile(process.execPath, ["--input-type=module", "-e", script]);
  let output = "";
  child.stdout?.on("data", (text: string) => {
    output += text;
  });
  child.stdin?.end(gzipSync('[{"n":1},\n{"n":2}]'));
  const [code] = await once(child, "close");
  assert.equal(code, 0);
  assert.equal(output, '-{"n":1}\n{"n":2}\n');
});

test("progress comes to the size of the files", async () => {
  const paths = [file("a.gz", gzipSync("{}\n".repeat(1000))), file("b.ndjson", "{}\n".repeat(1_000_000))];
  let last = 0;
  const onProgress = (bytes: number) => {
    last = bytes;
  };
  for await (const _ of readInput(paths, { onProblem: ({ message }) => assert.fail(message), onProgress }));
  assert.equal(last, sizeOfInput(paths));
});
