import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { jsonBlocks } from "../../../src/workbench/input/json-blocks.ts";
import { fileOf, gather, read } from "./reading.ts";

const START = Date.UTC(2026, 0, 1);
const documents = Array.from({ length: 20 }, (_, n) => ({
  "@timestamp": new Date(START + n * 1000).toISOString(),
  event: { category: ["process"], id: `e${n}` },
  host: { id: `h${n % 3}`, name: 'a "quoted" { name ] \\' },
  message: n % 2 === 0 ? "two\nlines, and ünïcode €" : "",
  records: [{ data: 1 }],
  n,
}));
const json = documents.map((document) => JSON.stringify(document));
const ndjson = `${json.join("\n")}\n`;
const pretty = documents.map((document) => JSON.stringify(document, undefined, 2));
const base64 = (text: string | Buffer) => Buffer.from(text).toString("base64");
const hits = documents.map((_source, n) => ({ _index: "logs", _id: String(n), _score: 1, _source, sort: [n] }));
const searchResponse = { took: 3, _shards: { total: 1 }, hits: { total: { value: 20 }, hits } };
const kinesis = (data: string, n: number) => ({
  kinesis: { data, partitionKey: "k", sequenceNumber: String(n), approximateArrivalTimestamp: START / 1000 + n },
  eventID: `shardId-0:${n}`,
});
const logEvents = json.map((message, n) => ({ id: String(n), timestamp: START + n * 1000, message }));
const envelope = {
  messageType: "DATA_MESSAGE",
  owner: "1",
  logGroup: "g",
  logStream: "s",
  subscriptionFilters: ["f"],
  logEvents,
};

const eachSecond = documents.map((_, n) => START + n * 1000);
const atOnce = documents.map(() => START);

interface Format {
  readonly content: string | Buffer;
  readonly arrivals?: readonly number[];
}
const texts: Readonly<Record<string, Format>> = {
  NDJSON: { content: ndjson },
  "NDJSON without a last newline": { content: json.join("\n") },
  "lines with carriage returns": { content: json.join("\r\n") },
  "blank lines between": { content: json.join("\n\n \n") },
  "a byte order mark": { content: `\ufeff${ndjson}` },
  "an array on one line": { content: JSON.stringify(documents) },
  "an array, pretty": { content: JSON.stringify(documents, undefined, 2) },
  "an array, a document a line": { content: `[\n${json.join(",\n")}\n]\n` },
  "an array with a byte order mark": { content: `\ufeff${JSON.stringify(documents)}` },
  "batches of lines, end to end": { content: [0, 5, 10, 15].map((n) => json.slice(n, n + 5).join("\n")).join("") },
  "end to end": { content: json.join("") },
  pretty: { content: pretty.join("\n") },
  "pretty, behind lines": { content: [...json.slice(0, 7), ...pretty.slice(7)].join("\n") },
  "lines, behind pretty ones": { content: [...pretty.slice(0, 7), ...json.slice(7)].join("\n") },
  "hits, one a line": { content: hits.map((hit) => JSON.stringify(hit)).join("\n") },
  "hits in an array": { content: JSON.stringify(hits) },
  "a search response": { content: JSON.stringify(searchResponse) },
  "a search response, pretty": { content: JSON.stringify(searchResponse, undefined, 2) },
  "a bulk request": { content: json.map((line) => `{"create":{"_index":"logs"}}\n${line}\n`).join("") },
  "a Kinesis delivery": {
    content: JSON.stringify({ Records: json.map((line, n) => kinesis(base64(line), n)) }),
    arrivals: eachSecond,
  },
  "Kinesis deliveries, one a line": {
    content: json.map((line, n) => JSON.stringify({ Records: [kinesis(base64(line), n)] })).join("\n"),
    arrivals: eachSecond,
  },
  "a Kinesis record of gzip": {
    content: JSON.stringify({ Records: [kinesis(base64(gzipSync(ndjson)), 0)] }),
    arrivals: atOnce,
  },
  "a Kinesis record that is an array": {
    content: JSON.stringify({ Records: [kinesis(base64(JSON.stringify(documents)), 0)] }),
    arrivals: atOnce,
  },
  "aws kinesis get-records": {
    content: JSON.stringify({
      Records: json.map((line, n) => ({
        SequenceNumber: String(n),
        ApproximateArrivalTimestamp: new Date(START + n * 1000).toISOString(),
        Data: base64(line),
        PartitionKey: "k",
      })),
      MillisBehindLatest: 0,
    }),
    arrivals: eachSecond,
  },
  "a Firehose delivery": {
    content: JSON.stringify({
      invocationId: "i",
      deliveryStreamArn: "arn",
      records: json.map((line, n) => ({
        recordId: String(n),
        approximateArrivalTimestamp: START + n * 1000,
        data: base64(line),
      })),
    }),
    arrivals: eachSecond,
  },
  "a CloudWatch Logs envelope": { content: JSON.stringify(envelope), arrivals: eachSecond },
  "aws logs get-log-events": { content: JSON.stringify({ events: logEvents }, undefined, 4), arrivals: eachSecond },
  "an exported log": {
    content: json.map((line, n) => `${new Date(START + n * 1000).toISOString()} ${line}`).join("\n"),
    arrivals: eachSecond,
  },
  "aws logs tail": {
    content: json.map((line, n) => `2026-01-01T00:00:${String(n).padStart(2, "0")}+00:00 stream/1 ${line}`).join("\n"),
    arrivals: eachSecond,
  },
  "a CloudTrail file is its records": {
    content: JSON.stringify({
      Records: documents.map((document) => ({ eventVersion: "1", eventSource: "s", eventName: "n", ...document })),
    }),
  },
};
const plain = (name: string) =>
  name.startsWith("a CloudTrail")
    ? documents.map((document) => ({ eventVersion: "1", eventSource: "s", eventName: "n", ...document }))
    : documents;

