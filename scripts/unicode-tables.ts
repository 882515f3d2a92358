// Writes src/ecs/unicode.ts, what Unicode says of each character, so that a new Node changes no verdict:
// `node scripts/unicode-tables.ts`.
import { writeFileSync } from "node:fs";
import { KINDS } from "../src/ecs/code-points.ts";
import { lowerCaseOf, simpleFoldOf, wordKindOf } from "./unicode-properties.ts";

const CODES = 0x110000;

function runs(): string {
  let text = "";
  let length = 0;
  for (let code = 0; code < CODES; code++) {
    length++;
    const kind = wordKindOf(code);
    if (code + 1 < CODES && wordKindOf(code + 1) === kind) continue;
    text += length.toString(36) + kind;
    length = 0;
  }
  return text;
}

/** Stretches of code points, each second one or all, that move by the same distance. */
function moves(target: (code: number) => number | undefined): string {
  const stretches: { start: number; last: number; step: number; distance: number }[] = [];
  for (let code = 0; code < CODES; code++) {
    const moved = target(code);
    if (moved === undefined) continue;
    const distance = moved - code;
    const open = stretches.at(-1);
    const step = open === undefined ? 0 : code - open.last;
    const goesOn = open?.distance === distance && step <= 2 && (open.step === 0 || open.step === step);
    if (open !== undefined && goesOn) Object.assign(open, { last: code, step });
    else stretches.push({ start: code, last: code, step: 0, distance });
  }
  let before = 0;
  return stretches
    .map(({ start, last, step, distance }) => {
      const numbers = [
        start - before,
        distance,
        ...(step === 0 ? [] : [(last - start) / step, ...(step === 1 ? [] : [step])]),
      ];
      before = last;
      return numbers.map((number) => number.toString(36)).join(" ");
    })
    .join(",");
}

function unless(target: number, expected: number): number | undefined {
  return target === expected ? undefined : target;
}

/** Strings of no more than a line each. */
function folded(text: string): string {
  return (
    text
      .match(/.{1,116}/g)
      ?.map((line) => `\n  "${line}"`)
      .join(" +") ?? '""'
  );
}

const kinds = Object.entries(KINDS).map(([letter, kind]) => `${letter} ${kind}`);

writeFileSync(
  new URL("../src/ecs/unicode.ts", import.meta.url),
  `// Written by scripts/unicode-tables.ts from Unicode ${process.versions["unicode"]}, as Node has it. Do not edit.

export const UNICODE_VERSION = "${process.versions["unicode"]}";

/**
 * What each code point is to Lucene's word boundaries, from the first on: how many in base 36, and of which kind.
 * ${kinds.slice(0, 9).join(", ")},
 * ${kinds.slice(9).join(", ")}.
 */
export const WORD_KINDS =${folded(runs())};

/**
 * The code points that have another lower case: where a stretch begins, counted from the last of the one before, how far
 * off its lower case is, how many more follow, and whether it is each second one only. All in base 36.
 */
export const LOWER_CASE =${folded(moves((code) => unless(lowerCaseOf(code), code)))};

/** The code points that fold to something other than their lower case, in the same form. */
export const SIMPLE_FOLD =${folded(moves((code) => unless(simpleFoldOf(code), lowerCaseOf(code))))};
`,
);
