import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ecsTypes, ecsTypesWith } from "../../src/ecs/catalogue.ts";
import type { JsonObject } from "../../src/ecs/json.ts";
import type { Mapping } from "../../src/ecs/mapping.ts";
import { compile } from "../../src/kql/compile.ts";
import { explainer, judge } from "../../src/kql/explain.ts";
import type { Explained } from "../../src/kql/explained.ts";
import { flipsTo, nearestFlips } from "../../src/kql/nearest.ts";
import { parse } from "../../src/kql/parse.ts";
import { seeded } from "../../src/local/sample-events.ts";
import { matchingEvent, nearMiss, randomEvent } from "../support/event-generator.ts";

const RUNS = Number(process.env["RUNS"] ?? 2000);

const NESTED: readonly (readonly [string, Mapping])[] = [
  ["n", { type: "nested" }],
  ["n.k", { type: "keyword" }],
  ["n.l", { type: "long" }],
  ["n.m", { type: "nested" }],
  ["n.m.k", { type: "keyword" }],
];
const types = ecsTypesWith(new Map(NESTED));

const CLAUSES = [
  "process.name:curl",
  'process.name:(curl or "wget" or py*)',
  "process.name:(not bash)",
  "process.name:(curl and not (bash or zsh))",
  "process.executable:/tmp/*",
  "destination.ip:169.254.169.254",
  "destination.ip:10.0.0.0/8",
  "destination.port:80",
  "destination.port >= 1024",
  "host.id:*",
  "file.hash.*:(ab* or c)",
  "process:*",
  "message:(foo bar)",
  "my.own:x",
  "*:*",
  "n:{ k:a and l > 3 }",
  "n:{ not k:(a or b) }",
  "n:{ k:a or m:{ k:b* and not k:c } }",
];

/** Queries of a few clauses, in brackets of all kinds. */
const { query } = fc.letrec<{ query: string; part: string }>((tie) => ({
  part: fc.oneof({ depthSize: "small", withCrossShrink: true }, fc.constantFrom(...CLAUSES), tie("query")),
  query: fc.oneof(
    fc.tuple(tie("part"), tie("part"), fc.constantFrom("and", "or")).map(([a, b, word]) => `(${a} ${word} ${b})`),
    fc.tuple(tie("part"), tie("part"), tie("part")).map((parts) => `(${parts.join(" and ")})`),
    tie("part").map((part) => `not (${part})`),
  ),
}));

function eventFor(text: string, seed: number): JsonObject {
  const random = seeded(seed);
  const node = parse(text);
  const kind = seed % 3;
  return kind === 0
    ? matchingEvent(node, types, random)
    : kind === 1
      ? nearMiss(node, types, random)
      : randomEvent(node, random);
}

/** The root's verdict if some nodes had turned out the other way. */
function judged(node: Explained, flipped: ReadonlySet<Explained>): boolean {
  if (flipped.has(node)) return !node.verdict;
  if (node.kind === "is" || node.kind === "range") return node.verdict;
  const inner = node.nodes.map((child) => ({ verdict: judged(child, flipped) }));
  if (node.kind === "nested") return inner[0]?.verdict ?? node.verdict;
  return judge(node.kind, inner);
}

function leavesOf(node: Explained): Explained[] {
  const isLeaf = node.kind === "is" || node.kind === "range" || (node.kind === "nested" && node.nodes.length === 0);
  return isLeaf ? [node] : node.nodes.flatMap(leavesOf);
}

const MAX_LEAVES = 9;

/** The size of the smallest set of leaves that makes the root true, by trying all. */
function leastByTrying(root: Explained): number {
  const leaves = leavesOf(root);
  const sizes = Array.from({ length: 2 ** leaves.length }, (_, set) => {
    const chosen = new Set(leaves.filter((_, index) => ((set >> index) & 1) === 1));
    return judged(root, chosen) ? chosen.size : Number.POSITIVE_INFINITY;
  });
  return Math.min(...sizes);
}

