import assert from "node:assert/strict";
import { test } from "node:test";
import { needsFilter } from "../../src/detect/needs-filter.ts";
import { prefilterOf } from "../../src/detect/prefilter.ts";
import { prefilterObstacles } from "../../src/detect/prefilter-obstacles.ts";
import { seeded } from "../../src/local/sample-events.ts";
import { deliveryOf, type Stretch } from "../../src/stream/delivery.ts";
import { shippedDetector, someDetector } from "../support/rules.ts";

// The search for many literals finds what a simple one finds, wherever it stands, and in its own record alone.

const SEED = Number(process.env["SEED"] ?? 1);
type Random = () => number;
const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

/** Words of few letters, so that they overlap, and begin and end one another. */
function word(random: Random): string {
  const length = 1 + Math.floor(random() * (random() < 0.7 ? 6 : 14));
  return Array.from({ length }, () => pick(random, ["a", "b", "w", "."])).join("");
}

interface Sought {
  readonly text: string;
  readonly form: "anywhere" | "value" | "beginning" | "key";
  readonly anyCase?: boolean;
}

function written({ text, form, anyCase }: Sought): string {
  const literal = { anywhere: text, value: `"${text}"`, beginning: `"${text}`, key: `"${text}":` }[form];
  return anyCase ? `${literal}/i` : literal;
}

/** Values and keys of a flat object. */
type Flat = Readonly<Record<string, readonly string[]>>;

function holds(event: Flat, { text, form, anyCase }: Sought): boolean {
  const fold = (each: string) => (anyCase ? each.toLowerCase() : each);
  const values = Object.values(event).flat().map(fold);
  const keys = Object.keys(event).map(fold);
  switch (form) {
    case "anywhere":
      return [...values, ...keys].some((each) => each.includes(text));
    case "value":
      return values.includes(text);
    case "beginning":
      return [...values, ...keys].some((each) => each.startsWith(text));
    case "key":
      return keys.some((key) => key === text || key.startsWith(`${text}.`));
  }
}

/** JSON with spaces of any kind, as it is or as a text in another's. */
function spelled(event: Flat, random: Random): string {
  const indent = pick(random, [undefined, undefined, 1, "\t"]);
  let text = JSON.stringify(event, undefined, indent);
  if (random() < 0.2) text = text.replaceAll('":', '" :').replaceAll('",', '"\r,');
  for (let depth = pick(random, [0, 0, 0, 1, 2]); depth > 0; depth--) text = JSON.stringify({ m: text });
  return text;
}

for (const count of [1, 5, 40, 300]) {
  test(`${count} literals in events that hold some of them`, () => {
    const random = seeded(SEED + count);
    for (let round = 0; round < 40; round++) {
      const literals = Array.from(
        { length: count },
        (): Sought => ({
          text: word(random),
          form: pick(random, ["anywhere", "value", "beginning", "key"]),
          anyCase: random() < 0.3,
        }),
      );
      const rules = Array.from({ length: Math.max(1, count / 5) }, () =>
        Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
          Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(random, literals)),
        ),
      );
      const filter = needsFilter(rules.map((needs) => needs.map((need) => need.map(written))));
      const text = () =>
        pick(random, [
          "",
          "é",
          "\u{1f600}",
          word(random),
          pick(random, literals).text.toUpperCase(),
          `${pick(random, literals).text}W`,
          `x${pick(random, literals).text}`,
          pick(random, literals).text,
        ]);
      const events = Array.from({ length: 30 }, () =>
        Object.fromEntries(
          Array.from({ length: Math.floor(random() * 4) }, () => [text(), [text(), text()].slice(random() * 3)]),
        ),
      );
      const contents = events.map((event) => spelled(event, random));
      const marks = marked(filter, contents, Math.floor(random() * 4));
      for (const [index, event] of events.entries()) {
        const wanted = rules.some((needs) => needs.every((need) => need.some((each) => holds(event, each))));
        if (wanted) assert.equal(marks[index], true, `SEED=${SEED}, ${contents[index]}, ${JSON.stringify(rules)}`);
      }
    }
  });
}

/** @param offset where in memory the records begin: words are read as they are aligned there */
function marked(
  filter: (records: Stretch, marks: boolean[]) => void,
  contents: readonly string[],
  offset = 0,
): boolean[] {
  const { bytes, ends } = deliveryOf(contents.map((text) => ({ id: "r", arrival: 0, bytes: Buffer.from(text) })));
  const memory = Buffer.from(new ArrayBuffer(bytes.length + offset)).fill("w");
  bytes.copy(memory, offset);
  const marks = contents.map(() => false);
  filter({ bytes: memory.subarray(offset), ends }, marks);
  return marks;
}