const packed: Readonly<Record<string, Format>> = {
  gzip: { content: gzipSync(ndjson) },
  "gzip in two members": {
    content: Buffer.concat([gzipSync(json.slice(0, 9).join("")), gzipSync(json.slice(9).join(""))]),
  },
  zstd: { content: zstdCompressSync(ndjson) },
  "zstd in two frames": {
    content: Buffer.concat([
      zstdCompressSync(`${json.slice(0, 9).join("\n")}\n`),
      zstdCompressSync(json.slice(9).join("\n")),
    ]),
  },
  "gzip of gzip": { content: gzipSync(gzipSync(ndjson)) },
  "gzip of zstd of an array": { content: gzipSync(zstdCompressSync(JSON.stringify(documents))) },
  "a log envelope in gzip": { content: gzipSync(JSON.stringify(envelope)), arrivals: eachSecond },
  "UTF-16, little end first": { content: Buffer.from(`\ufeff${ndjson}`, "utf16le") },
  "UTF-16, big end first": { content: Buffer.from(`\ufeff${ndjson}`, "utf16le").swap16() },
  "UTF-16 without its mark": { content: Buffer.from(ndjson, "utf16le") },
};

for (const [name, { content, arrivals = [] }] of Object.entries({ ...texts, ...packed })) {
  test(`the same documents out of: ${name}`, async () => {
    const found = await read(fileOf(content));
    assert.deepEqual(found.problems, []);
    assert.deepEqual(found.documents, plain(name));
    assert.deepEqual(found.arrivals, arrivals);
    for (const block of found.blocks) {
      const lines = block.bytes.toString().split("\n").length - 1;
      if (block.arrivals !== undefined) assert.equal(block.arrivals.length, lines);
    }
  });
}

test("wherever chunks end, the documents are the same", async () => {
  for (const [name, { content, arrivals = [] }] of Object.entries(texts)) {
    const bytes = Buffer.from(content);
    for (const size of [1, 2, 3, 7, 64]) {
      const chunks = async function* () {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      };
      const problems: string[] = [];
      const found = await gather(jsonBlocks(name, chunks(), { add: (message) => problems.push(message), close() {} }));
      assert.deepEqual(problems, [], `${name} in chunks of ${size}`);
      assert.deepEqual(found.documents, plain(name), `${name} in chunks of ${size}`);
      assert.deepEqual(found.arrivals, arrivals, `${name} in chunks of ${size}`);
    }
  }
});

