import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { promisify } from "node:util";
import { createGzip, gzipSync } from "node:zlib";
import fc from "fast-check";
import { jsonBlocks } from "../../../src/workbench/input/json-blocks.ts";
import { fileOf, gather, read } from "./reading.ts";

const INPUT = new URL("../../../src/workbench/input/input.ts", import.meta.url).href;

/** Reads a file in a process of its own. Buffers are outside of the heap, so that it is the resident set that tells. */
async function readElsewhere(path: string) {
  const script = `
    const { readInput } = await import(${JSON.stringify(INPUT)});
    const before = process.memoryUsage.rss();
    let most = 0, lines = 0, problems = [];
    for await (const { bytes } of readInput([process.argv[1]], { onProblem: (problem) => problems.push(problem) })) {
      for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
      most = Math.max(most, process.memoryUsage.rss() - before);
    }
    most = Math.max(most, process.memoryUsage.rss() - before);
    console.log(JSON.stringify({ megabytes: most / 1e6, lines, problems }));`;
  const args = ["--max-old-space-size=64", "--input-type=module", "-e", script, path];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
  return JSON.parse(stdout) as { megabytes: number; lines: number; problems: { message: string; line?: number }[] };
}

async function gzipOf(part: Buffer, times: number): Promise<Buffer> {
  const gzip = createGzip({ level: 1 });
  const out: Buffer[] = [];
  gzip.on("data", (chunk: Buffer) => out.push(chunk));
  for (let n = 0; n < times; n++) await new Promise<void>((resolve) => gzip.write(part, () => resolve()));
  gzip.end();
  await once(gzip, "end");
  return Buffer.concat(out);
}

/** Measured 22 to 39. */
const MEGABYTES = 80;
const piece = JSON.stringify({ text: "x".repeat(1000) });

test("120 MB without a newline, text or string or brackets, take no memory to speak of, and are told once", async () => {
  for (const [start, filler] of [
    ["", "x"],
    ['{"a":"', "x"],
    ["", "["],
    ["", '{"a":'],
    ['{"a":[', "1,"],
  ] as const) {
    const bytes = await gzipOf(Buffer.from(filler.repeat(1_000_000 / filler.length)), 120);
    const { megabytes, lines, problems } = await readElsewhere(
      fileOf(Buffer.concat([gzipSync(start), bytes, gzipSync('\n{"n":1}\n')])),
    );
    assert.ok(megabytes < MEGABYTES, `${start}${filler}: ${megabytes} MB`);
    assert.equal(problems.length, 1, JSON.stringify(problems));
    assert.equal(problems[0]?.line, 1);
    // A document goes on over lines; a text, and a string that does not end, are over with theirs.
    assert.ok(lines <= 1);
  }
});

test("a small gzip that inflates to 200 MB is read as it comes", async () => {
  const lines = Buffer.from(`${piece}\n`.repeat(1000));
  const bomb = await gzipOf(lines, 200);
  assert.ok(bomb.length < 4_000_000);
  const found = await readElsewhere(fileOf(bomb));
  assert.equal(found.lines, 200_000);
  assert.ok(found.megabytes < MEGABYTES, `${found.megabytes} MB`);
});

test("an array, a search response and a file of records are never in memory whole", async () => {
  const hit = JSON.stringify({ _id: "1", _source: { text: "x".repeat(1000) } });
  const trail = JSON.stringify({ eventVersion: "1", eventSource: "s", eventName: "n", text: "x".repeat(1000) });
  for (const [start, element, end] of [
    ["[", piece, "]"],
    ['{"took":1,"_shards":{},"hits":{"total":1,"hits" : [', hit, ']},"aggregations":{"a":[{}]}}\n'],
    ['{"Records":[', trail, '],"more":{"b":"]"}}'],
  ] as const) {
    const middle = await gzipOf(Buffer.from(`${element},`.repeat(1000)), 120);
    const found = await readElsewhere(
      fileOf(Buffer.concat([gzipSync(start), middle, gzipSync(`${element}${end}{"n":1}`)])),
    );
    assert.deepEqual(found.problems, []);
    assert.equal(found.lines, 120_002, start);
    assert.ok(found.megabytes < MEGABYTES, `${start}: ${found.megabytes} MB`);
  }
});

test("deep nesting is one document's, and none of the next one's", async () => {
  const deep = `{"a":${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}}`;
  const { blocks, problems } = await read(fileOf(`{"n":1}\n${deep}\n{"n":3}\n[${deep},{"n":4}]`));
  assert.deepEqual(problems, []);
  assert.equal(
    Buffer.concat(blocks.map(({ bytes }) => bytes)).toString(),
    `{"n":1}\n${deep}\n{"n":3}\n${deep}\n{"n":4}\n`,
  );
});