test("what is not there is not found: half of it, a longer value, another's record, a key for a value", () => {
  const filter = needsFilter([[['"exec"'], ['"linux"', '"macos"']], [["169.254.169.254"], ['"open"']], [['"http":']]]);
  const wanted = ['{"a":["exec","linux"]}', '{"a":"http://169.254.169.254/","b":"open"}', '{"http.version":1}'];
  const others = [
    '{"a":["exec","linux2"]}',
    '{"exec":1,"a":"linux"}',
    '{"a":["executed","linux"]}',
    '{"a":"169.254.169.2","b":"open"}',
    '{"a":"https","b":"linux"}',
    '{"a":"open","b":"169.254.',
    '169.254","c":"open","d":"ex',
    'ec"}',
  ];
  for (const offset of [0, 1, 2, 3]) {
    for (let pad = 0; pad < 4; pad++) {
      const padded = others.map((text) => text + " ".repeat(pad));
      assert.deepEqual(
        marked(filter, padded, offset),
        others.map(() => false),
      );
      assert.deepEqual(marked(filter, [...padded, ...wanted], offset), [...others.map(() => false), true, true, true]);
    }
  }
});

test("a value of any length is found beside whatever can stand beside it", () => {
  const beside = ["", " ", "\t", "\n", "\r"].flatMap((space) => [
    `{"a":${space}VALUE${space}}`,
    `{"a":[${space}VALUE${space}]}`,
    `{"a":[1,${space}VALUE${space},2]}`,
  ]);
  for (const value of ["a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg"]) {
    const filter = needsFilter([[[`"${value}"`]]]);
    const plain = beside.map((text) => text.replace("VALUE", `"${value}"`));
    const within = plain.map((text) => JSON.stringify({ m: text }));
    const twice = within.map((text) => JSON.stringify({ m: text }));
    const contents = [...plain, ...within, ...twice];
    for (const offset of [0, 1, 2, 3]) {
      for (const text of contents) assert.deepEqual(marked(filter, [text], offset), [true], text);
    }
  }
});

test("what may stand in any case is found in each, and nothing else is another case of it", () => {
  const filter = needsFilter([[['"exec{@.z"/i']], [['"exec"']], [['"w"/i']], [["longer.name[_`/i"]]]);
  const wanted = ['"EXEC{@.Z"', '"eXec{@.z"', '"exec"', '"W"', '"w"', '"a LONGER.nAME[_`"'];
  const others = [
    '"EXEC"',
    '"exec[@.z"',
    '"exec{`.z"',
    '"exec{@\u000e.z"',
    '"longer.name{_`"',
    '"longer.name[\u007f`"',
    '"LONGER,NAME[_`"',
  ];
  for (const offset of [0, 1, 2, 3]) {
    const records = (texts: readonly string[]) => texts.map((text) => `{"a":${text}}`);
    assert.deepEqual(
      marked(filter, records(wanted), offset),
      wanted.map(() => true),
    );
    assert.deepEqual(
      marked(filter, records(others), offset),
      others.map(() => false),
    );
  }
});

test("a literal across two records stands in neither", () => {
  const literal = "0123456789abcdef";
  const filter = needsFilter([[[literal]]]);
  for (let split = 1; split < literal.length; split++) {
    for (const offset of [0, 1, 2, 3]) {
      const halves = [`{"a":"${literal.slice(0, split)}`, `${literal.slice(split)}"}`];
      assert.deepEqual(marked(filter, halves, offset), [false, false]);
    }
  }
});

test("a rule that everything is read for is named, and one for which most is", () => {
  const any = someDetector({ query: "not host.id:x", name: "any" });
  const common = someDetector({ query: 'host.os.type:"windows" and process.name:*', name: "common" });
  const rare = someDetector({ query: 'host.os.type:"windows" and process.name:"mimikatz.exe"', name: "rare" });
  const named = prefilterObstacles([any, shippedDetector(), common, rare]).map(({ detector: { rule }, effect }) => [
    rule.name,
    effect,
  ]);
  assert.deepEqual(named, [
    ["any", "off"],
    ["common", "weak"],
  ]);
  assert.equal(prefilterOf([any, rare]), undefined);
  assert.notEqual(prefilterOf([common, rare]), undefined);
});
