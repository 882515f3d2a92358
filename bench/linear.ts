import { prefilterOf } from "../src/detect/prefilter.ts";
import { ecsTypes } from "../src/ecs/catalogue.ts";
import type { JsonObject } from "../src/ecs/json.ts";
import { words } from "../src/ecs/words.ts";
import { compile } from "../src/kql/compile.ts";
import { parse } from "../src/kql/parse.ts";
import { documents } from "../src/stream/documents.ts";
import { shippedDetector, someDetector } from "../test/support/rules.ts";
import { inventedRules } from "./invented-rules.ts";
import { compare, ratio } from "./measure.ts";
import type { Row } from "./report.ts";

// No query and no string takes more than linear time: each task at one size and at eight times it.

const SMALL = 8 * 1024;
const FACTOR = 8;
/** Eight times the work in twelve times the time is caches and noise; quadratic would be sixty-four. */
const AT_MOST = 1.5;

type Task = (size: number) => () => unknown;

/** A query held against a string of an attacker's choosing. */
function against(query: string, text: (size: number) => string): Task {
  const matches = compile(parse(query), ecsTypes);
  return (size) => {
    const event: JsonObject = { message: text(size), process: { command_line: text(size), name: text(size) } };
    return () => matches(event);
  };
}

const stars = (count: number) => `${"*a".repeat(count)}*b*`;
const values = (count: number) => Array.from({ length: count }, (_, index) => `value${index}`).join(" or ");

const TASKS: Readonly<Record<string, Task>> = {
  "many stars against one letter": against(`process.command_line:${stars(50)}`, (size) => "a".repeat(size)),
  "overlapping stars": against(`process.command_line:${"*aab".repeat(20)}*`, (size) => "a".repeat(size)),
  "words of a long text": against('message:("foo bar" or x*y*z or baz)', (size) => "foo baz_x ".repeat(size / 10)),
  "one long word": against("message:x*y", (size) => "x".repeat(size)),
  "a thousand terms, none of them long": against(`process.command_line:(${values(1000)} or *x*)`, (size) =>
    "value".repeat(size / 5),
  ),
  "tokens of joined punctuation": (size) => {
    const text = "a.".repeat(size / 2);
    return () => words(text);
  },
  "parsing a long list": (size) => {
    const query = `process.name:(${values(size / 10)})`;
    return () => parse(query);
  },
  "parsing brackets side by side": (size) => {
    const query = Array.from({ length: size / 12 }, () => "(((a:b)))").join(" or ");
    return () => parse(query);
  },
  "parsing a long literal of keywords": (size) => {
    const query = `a:${"or and no ".repeat(size / 10)}x`;
    return () => {
      try {
        return parse(query);
      } catch {
        return undefined;
      }
    };
  },
  "searching beginnings of what is sought": (size) => {
    const mayMatch = prefilterOf([shippedDetector()]);
    const bytes = Buffer.from(`{"a":"${"9.254.1".repeat(size / 7)}"}`);
    const records = { bytes, ends: [bytes.length] };
    return () => mayMatch?.(records);
  },
  "beginnings and ends of what many rules seek": (size) => {
    const rules = inventedRules().map((rule) => someDetector(rule));
    const mayMatch = prefilterOf(rules);
    const near = '"windows1","process1",".amazonaws.co","data_stream","tool-1';
    const bytes = Buffer.from(`{"a":[${near.repeat(size / near.length)}"]}`);
    const records = { bytes, ends: [bytes.length] };
    return () => mayMatch?.(records);
  },
  "splitting broken objects": (size) => {
    const text = '{"a":["'.repeat(size / 7);
    return () => [...documents(text)].length;
  },
  "splitting backslashes": (size) => {
    const text = `{"a":"${"\\".repeat(size)}"}`;
    return () => [...documents(text)].length;
  },
};

export function run(): Row[] {
  return Object.entries(TASKS).map(([what, task]) => {
    const { small, large } = compare({ small: task(SMALL), large: task(SMALL * FACTOR) }, 7);
    const { measured, median } = ratio(large, small);
    return {
      what,
      measured: measured / FACTOR,
      median: median / FACTOR,
      unit: "x linear",
      target: { atMost: AT_MOST },
      detail: `${(large.min * 1000).toFixed(0)} us for ${(SMALL * FACTOR) / 1024} KB`,
    };
  });
}
