import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import type { JsonObject } from "../../src/ecs/json.ts";
import { lambdaRecord } from "../../src/local/kinesis-shards.ts";
import { kplAggregate } from "../../src/local/kpl-encode.ts";
import { cloudWatchLogs } from "../../src/local/sample-stream.ts";
import { RECORD_BUDGET } from "../../src/stream/budget.ts";
import { kinesisDelivery } from "../../src/stream/kinesis.ts";
import { pieces } from "../../src/stream/payload.ts";
import type { Piece } from "../../src/stream/record.ts";

function read(data: string | Buffer): Piece[] {
  return [...pieces({ id: "r", arrival: 0, bytes: Buffer.from(data) })];
}
const events = (found: readonly Piece[]) => found.flatMap((piece) => (piece.kind === "event" ? [piece.event] : []));
const positions = (found: readonly Piece[]) => found.flatMap((piece) => ("position" in piece ? [piece.position] : []));
const reasons = (found: readonly Piece[]) =>
  found.flatMap((piece) => (piece.kind === "rejected" || piece.kind === "cut" ? [piece.reason] : []));
const { documents: MAX_DOCUMENTS, inflatedBytes: MAX_INFLATED_BYTES } = RECORD_BUDGET;

const A = { host: { id: "a" } };
const B = { host: { id: "b" }, text: 'a "quoted" {brace}, \\ and \n a line' };
const [a, b] = [JSON.stringify(A), JSON.stringify(B)];

describe("framings", () => {
  const framings: Readonly<Record<string, string>> = {
    NDJSON: `${a}\n${b}\n`,
    "NDJSON with CRLF": `${a}\r\n${b}\r\n`,
    "end to end": `${a}${b}`,
    array: `[${a},${b}]`,
    "array over lines": `[\n  ${a},\n  ${b}\n]\n`,
    pretty: `${JSON.stringify(A, undefined, 2)}\n${JSON.stringify(B, undefined, 2)}`,
    "byte order mark": `\ufeff${a}\n${b}`,
    "RFC 7464": `\u001e${a}\n\u001e${b}\n`,
    "blank lines": `\n\n${a}\n \n${b}\n\n`,
  };
  for (const [name, text] of Object.entries(framings)) {
    test(`${name}, plain and gzip`, () => {
      for (const data of [Buffer.from(text), gzipSync(text)]) {
        assert.deepEqual(events(read(data)), [A, B]);
        assert.deepEqual(positions(read(data)), ["0", "1"]);
      }
    });
  }

  test("user records of an aggregate, each in a framing of its own", () => {
    const found = read(kplAggregate("k", [Buffer.from(a), gzipSync(`${a}\n${b}`)]));
    assert.deepEqual(events(found), [A, A, B]);
    assert.deepEqual(positions(found), ["0.0", "1.0", "1.1"]);
  });

  test("a CloudWatch Logs envelope, each log event by its place", () => {
    const found = read(gzipSync(cloudWatchLogs([a, `${a}\n${b}`], "log")));
    assert.deepEqual(events(found), [A, A, B]);
    assert.deepEqual(positions(found), ["0.0", "0.1", "0.1#1"]);
  });

  test("of a log event every line is JSON, or none is an event", () => {
    const message = `login failed for user bob\n${a}`;
    const found = read(cloudWatchLogs([message, b, `${a}\n${b}\n`], "log"));
    assert.deepEqual(events(found), [B, A, B]);
    const rejected = found.flatMap((piece) => (piece.kind === "rejected" ? [piece.bytes.toString()] : []));
    assert.deepEqual(rejected, [message]);
  });

  test("an envelope in a log event's message is somebody's event", () => {
    const inner = cloudWatchLogs([a], "inner");
    assert.deepEqual(events(read(cloudWatchLogs([inner], "outer"))), [JSON.parse(inner)]);
  });

  test("a control message is neither event nor poison", () => {
    assert.deepEqual(read(gzipSync(CONTROL)), [{ kind: "control" }]);
  });

  test("an event that has a messageType of its own is an event", () => {
    assert.deepEqual(events(read('{"messageType":"x"}')), [{ messageType: "x" }]);
    assert.deepEqual(events(read('{"messageType":{},"logEvents":[]}')), [{ messageType: {}, logEvents: [] }]);
    const disguised = { messageType: "CONTROL_MESSAGE", logEvents: [], host: { id: "a" } };
    assert.deepEqual(events(read(JSON.stringify(disguised))), [disguised]);
    const one = { ...(JSON.parse(CONTROL) as JsonObject), host: { id: "a" } };
    assert.deepEqual(events(read(JSON.stringify(one))), [one]);
  });

  test("nothing holds nothing", () => assert.deepEqual([...read(""), ...read("\n \n"), ...read(gzipSync(""))], []));
});

