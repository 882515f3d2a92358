import assert from "node:assert/strict";
import { test } from "node:test";
import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import { readInput } from "../../../src/workbench/input/input.ts";
import type { InputProblem } from "../../../src/workbench/input/problems.ts";
import { fileOf, read } from "./reading.ts";

const json = Array.from({ length: 20_000 }, (_, n) => JSON.stringify({ n, text: String(Math.sin(n)) }));
const ndjson = Buffer.from(`${json.join("\n")}\n`);
/** With a checksum, as the zstd command writes it. */
const zstd = (bytes: Buffer) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });

test("of compressed data that breaks off, what was readable is read, and the rest is a problem", async () => {
  for (const bytes of [gzipSync(ndjson), zstd(ndjson)]) {
    for (const cut of [bytes.subarray(0, bytes.length / 2), bytes.subarray(0, bytes.length - 4)]) {
      const { documents, problems } = await read(fileOf(cut));
      assert.ok(documents.length > 5000, `${documents.length}`);
      assert.deepEqual(documents[5000], JSON.parse(json[5000] ?? ""));
      assert.ok(
        problems.some(({ message }) => /compressed data breaks off/.test(message)),
        JSON.stringify(problems),
      );
    }
    const damaged = Buffer.from(bytes);
    damaged.fill(0, bytes.length / 2, bytes.length / 2 + 100);
    const problems: InputProblem[] = [];
    let length = 0;
    for await (const block of readInput([fileOf(damaged)], { onProblem: (problem) => problems.push(problem) })) {
      length += block.bytes.length;
    }
    assert.ok(length > ndjson.length / 3, `${length}`);
    assert.ok(problems.length > 0);
  }
});

test("padding behind compressed data is nothing, anything else a problem", async () => {
  for (const bytes of [gzipSync(ndjson), zstd(ndjson)]) {
    const padded = await read(fileOf(Buffer.concat([bytes, Buffer.alloc(1000)])));
    assert.equal(padded.documents.length, json.length);
    assert.deepEqual(padded.problems, []);
    const other = await read(fileOf(Buffer.concat([bytes, Buffer.from("something else")])));
    // Of gzip Node keeps back what it inflated together with the bytes that are none.
    assert.ok(other.documents.length > json.length * 0.6, `${other.documents.length}`);
    assert.ok(other.problems.length > 0);
  }
});

test("a broken piece costs itself: it is told by its line, and reading goes on", async () => {
  const cases: readonly (readonly [text: string, ns: readonly number[], lines: readonly number[]])[] = [
    ['{"n":1}\n{broken\n{"n":3}\n', [1, 3], [2]],
    ['{"n":1}\n{"n":"cut sho\n{"n":3}\n', [1, 3], [2]],
    ['{"n":1}\n{"n":\n{"n":3}\n', [1, 3], [2]],
    ['{"n":1}\n{"n":2,\n{"n":3}\n', [1, 3], [2]],
    ['{"n":1}\n{"n":[\n\n{"n":3}\n', [1, 3], [2]],
    ['{"n":1}\n[[]]\n{"n":3}\n', [1, 3], [2]],
    ['{"_index":"i","_source":{"n":1}}\n{"_source":\n{"_index":"i","_source":{"n":3}}\n', [1, 3], [2]],
    ['{"n":1}\nnot json\n{"n":3}', [1, 3], [2]],
    ['{"n":1}\n{"n":2} and more\n{"n":3}', [1, 2, 3], [2]],
    ['{"n":1}\n{"n":[1,2', [1], [2]],
    ['{\n"n":1\n}\n{\n"n":[2\n{"n":3}\n{"n":4}\n', [1, 3, 4], [4]],
    ['[{"n":1},\n{"n":"2\n,{"n":3}]', [1, 3], [2]],
    ["nothing of it", [], [1]],
    ['[[{"n":1}]]', [], [1]],
    ["", [], []],
    [" \n\n\t", [], []],
    ["[]", [], []],
  ];
  for (const [text, ns, lines] of cases) {
    const { documents, problems } = await read(fileOf(text));
    assert.deepEqual(
      documents.map((document) => (document as { n: number }).n),
      ns,
      text,
    );
    assert.deepEqual(
      problems.map(({ line }) => line),
      lines,
      text,
    );
  }
});

test("a record of a delivery that is no event is a problem, and its neighbours are events", async () => {
  const record = (data: string) => ({ kinesis: { data, approximateArrivalTimestamp: 1 }, eventID: "e" });
  const of = (text: string) => record(Buffer.from(text).toString("base64"));
  const { documents, problems } = await read(
    fileOf(JSON.stringify({ Records: [of('{"n":1}'), of("{broken"), record("%"), {}, of('{"n":2}\n{"n":3}')] })),
  );
  assert.deepEqual(documents, [{ n: 1 }, { n: 2 }, { n: 3 }]);
  assert.deepEqual(
    problems.map(({ message }) => message),
    [
      "a record that the function would put in quarantine: not_json",
      "a record that the function would put in quarantine: base64",
      "an element of Records that is unlike the first",
    ],
  );
});

test("after twenty, problems are summed up", async () => {
  const { problems, documents } = await read(fileOf(`${"garbage\n".repeat(100)}{"n":1}\n`));
  assert.equal(problems.length, 21);
  assert.equal(problems.at(-1)?.lines, 80);
  assert.equal(documents.length, 1);
});