const value = fc.json({ maxDepth: 4 }).map((text) => JSON.parse(text) as unknown);
const documentsOf = fc.array(fc.dictionary(fc.string(), value, { maxKeys: 5 }), { maxLength: 8 });

test("any documents, in any framing, in chunks of any size, are the same documents", async () => {
  const framings: readonly ((documents: readonly object[]) => string)[] = [
    (documents) => documents.map((document) => JSON.stringify(document)).join("\n"),
    (documents) => documents.map((document) => JSON.stringify(document)).join(""),
    (documents) => documents.map((document) => JSON.stringify(document, undefined, 1)).join("\n"),
    (documents) => JSON.stringify(documents),
    (documents) => JSON.stringify(documents, undefined, "\t"),
    (documents) => documents.map((_source) => JSON.stringify({ _id: "1", _source }, undefined, 1)).join(""),
  ];
  const framing = fc.constantFrom(...framings);
  await fc.assert(
    fc.asyncProperty(documentsOf, framing, fc.integer({ min: 1, max: 40 }), async (documents, frame, size) => {
      const bytes = Buffer.from(frame(documents));
      const chunks = async function* () {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      };
      const problems: string[] = [];
      const found = await gather(jsonBlocks("-", chunks(), { add: (message) => problems.push(message), close() {} }));
      assert.deepEqual(problems, []);
      assert.deepEqual(
        found.documents,
        documents.map((document) => JSON.parse(JSON.stringify(document))),
      );
    }),
    { numRuns: 500 },
  );
});

test("whatever breaks off among the lines of a file, each line that is an event comes through", async () => {
  const broken = fc.constantFrom(
    ...[
      '{"a":',
      '{"a":1,',
      '{"a":[',
      '{"a":"',
      '{"a":"x\r',
      '{"a":"\\',
      '{"a":"\\"',
      '{"a"}',
      '{"a":nul',
      '{"a":1}}',
      '{"a":1},',
    ],
    ...[
      '{"a":1}x"',
      '{"x":1}{"a":',
      '{"a":"}{"',
      "{}{",
      "{",
      "}",
      "[",
      "]",
      "[[]]",
      "[[",
      '[{"x":1},',
      ",",
      '"',
      "\\",
      "\0",
      "\ufeff",
    ],
    ...[
      '{"Records":[{"a":',
      '{"hits":{"hits":[{"_source":{"q":1}}',
      '{"index":{',
      '{"events":[',
      "2026-01-01T00:00:00Z {",
      "7",
      "a",
    ],
  );
  const events = fc.constantFrom(
    '{"n":_}',
    '{"n":_,"s":"}{\\""}',
    '{"n":_,"o":{"p":[1,{"q":2}]}}',
    '{"n":_,"events":[]}',
    '\ufeff{"n":_}',
  );
  const endings = fc.constantFrom("\n", "\r\n", "\n\n");
  const lines = fc.array(fc.oneof(events, broken), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(lines, endings, fc.integer({ min: 1, max: 100 }), async (some, ending, size) => {
      const numbered = ['{"n":_}', ...some].map((line, index) => line.replace("_", String(index)));
      const bytes = Buffer.from(numbered.join(ending));
      const chunks = async function* () {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      };
      let read = "";
      for await (const block of jsonBlocks("-", chunks(), { add() {}, close() {} })) read += block.bytes.toString();
      for (const line of numbered.map((each) => each.replace("\ufeff", "")))
        if (line.startsWith('{"n":')) assert.ok(read.includes(line), `${line}: ${read}`);
    }),
    { numRuns: 2000 },
  );
});

test("any bytes at all end in documents or problems", async () => {
  const shreds = fc.constantFrom(
    '{"a":1}',
    "{",
    "}",
    "[",
    "]",
    '"',
    "\\",
    "\n",
    ",",
    ":",
    '{"hits":{"hits":[',
    '{"Records":[',
    "1",
    "\ufeff",
    '"_source":',
    '"_id":',
    '{"index":{',
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(shreds, fc.string()), { maxLength: 40 }),
      fc.integer({ min: 1, max: 9 }),
      async (all, size) => {
        const bytes = Buffer.from(all.join(""));
        const chunks = async function* () {
          for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
        };
        for await (const block of jsonBlocks("-", chunks(), { add() {}, close() {} }))
          assert.equal(block.bytes.at(-1), 10);
      },
    ),
    { numRuns: 1000 },
  );
});