const CONTROL = JSON.stringify({
  messageType: "CONTROL_MESSAGE",
  owner: "CloudwatchLogs",
  logGroup: "",
  logStream: "",
  subscriptionFilters: [],
  logEvents: [{ id: "", timestamp: 0, message: "CWL CONTROL MESSAGE: Checking health of destination." }],
});

describe("framing cannot be talked into anything", () => {
  const forged = JSON.stringify({ host: { id: "forged" } });
  const lines: Readonly<Record<string, string>> = {
    "an access log's line": `203.0.113.9 - - "GET /" 200 12 - ${forged}`,
    "text behind": `${forged} 203.0.113.9`,
    "text between": `${forged} - ${forged}`,
    "braces that are no JSON before": `{'agent': ''} ${forged} {''}`,
    "braces that are no JSON behind": `${forged}{x}`,
    "a record separator, and a carriage return": `GET /\u001e${forged}\r${forged}`,
    "brackets too deep to be looked into": `{${"[".repeat(20_000)}${"]".repeat(20_000)}}${forged}`,
    "a quote that does not end": `${forged}{"a":"b`,
    "a word": `true${forged}`,
    "a closing brace too many": `${forged}}`,
  };
  for (const [name, line] of Object.entries(lines)) {
    test(`${name}: the line is rejected whole, and those around it are not`, () => {
      const found = read(`${a}\n${line}\n${b}`);
      assert.deepEqual(events(found), [A, B]);
      const rejected = found.flatMap((piece) => (piece.kind === "rejected" ? [piece.bytes.toString()] : []));
      assert.deepEqual(rejected, [line]);
    });
  }
  test("an object over lines, with text behind its last", () => {
    const found = read(`${a}\n${JSON.stringify(B, undefined, 2)} x\n${b}`);
    assert.deepEqual(events(found), [A, B]);
    assert.deepEqual(reasons(found), ["not_json"]);
  });
  test("objects within an array that begin in the first column are no documents", () => {
    const pretty = '{\n"host": {\n"id": "a"\n},\n"list": [\n{\n"a": 1\n},\n{\n"a": 2\n}\n]\n}';
    assert.deepEqual(events(read(`${pretty}\n${b}\n${pretty}`)), [JSON.parse(pretty), B, JSON.parse(pretty)]);
    assert.deepEqual(reasons(read(pretty)), []);
  });
  test("what is left of a document that was cut in two is no event, and what stands by itself behind it is", () => {
    const pretty = JSON.stringify({ list: [A, B], more: { a: 1 } }, undefined, 2);
    for (const from of [1, 5, 9, 30, 60]) {
      const found = read(`${pretty.slice(from)}\n${a}\n[${b}]\n[\n  ${a}\n]\n`);
      assert.deepEqual(events(found), [A, B, A], `from ${from}`);
    }
    assert.deepEqual(events(read(`  ${a}\n  ${b}\n`)), [A, B], "indented throughout");
    assert.deepEqual(events(read(`not json\n[\n  ${a},\n  ${b}\n]`)), [A, B], "in an array");
  });
  test("what is too much to tell whether it is JSON is not looked into", () => {
    const deep = `{\n"a":\n${"[\n".repeat(10_001)}${a}\n${"]\n".repeat(10_001)}}`;
    assert.deepEqual(reasons(read(deep)), ["too_deep"]);
    assert.deepEqual(events(read(`${deep}${b}\n${b}`)), [B]);
    const wide = `{\n"a":[\n${a},\n${"1,".repeat(1_000_001)}1\n]}`;
    assert.deepEqual(events(read(gzipSync(`${wide}${b}\n${b}`))), [B]);
  });
  test("a large or deep object on the line of others costs itself only", () => {
    const large = JSON.stringify({ text: "x".repeat(1_100_000) });
    const deep = `{"a":${"[".repeat(100)}${"]".repeat(100)}}`;
    for (const text of [`${a}${large}${deep}${b}`, `[${a},${deep},${large},${b}]`]) {
      const found = read(text);
      assert.deepEqual(events(found), [A, B]);
      assert.deepEqual(reasons(found).toSorted(), ["too_deep", "too_large"]);
    }
  });
  test("a hundred thousand braces that do not close take no longer than their number", () => {
    const left = { ...RECORD_BUDGET };
    let pieceCount = 0;
    for (const _ of pieces({ id: "r", arrival: 0, bytes: Buffer.from("{\n".repeat(100_000)) }, left)) {
      if (++pieceCount > RECORD_BUDGET.rejected) break; // as the reader does
    }
    assert.equal(pieceCount, RECORD_BUDGET.rejected + 1);
  });
});