test("an explanation's verdict is the query's, and the nearest change makes it true", () => {
  let matched = 0;
  let compared = 0;
  fc.assert(
    fc.property(query, fc.nat(), (text, seed) => {
      const node = parse(text);
      const event = eventFor(text, seed);
      const root = explainer(node, text, { types, clock: () => 0 })(event);
      assert.equal(root.verdict, compile(node, types, () => 0)(event));
      const flips = nearestFlips(root);
      assert.equal(flips.length, flipsTo(root, true));
      assert.equal(judged(root, new Set(flips)), true);
      assert.equal(judged(root, new Set()), root.verdict);
      for (const flip of flips) assert.notEqual(flip.verdict, flip.expected);
      if (root.verdict) matched++;
      const holdsNested = leavesOf(root).length > MAX_LEAVES || text.includes("{");
      if (holdsNested) return;
      compared++;
      assert.equal(flips.length, leastByTrying(root));
    }),
    { numRuns: RUNS },
  );
  assert.ok(matched > RUNS / 20 && matched < RUNS * 0.95, `${matched} of ${RUNS} match`);
  assert.ok(compared > RUNS / 20, `only ${compared} of ${RUNS} are small enough to try all sets`);
});

function explained(text: string, event: JsonObject): Explained {
  return explainer(parse(text), text, { types, clock: () => 0 })(event);
}

/** Each node as a line: verdict, place, text. */
function lines(node: Explained): string[] {
  return [`${node.verdict} ${node.offset} ${node.text}`, ...node.nodes.flatMap(lines)];
}

test("each clause has its text and its place, however it is bracketed", () => {
  assert.deepEqual(lines(explained('a:"x y"  and not ( b : (p or\nq*) or c >= 3 )', { b: "q" })), [
    'false 0 a:"x y" and not (b:(p or q*) or c >= 3)',
    'false 0 a:"x y"',
    "false 13 not (b:(p or q*) or c >= 3)",
    "true 19 b:(p or q*) or c >= 3",
    "true 19 b:(p or q*)",
    "false 24 b:p",
    "true 29 b:q*",
    "false 36 c >= 3",
  ]);
  assert.deepEqual(lines(explained("not a:(x and not y)", {})).slice(1), [
    "false 7 a:x and not a:y",
    "false 7 a:x",
    "true 13 not a:y",
    "false 17 a:y",
  ]);
  assert.deepEqual(lines(explained("not n:{ not k:a }", { n: [{ k: "a" }, { k: "b" }] })), [
    "false 0 not n:{ not k:a }",
    "true 4 n:{ not k:a }",
    "true 8 not k:a",
    "false 12 k:a",
  ]);
  assert.deepEqual(lines(explained("", {})), ["true 0 *"]);
});

test("a clause says what the event has in its field", () => {
  const actual = (text: string, event: JsonObject) => explained(text, event).actual;
  assert.deepEqual(actual("a.b:x", { a: [{ b: "y" }, { b: ["z", null] }], "a.b": 1 }), {
    values: ["y", "z", 1],
    total: 3,
    notIndexed: 0,
  });
  assert.deepEqual(actual("a:x", {}), { values: [], total: 0, notIndexed: 0 });
  assert.deepEqual(actual("destination.ip:10.0.0.1", { destination: { ip: "nonsense" } }), {
    values: ["nonsense"],
    total: 1,
    notIndexed: 1,
  });
  const many = actual("a:x", { a: Array.from({ length: 1000 }, (_, index) => index) });
  assert.deepEqual([many?.values.length, many?.total], [5, 1000]);
  assert.equal(actual("*:*", { a: 1 }), undefined);
});

test("of nested objects the one that comes nearest is told of", () => {
  const root = explained("n:{ k:a and l > 3 }", { n: [{ k: "b", l: 1 }, { k: "b", l: 4 }, {}] });
  assert.equal(root.objects, 3);
  assert.deepEqual(
    nearestFlips(root).map(({ text, field, actual }) => [text, field, actual?.values]),
    [["k:a", "n.k", ["b"]]],
  );
  const none = explained("n:{ k:a }", {});
  assert.deepEqual(nearestFlips(none), [none]);
});

test("a list of values is one clause, and within a not each value that holds is", () => {
  assert.equal(nearestFlips(explained("a:(p or q)", { a: "z" }))[0]?.text, "a:(p or q)");
  assert.deepEqual(
    nearestFlips(explained("not a:(p or q or r)", { a: ["r", "p"] })).map(({ text }) => text),
    ["a:p", "a:r"],
  );
});

test("work grows with the query and the event, and so does nothing else", () => {
  const values = Array.from({ length: 20_000 }, (_, index) => `v${index}`);
  const text = `not process.name:(${values.join(" or ")}) and ${"(".repeat(190)}a:b${")".repeat(190)}`;
  const explain = explainer(parse(text), text, { types: ecsTypes, clock: () => 0 });
  const root = explain({ process: { name: values.slice(0, 20) } });
  assert.ok(root.text.length <= 401);
  assert.equal(nearestFlips(root).length, 21);
});
