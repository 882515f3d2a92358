import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { kplAggregate } from "../../src/local/kpl-encode.ts";
import { cloudWatchLogs } from "../../src/local/sample-stream.ts";
import { suspiciousEvent } from "./cloud.ts";

/** What a sender does to the batch it is in, and what must come of its own records. */
export interface Hostile {
  readonly name: string;
  /** Bytes of the sender's records. */
  readonly records: () => Buffer[];
  /**
   * `whole`: each record is put away once, as it came. `parts`: of each record the parts that are no events are put away.
   * `nothing`: nothing is put away.
   */
  readonly away: "whole" | "parts" | "nothing";
  readonly reason?: string;
  /** Findings of the sender's events, at least; `exactly` where the number matters. */
  readonly findings?: number;
  readonly exactly?: boolean;
  /** No finding may hold it. */
  readonly never?: string;
}

const values = (count: number, of: (index: number) => string) => Array.from({ length: count }, (_, index) => of(index));
const many = (count: number, of: (index: number) => Buffer) => Array.from({ length: count }, (_, index) => of(index));
const text = (lines: readonly string[]) => Buffer.from(lines.join("\n"));

/** A suspicious event with some fields set anew. */
function eventWith(host: string, fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...(JSON.parse(suspiciousEvent(host)) as object), ...fields });
}

function combinations(hosts: number, executables: number, name: string, more: object = {}): string {
  return JSON.stringify({
    host: { id: values(hosts, (index) => `${name}-h${index}`) },
    process: { executable: values(executables, (index) => `/${name}/${index}`) },
    ...more,
  });
}

function wide(keys: number, length = 6): Record<string, number> {
  return Object.fromEntries(values(keys, (index) => `k${index}`.padEnd(length, "x")).map((key) => [key, 1]));
}

/** Valid JSON over lines, each in its first column, as Python's json.dumps(indent=0) writes it. */
function indentedByNothing(value: object): string {
  return JSON.stringify(value, undefined, 1).replaceAll(/\n +/g, "\n");
}

function torn(text: string, pieces: number): string {
  return `{"a":"${text.repeat(pieces)}`;
}

/** As `logEvents` of an envelope, which each text of `cloudWatchLogs` has empty. */
function envelope(logEvents: string, id = "x"): string {
  return cloudWatchLogs([], id).replace('"logEvents":[]', `"logEvents":[${logEvents}]`);
}

/** Each costs a few characters a quote more than the one within, so that many go into a record. */
function envelopesWithinEachOther(depth: number): string {
  let message = suspiciousEvent("nested");
  for (let count = 0; count < depth; count++) {
    const text = message.replaceAll("\\", "\\u005c").replaceAll('"', "\\u0022");
    message = `{"messageType":"DATA_MESSAGE","owner":"","logGroup":"","logStream":"","subscriptionFilters":[],"logEvents":[{"message":"${text}"}]}`;
  }
  return message;
}

