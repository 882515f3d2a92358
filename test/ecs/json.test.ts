import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isObject, type JsonValue, parseExact } from "../../src/ecs/json.ts";

// Numbers keep their text, and nothing else changes.

const RUNS = Number(process.env["RUNS"] ?? 3000);

/** A JSON text, and what it means. */
interface Meant {
  readonly text: string;
  readonly value: unknown;
}

const digits = fc.stringMatching(/^\d{1,20}$/);
const number = fc.oneof(
  fc.constantFrom("0", "-0", "1.0", "1e3", "1E400", "-1e-400", "0.1", "0.10", "12345678901234567890", "4.3e-05"),
  fc.constantFrom("999999999999999", "1000000000000000", "9007199254740993", "1e21", "1e+21", "-5", "0e0"),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.tuple(digits, digits, fc.constantFrom("", "e1", "E-3", "e+10")).map(([whole, part, exponent]) => {
    return `${whole.replace(/^0+(?=\d)/, "")}.${part}${exponent}`;
  }),
);
const string = fc.oneof(
  fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)),
  fc.constantFrom(
    '"1.0"',
    '"\\"1.0,"',
    '"\\\\"',
    '"\\ud800"',
    '"\ud800"',
    '"\\u0031.0"',
    '":1.0"',
    '"\\\\\\":-0"',
    '"#0"',
  ),
);
/** V8 may read a key of one half of a pair, as an escape, as a backslash: JSON.parse by itself does. */
const name = string.filter((text) => text !== '"\\ud800"');
const key = fc.oneof(name, fc.constantFrom('"__proto__"', '"constructor"', '"a"', '"a"', '"1"', '"0"', '"toJSON"'));
const blank = fc.constantFrom("", "", "", " ", "\n\t", "\r ");
const plain = (text: string): Meant => ({ text, value: JSON.parse(text) });

const { json } = fc.letrec<{ json: Meant }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5, depthSize: "small" },
    {
      weight: 4,
      arbitrary: number.map((text) => ({
        text,
        value: String(Number(text)) === text ? Number(text) : JSON.rawJSON(text),
      })),
    },
    { weight: 2, arbitrary: string.map(plain) },
    { weight: 1, arbitrary: fc.constantFrom("true", "false", "null", "[]", "{}").map(plain) },
    {
      weight: 3,
      arbitrary: fc.array(fc.tuple(blank, tie("json"), blank)).map((all) => ({
        text: `[${all.map(([before, { text }, behind]) => before + text + behind).join(",")}]`,
        value: all.map(([, { value }]) => value),
      })),
    },
    {
      weight: 5,
      arbitrary: fc.array(fc.tuple(blank, key, blank, tie("json"), blank)).map((all) => ({
        text: `{${all.map(([a, name, b, { text }, c]) => `${a}${name}${b}:${text}${c}`).join(",")}}`,
        // Of equal keys the last one counts.
        value: Object.fromEntries(all.map(([, name, , { value }]) => [JSON.parse(name), value])),
      })),
    },
  ),
}));

test("any JSON is read as it is meant", () => {
  const isRead = ({ text, value }: Meant) => {
    const read = parseExact(text);
    assert.deepEqual(read, value, text);
    // In the same order too.
    assert.equal(JSON.stringify(read), JSON.stringify(value));
  };
  fc.assert(fc.property(json, isRead), { numRuns: RUNS });
});

/** The same with doubles for all numbers. */
function inNumbers(value: JsonValue): unknown {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(inNumbers);
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inNumbers(inner)]));
  return JSON.isRawJSON(value) ? Number(value.rawJSON) : value;
}

test("what is almost JSON fails as JSON.parse does, or is the same in numbers", () => {
  const outcome = (parse: (text: string) => unknown, text: string): unknown => {
    try {
      return parse(text);
    } catch (error) {
      return String(error);
    }
  };
  const isAlike = (text: string) =>
    assert.deepEqual(
      outcome((json) => inNumbers(parseExact(json)), text),
      outcome((json) => JSON.parse(json), text),
      text,
    );
  const piece = fc.constantFrom(
    "1.0",
    ":",
    ",",
    "]",
    "[",
    "}",
    "{",
    '"',
    "e5",
    "-",
    "1.",
    "01.0",
    " ",
    "\\",
    "a",
    '"a":',
  );
  const torn = fc.tuple(json, fc.nat(), fc.nat(3), piece).map(([{ text }, at, left, put]) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + put + text.slice(place + left);
  });
  const pieces = fc.array(fc.oneof(piece, number), { maxLength: 12 }).map((all) => all.join(""));
  fc.assert(fc.property(torn, isAlike), { numRuns: RUNS });
  fc.assert(fc.property(pieces, isAlike), { numRuns: RUNS });
});

test("a number is no key, and an array's end not the text's", () => {
  for (const text of [
    "{1.0:2}",
    '{"a":1,1.0 :2}',
    "1.0],[2",
    "1.0 2.0",
    '1.0"a"',
    "01.0",
    "[1.0,]",
    '{"a":1.0',
    '"1.0',
  ]) {
    assert.throws(() => parseExact(text), SyntaxError, text);
  }
});

test("an own property named __proto__ stays one", () => {
  const text = '{"__proto__":1.0,"a":{"__proto__":{"b":-0}}}';
  const value = parseExact(text) as Record<string, unknown>;
  assert.equal(JSON.stringify(value), text);
  assert.ok(Object.hasOwn(value, "__proto__"));
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
});

test("depth is no matter, nor is the number of numbers", () => {
  const deep = 5_000;
  const nested = `${"[".repeat(deep)}1.0${"]".repeat(deep)}`;
  let inner = parseExact(nested);
  while (Array.isArray(inner)) inner = inner[0];
  assert.deepEqual(inner, JSON.rawJSON("1.0"));
  const many = `[${Array.from({ length: 20_000 }, (_, index) => `${index}.0`).join(",")}]`;
  assert.equal(JSON.stringify(parseExact(many)), many);
});