describe("what cannot be read", () => {
  test("costs no neighbour", () => {
    const found = read(`${a}\n{"cut":\n${b}\nnot json\n${a}`);
    assert.deepEqual(events(found), [A, B, A]);
    assert.deepEqual(reasons(found), ["not_json", "not_json"]);
  });
  test("keeps its own bytes, also where they are no UTF-8", () => {
    const data = Buffer.concat([
      Buffer.from(`${a}\n{"broken":"`),
      Buffer.from([0xff, 0xfe, 0x80]),
      Buffer.from(`\n${b}`),
    ]);
    const found = read(data);
    const rejected = found.find((piece) => piece.kind === "rejected");
    assert.deepEqual(rejected?.kind === "rejected" && rejected.bytes.includes(Buffer.from([0xff, 0xfe, 0x80])), true);
    assert.deepEqual(events(found), [A, B]);
  });
  test("bytes that are no UTF-8 are read with replacement characters, and counted", () => {
    const found = read(Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('é"}')]));
    assert.deepEqual(
      found.map(({ kind }) => kind),
      ["repaired", "event"],
    );
    assert.deepEqual(events(found), [{ a: "\ufffdé" }]);
  });
  test("nesting up to 64 is read, and no deeper", () => {
    const nested = (depth: number) => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
    for (const depth of [2, 63, 64]) assert.equal(events(read(nested(depth))).length, 1, `${depth}`);
    for (const depth of [65, 5000, 1_000_000]) assert.deepEqual(reasons(read(nested(depth))), ["too_deep"], `${depth}`);
    assert.deepEqual(reasons(read("[".repeat(1_000_000))), []);
    assert.equal(reasons(read(`{"a":`.repeat(200_000))).length, 1);
  });
  test("an event over a mebibyte is put away, its neighbours are not", () => {
    const large = JSON.stringify({ host: { id: "a" }, text: "é".repeat(600_000) });
    const found = read(`${a}\n${large}\n${b}`);
    assert.deepEqual(events(found), [A, B]);
    assert.deepEqual(reasons(found), ["too_large"]);
  });
  test("an envelope may be larger than an event", () => {
    const many = Array.from({ length: 800 }, (_, index) => JSON.stringify({ index, text: "x".repeat(2000) }));
    assert.equal(events(read(gzipSync(cloudWatchLogs(many, "big")))).length, 800);
  });
  test("a bomb is put away without being inflated", () => {
    const bomb = gzipSync(Buffer.alloc(MAX_INFLATED_BYTES + 1, " "));
    assert.deepEqual(reasons(read(bomb)), ["inflated_too_large"]);
    assert.deepEqual(reasons(read(gzipSync(Buffer.alloc(MAX_INFLATED_BYTES, " ")))), []);
  });
  test("the parts of one record share one allowance", () => {
    const part = gzipSync(Buffer.alloc(MAX_INFLATED_BYTES / 2 + 1, " "));
    assert.deepEqual(reasons(read(kplAggregate("k", [part, part, Buffer.from(a)]))), ["inflated_too_large"]);
  });
  test("of more documents than a record may hold the first are read, and then the record is cut", () => {
    const found = read(gzipSync(`${a}\n`.repeat(MAX_DOCUMENTS + 3)));
    assert.equal(events(found).length, MAX_DOCUMENTS);
    assert.deepEqual(found.at(-1), { kind: "cut", reason: "too_many" });
    assert.deepEqual(reasons(read(gzipSync("{}".repeat(MAX_DOCUMENTS + 1)))), ["too_many"], "end to end");
  });
  test("parts of an aggregate and log events count as documents, whatever they hold", () => {
    const cut = { kind: "cut", reason: "too_many" };
    const sender = { owner: "000000000000", logGroup: "/endpoint/events", logStream: "collector-1" };
    const cutOfLogs = { ...cut, sender };
    const left = { ...RECORD_BUDGET, documents: 10 };
    const parts = kplAggregate(
      "k",
      Array.from({ length: 11 }, () => Buffer.from("")),
    );
    assert.deepEqual([...pieces({ id: "r", arrival: 0, bytes: parts }, { ...left })].at(-1), cut);
    const numbers = cloudWatchLogs([], "x").replace("[]", `[${"1,".repeat(10)}1]`);
    assert.deepEqual([...pieces({ id: "r", arrival: 0, bytes: Buffer.from(numbers) }, { ...left })].at(-1), cutOfLogs);
    const blank = cloudWatchLogs(
      Array.from({ length: 11 }, () => " "),
      "x",
    );
    assert.deepEqual([...pieces({ id: "r", arrival: 0, bytes: Buffer.from(blank) }, { ...left })].at(-1), cutOfLogs);
  });
  test("a large array of numbers is no envelope", () => {
    const numbers = cloudWatchLogs([], "x").replace("[]", `[${"1,".repeat(5_000_000)}1]`);
    assert.deepEqual(reasons(read(gzipSync(numbers))), ["too_large"]);
  });
  test("another format is put away whole, and not in lines", () => {
    const zstd = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x0a]), Buffer.alloc(5000, 0x8a0a, "latin1")]);
    assert.deepEqual(read(zstd), [{ kind: "rejected", reason: "not_text", bytes: zstd, position: "0" }]);
    const part = read(kplAggregate("k", [Buffer.from(a), zstd]));
    assert.deepEqual(events(part), [A]);
    assert.deepEqual(part.at(-1), { kind: "rejected", reason: "not_text", bytes: zstd, position: "1.0" });
  });
  test("gzip is read to its end: padding may follow, and nothing else", () => {
    const zeros = Buffer.alloc(100);
    assert.deepEqual(events(read(Buffer.concat([gzipSync(a), zeros]))), [A]);
    assert.deepEqual(events(read(Buffer.concat([gzipSync(`${a}\n`), gzipSync(b)]))), [A, B], "members");
    for (const more of [gzipSync(b), Buffer.from(b), Buffer.from([1])]) {
      const bytes = Buffer.concat([gzipSync(a), zeros, more]);
      assert.deepEqual(read(bytes), [{ kind: "rejected", reason: "gzip", bytes, position: "0" }]);
    }
  });
  test("much of nothing, and a long line, stop for breath", () => {
    const kinds = new Set(read(gzipSync("\n".repeat(300_000))).map(({ kind }) => kind));
    assert.deepEqual([...kinds], ["pause"]);
    const found = read(gzipSync(`{"a":"${"x".repeat(100_000)}"}`.repeat(20)));
    assert.ok(found[0]?.kind === "pause" && found.filter(({ kind }) => kind === "event").length === 20);
  });
  test("cut gzip", () => assert.deepEqual(reasons(read(gzipSync(a).subarray(0, 15))), ["gzip"]));
  test("an aggregate with a wrong checksum is text like any other, and no event", () => {
    const aggregate = kplAggregate("k", [Buffer.from(a)]);
    aggregate[aggregate.length - 1] = (aggregate.at(-1) ?? 0) ^ 1;
    assert.ok(reasons(read(aggregate)).length > 0);
  });
  test("broken base64 is put away as the text it is", () => {
    const record = lambdaRecord({
      shardId: "s",
      streamName: "n",
      sequenceNumber: "1",
      partitionKey: "p",
      data: Buffer.from(a),
      arrival: 5,
    });
    const broken = { ...record, kinesis: { ...record.kinesis, data: "e*A=" } };
    const delivery = kinesisDelivery([record, broken, record]);
    assert.deepEqual(
      [...pieces(delivery.record(1))],
      [{ kind: "rejected", reason: "base64", bytes: Buffer.from("e*A="), position: "0" }],
    );
    assert.deepEqual(events([...pieces(delivery.record(0))]), [A]);
    assert.deepEqual(delivery.record(2), delivery.record(0));
  });
});