export const HOSTILE: readonly Hostile[] = [
  {
    name: "an object of 20,000 keys for a @timestamp",
    records: () => [Buffer.from(eventWith("wide-time", { "@timestamp": wide(20_000) }))],
    away: "nothing",
    findings: 1,
  },
  {
    name: "190,000 lines of one letter in 405 bytes of gzip, five times",
    records: () => many(5, () => gzipSync("x\n".repeat(190_000))),
    away: "whole",
    reason: "not_json",
  },
  {
    name: "an envelope of two million numbers",
    records: () => [gzipSync(envelope(`${"1,".repeat(2_000_000)}1`))],
    away: "whole",
    reason: "too_large",
  },
  {
    name: "an envelope of a third of a million numbers",
    records: () => [gzipSync(envelope(`${"1,".repeat(330_000)}1`))],
    away: "whole",
    reason: "not_json",
  },
  {
    name: "records in zstd",
    records: () =>
      many(5, (index) => Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, index]), randomBytes(90_000)])),
    away: "whole",
    reason: "not_text",
  },
  {
    name: "envelopes whose stream has a name of fifteen megabytes",
    records: () =>
      many(2, (index) =>
        gzipSync(
          cloudWatchLogs(
            values(1000, (at) => suspiciousEvent(`long-name-${index}-${at % 3}`)),
            "x",
          ).replace("collector-1", "s".repeat(15_000_000)),
        ),
      ),
    away: "nothing",
    findings: 6,
  },
  {
    name: "300 small events of 992 combinations each",
    records: () => [gzipSync(values(300, (index) => combinations(31, 32, `product-${index}`)).join("\n"))],
    away: "whole",
    reason: "too_many_combinations",
    findings: 2000,
  },
  {
    name: "five compressible events of 150 KB and 992 combinations each",
    records: () => [
      gzipSync(
        values(5, (index) => combinations(31, 32, `heavy-${index}`, { message: "m".repeat(150_000) })).join("\n"),
      ),
    ],
    away: "whole",
    reason: "too_many_combinations",
    findings: 2000,
  },
  {
    name: "an event of 0.9 MB and 992 combinations",
    records: () => [gzipSync(combinations(31, 32, "heaviest", { message: "m".repeat(900_000) }))],
    away: "nothing",
    findings: 992,
  },
  {
    name: "a megabyte of events, each with a data stream of its own of 1 KB",
    records: () => [
      text(
        values(900, (index) =>
          eventWith("streams", {
            data_stream: { type: "logs", dataset: `${index}`.padEnd(1000, "d"), namespace: "default" },
          }),
        ),
      ),
    ],
    away: "nothing",
  },
  {
    name: "U+FFFF as a term, in an event's id, and in a log stream's name",
    records: () => [
      Buffer.from(eventWith("\uffff\ufffe", { event: { id: "\uffff", category: ["network"] }, tags: ["\uffff"] })),
      Buffer.from(
        cloudWatchLogs(["no json", suspiciousEvent("stream-of-ffff")], "\uffff").replace("collector-1", "\uffff"),
      ),
    ],
    away: "parts",
    findings: 2,
  },
  {
    name: "an event within the line of an access log",
    records: () => [text([`203.0.113.9 - - "GET /" 200 12 - ${suspiciousEvent("forged-by-log")}`])],
    away: "whole",
    reason: "not_json",
    never: "forged-by-log",
  },
  {
    name: "valid JSON over lines without indentation",
    records: () => [
      Buffer.from(
        indentedByNothing({
          ...(JSON.parse(suspiciousEvent("no-indent")) as object),
          list: [{ host: { id: "inner" }, process: { executable: "/inner" } }],
        }),
      ),
    ],
    away: "nothing",
    findings: 1,
    never: '"/inner"]',
  },
  {
    name: "an event that calls itself a control message",
    records: () => [Buffer.from(eventWith("control", { messageType: "CONTROL_MESSAGE", logEvents: [] }))],
    away: "nothing",
    findings: 1,
  },
  {
    name: "one event id on two events past the cut",
    records: () =>
      many(2, (index) => Buffer.from(combinations(40, 40 + index, "same-id", { event: { id: "the-same" } }))),
    away: "nothing",
    findings: 1001,
  },
  // What nobody had tried before.
  {
    name: "gzip bombs in each part of an aggregate",
    records: () => [
      kplAggregate("k", [
        Buffer.from(suspiciousEvent("before-bomb")),
        ...many(20, () => gzipSync(Buffer.alloc(8_000_000, " "))),
      ]),
    ],
    away: "parts",
    findings: 1,
  },
  {
    name: "ten million empty objects end to end",
    records: () => [gzipSync("{}".repeat(10_000_000))],
    away: "whole",
    reason: "too_many",
  },
  {
    name: "an event id of a megabyte",
    records: () => [gzipSync(eventWith("long-id", { event: { id: "i".repeat(1_000_000), category: ["network"] } }))],
    away: "nothing",
    findings: 1,
  },
  {
    name: "tens of thousands of values in each field that is read",
    records: () => [
      gzipSync(
        eventWith("host-of-many", {
          process: { name: values(30_000, String), executable: values(30_000, (index) => `/${index}`) },
          user: { name: values(20_000, String) },
          destination: { ip: values(10_000, () => "169.254.169.254"), port: values(20_000, () => "80") },
        }),
      ),
    ],
    away: "nothing",
  },
  {
    name: "objects where values are wanted",
    records: () => [
      Buffer.from(
        JSON.stringify({
          "@timestamp": { a: { b: [{}] } },
          host: [{ id: { id: {} } }, { id: ["typed"] }, 7, null],
          process: { executable: [{}, "/x", [["/y"]], 1.5, true], name: { "": "" }, pid: {} },
          event: { id: { x: [] }, kind: [], category: {}, original: {} },
          data_stream: { type: {}, dataset: [[]], namespace: {} },
          kibana: { alert: [] },
          user: [[]],
          file: 0,
        }),
      ),
    ],
    away: "nothing",
    findings: 4,
  },
  {
    name: "twenty megabytes of numbers that keep their text, in events that match",
    records: () => [
      gzipSync(
        values(20, (index) =>
          JSON.stringify({ host: { id: "numbers" }, process: { executable: `/${index}` }, n: ["@"] }).replace(
            '"@"',
            `${"1.0,".repeat(240_000)}1.0`,
          ),
        ).join("\n"),
      ),
    ],
    away: "nothing",
    findings: 20,
  },
  {
    name: "an aggregate of 100,000 empty parts, and of as many that are no JSON",
    records: () => [
      kplAggregate(
        "k",
        many(100_000, () => Buffer.alloc(0)),
      ),
      kplAggregate(
        "k",
        many(100_000, () => Buffer.from("x")),
      ),
    ],
    away: "parts",
  },
  {
    name: "a megabyte of braces that do not close, and a line without end",
    records: () => [
      Buffer.from("{\n".repeat(450_000)),
      Buffer.from('{"a":["'.repeat(130_000)),
      Buffer.alloc(900_000, "q"),
    ],
    away: "whole",
    reason: "not_json",
  },
  {
    name: "twenty megabytes of braces that do not close",
    records: () => [gzipSync("{\n".repeat(10_000_000)), gzipSync(`${"{\n".repeat(5_000_000)}${"}".repeat(5_000_000)}`)],
    away: "whole",
  },
  {
    name: "envelopes within envelopes",
    records: () => {
      let message = suspiciousEvent("nested-envelope");
      for (let depth = 0; depth < 8; depth++) message = cloudWatchLogs([message, message.slice(0, 40)], `e${depth}`);
      return [gzipSync(message)];
    },
    away: "parts",
    never: "nested-envelope",
  },
  {
    name: "three hundred envelopes within each other, in 40 KB of gzip",
    records: () => many(2, () => gzipSync(envelopesWithinEachOther(300))),
    away: "whole",
    reason: "too_large",
  },
  {
    name: "twenty megabytes of empty arrays, of empty objects, and of objects of many shapes, in events that match",
    records: () =>
      ["[]", "{}", "[0]", '{"z":1}'].map((filler, index) => {
        const count = Math.min(170_000, Math.floor(900_000 / (filler.length + 1)));
        const list = `${`${filler},`.repeat(count)}${filler}`;
        const shapes = values(index === 3 ? 1600 : 1, (at) => `{"s${at}":1}`).join(",");
        return gzipSync(
          values(
            4,
            (at) => `{"host":{"id":"f${index}"},"process":{"executable":"/${at}"},"l":[${shapes},${list}]}`,
          ).join("\n"),
        );
      }),
    away: "nothing",
    findings: 16,
  },
  {
    name: "a megabyte of empty arrays in an event",
    records: () => [Buffer.from(eventWith("empties", { list: values(340_000, () => "") }).replaceAll('""', "[]"))],
    away: "whole",
    reason: "too_large",
  },
  {
    name: "one line of 250 documents of numbers that keep their text",
    records: () => [gzipSync(`{"a":[${"1.0,".repeat(19_990)}1.0]}`.repeat(250))],
    away: "whole",
    reason: "too_slow",
  },
  {
    name: "twenty megabytes of blank lines",
    records: () => many(2, () => gzipSync("\n".repeat(20_000_000))),
    away: "nothing",
  },
  {
    name: "more behind the end of gzip",
    records: () => [
      Buffer.concat([gzipSync(suspiciousEvent("in-gzip")), Buffer.from([0]), gzipSync(suspiciousEvent("behind-gzip"))]),
      Buffer.concat([gzipSync("{}"), Buffer.from([0]), Buffer.from(suspiciousEvent("behind-gzip"))]),
    ],
    away: "whole",
    reason: "gzip",
  },
  {
    name: "a second line of a log event, and what is within JSON too deep to tell",
    records: () => [
      Buffer.from(cloudWatchLogs([`login failed for user bob\n${suspiciousEvent("forged-line")}`], "x")),
      Buffer.from(`{\n"a":\n${"[\n".repeat(10_001)}${suspiciousEvent("forged-deep")}\n${"]\n".repeat(10_001)}}{"a":1}`),
      Buffer.from(
        JSON.stringify({ list: [JSON.parse(suspiciousEvent("forged-tail")) as object] }, undefined, 2).slice(9),
      ),
    ],
    away: "parts",
    never: "forged",
  },
  {
    name: "100,000 keys, and names of keys of 100 KB",
    records: () => [
      gzipSync(eventWith("many-keys", { ...wide(40_000), labels: wide(5, 100_000) })),
      Buffer.from(eventWith("deep-keys", { [values(5000, () => "a").join(".")]: { x: 1 }, "host.id.": "x", ".": {} })),
    ],
    away: "nothing",
    findings: 2,
  },
  {
    name: "UTF-16, and UTF-8 with surrogates and marks within",
    records: () => [
      Buffer.from(`\ufeff${suspiciousEvent("utf-16")}`, "utf16le"),
      Buffer.concat([
        Buffer.from(suspiciousEvent("cesu").slice(0, -1)),
        Buffer.from([0x2c, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d]),
      ]),
      Buffer.from(eventWith("lone-\ud800", { tags: ["\ud800", "\ufeff", "\u0000"] })),
    ],
    away: "parts",
    findings: 2,
  },
  {
    name: "ten thousand records that are no events",
    records: () => many(9_000, (index) => Buffer.from(`${index} <14>not JSON`)),
    away: "whole",
    reason: "not_json",
  },
  {
    name: "two thousand hosts at once in one record",
    records: () => [
      text(values(1999, (index) => JSON.stringify({ host: { id: `flood-${index}` }, process: { executable: "/f" } }))),
    ],
    away: "nothing",
    findings: 1999,
    exactly: true,
  },
  {
    name: "a string torn off after a megabyte of quotes and backslashes",
    records: () => [Buffer.from(torn('\\\\\\"', 200_000)), Buffer.from(torn('"', 500_000))],
    away: "whole",
    reason: "not_json",
  },
];