test("rows of Parquet are documents: columns by their dotted names, integers exact, times as text, nothing for null", async () => {
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: "@timestamp", data: documents.map((each) => new Date(each["@timestamp"])), type: "TIMESTAMP" },
      { name: "host.id", data: documents.map(({ host }) => host.id), type: "STRING" },
      { name: "big", data: documents.map((_, n) => 9007199254740993n + BigInt(n)), type: "INT64" },
      { name: "odd", data: documents.map((_, n) => (n % 2 === 1 ? n : null)), type: "INT32", nullable: true },
    ],
    rowGroupSize: 6,
  });
  const found = await read(fileOf(new Uint8Array(buffer)));
  assert.deepEqual(found.problems, []);
  assert.match(found.blocks[0]?.bytes.toString() ?? "", /"big":9007199254740993[,}]/);
  assert.deepEqual(
    found.documents.map((row) => {
      const { big, ...rest } = row as Record<string, unknown>;
      return rest;
    }),
    documents.map((each, n) => ({
      "@timestamp": each["@timestamp"],
      "host.id": each.host.id,
      ...(n % 2 === 1 ? { odd: n } : {}),
    })),
  );
});

test("a control message of CloudWatch Logs and an empty answer hold no documents", async () => {
  const control = [{ id: "", timestamp: 1, message: "CWL CONTROL MESSAGE: Checking health of destination" }];
  for (const content of [
    { ...envelope, messageType: "CONTROL_MESSAGE", logEvents: control },
    { took: 1, _shards: {}, hits: { total: 0, hits: [] } },
    { Records: [], MillisBehindLatest: 0 },
  ]) {
    const found = await read(fileOf(JSON.stringify(content)));
    assert.deepEqual([found.documents, found.problems], [[], []]);
  }
});

test("Parquet that is cut short or damaged is a problem, and so is packed Parquet", async () => {
  const column = { name: "a", data: Array.from({ length: 5000 }, (_, n) => `value ${n}`), type: "STRING" } as const;
  const whole = Buffer.from(parquetWriteBuffer({ columnData: [column], rowGroupSize: 1000 }));
  const damaged = Buffer.from(whole).fill(0xff, 20, 60);
  for (const bytes of [whole.subarray(0, whole.length / 2), damaged, gzipSync(whole), whole.subarray(0, 4)]) {
    const { problems } = await read(fileOf(bytes));
    assert.ok(problems.length > 0);
  }
  assert.ok((await read(fileOf(damaged))).documents.length >= 4000);
});

test("numbers keep their text on every way", async () => {
  const exact = '{"a":9223372036854775807,"b":1.0,"c":1e400}';
  const ways = [
    `${exact}\n`,
    `[${exact}]`,
    `{"_id":"1","_source":${exact}}`,
    `{"_shards":{},"hits":{"hits":[{"_id":"1","_source":${exact}}]}}`,
    JSON.stringify({ Records: [kinesis(base64(exact), 0)] }),
    JSON.stringify({ ...envelope, logEvents: [{ id: "1", timestamp: 1, message: exact }] }),
  ];
  for (const way of ways) {
    const { blocks } = await read(fileOf(way));
    assert.equal(Buffer.concat(blocks.map(({ bytes }) => bytes)).toString(), `${exact}\n`, way);
  }
});

test("an event that only looks like a wrapping is an event", async () => {
  const events = [
    { hits: { hits: 3 } },
    { records: [{ data: "x" }], Records: [1] },
    { logEvents: ["a"], events: [] },
    { _source: { a: 1 } },
    { index: { name: "i" } },
    { Records: [{ kinesis: { data: 1 } }] },
  ];
  const { documents: found, problems } = await read(fileOf(JSON.stringify(events)));
  assert.deepEqual(found, events);
  assert.deepEqual(problems, []);
});