test("prototype names are names", () => {
  const [event] = events(read('{"__proto__":{"x":1},"constructor":2,"toString":3}'));
  assert.deepEqual(Object.keys(event ?? {}), ["__proto__", "constructor", "toString"]);
  assert.equal(({} as Record<string, unknown>)["x"], undefined);
});

test("integers past 2^53 and decimals keep their text", () => {
  const [event] = events(read('{"a":9223372036854775807,"b":1.0,"c":1e400}'));
  assert.equal(JSON.stringify(event), '{"a":9223372036854775807,"b":1.0,"c":1e400}');
});

test("any objects in any mix of framings come out as they went in", () => {
  const value = fc.object({
    maxDepth: 4,
    withDate: false,
    withBigInt: false,
    withSet: false,
    withMap: false,
    values: [fc.string({ unit: "binary" }), fc.integer(), fc.boolean(), fc.constant(null)],
  });
  const separator = fc.constantFrom("\n", "\r\n", " ", ",", "\n\n", "\u001e", "");
  fc.assert(
    fc.property(fc.array(fc.tuple(value, separator, fc.boolean()), { maxLength: 8 }), (documents) => {
      const texts = documents.map(
        ([document, after, pretty]) => JSON.stringify(document, undefined, pretty ? 1 : 0) + after,
      );
      const expected = documents.map(
        ([document]) => JSON.parse(Buffer.from(JSON.stringify(document)).toString()) as JsonObject,
      );
      assert.deepEqual(events(read(texts.join(""))), expected);
    }),
  );
});

test("any bytes end in pieces, and nothing that was in them goes missing without a word", () => {
  const soup = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom('{"a":1}', "{", "}", '"', "\\", "[", "]", "\n", "\u0000", "\ud83d", "1e9")
        .map((text) => Buffer.from(text)),
    ),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(soup, (parts) => {
      const data = Buffer.concat(parts);
      const found = read(data);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the record separator of RFC 7464 is one
      const meaningful = data.toString("latin1").replaceAll(/[ \t\r\n\u001e[\],]|\u00ef\u00bb\u00bf/g, "");
      assert.ok(found.some(({ kind }) => kind === "event" || kind === "rejected") || meaningful === "");
    }),
    { numRuns: 2000 },
  );
});
