import { createRequire } from "node:module";
import { Query } from "mingo";
import type { JsonObject } from "../src/ecs/json.ts";
import type { KqlNode, Literal } from "../src/kql/ast.ts";
import { parse } from "../src/kql/parse.ts";
import { shippedDetector } from "../test/support/rules.ts";
import { eventTexts } from "./corpus.ts";
import { compare, ratio } from "./measure.ts";
import { explained } from "./profile.ts";
import type { Row } from "./report.ts";

// The shipped rule's query in the rivals' own languages, as far as they can say it: numbers by their text, patterns as
// regular expressions. None of them knows field types.

const require = createRequire(import.meta.url);
const sift = (require("sift") as { default: (query: object) => (event: object) => boolean }).default;
const jsonLogic = require("json-logic-js") as {
  apply(logic: object, data: object): unknown;
  add_operation(name: string, operation: (...values: never[]) => unknown): void;
};

function mongo(node: KqlNode): object {
  switch (node.kind) {
    case "and":
      return { $and: node.nodes.map(mongo) };
    case "or":
      return {
        $or: byField(node.nodes).map((part) =>
          Array.isArray(part) ? anyOf(part as IsNode[]) : mongo(part as KqlNode),
        ),
      };
    case "not":
      return { $nor: [mongo(node.node)] };
    case "is":
      return anyOf([node]);
    default:
      throw new Error(`the shipped rule has no ${node.kind}`);
  }
}

type IsNode = Extract<KqlNode, { kind: "is" }>;

function byField(nodes: readonly KqlNode[]): (KqlNode | IsNode[])[] {
  const lists = new Map<string, IsNode[]>();
  const parts: (KqlNode | IsNode[])[] = [];
  for (const node of nodes) {
    if (node.kind !== "is") {
      parts.push(node);
      continue;
    }
    const name = String(node.field?.kind === "wildcard" ? "*" : node.field?.value);
    const list = lists.get(name) ?? [];
    if (list.length === 0) parts.push(list);
    lists.set(name, list);
    list.push(node);
  }
  return parts;
}

function anyOf(nodes: readonly IsNode[]): object {
  const [first] = nodes;
  const name = first?.field?.kind === "wildcard" ? "*" : String(first?.field?.value);
  return { [name]: { $in: nodes.map(({ value }) => plain(name, value)) } };
}

function plain(name: string, value: Literal): unknown {
  if (value.kind === "wildcard") {
    const escaped = value.segments.map((segment) => segment.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return new RegExp(`^${escaped.join("[\\s\\S]*")}$`);
  }
  return name.endsWith(".port") ? Number(value.value) : value.value;
}

jsonLogic.add_operation("like", (text: unknown, pattern: RegExp) => typeof text === "string" && pattern.test(text));
jsonLogic.add_operation("has", (values: unknown, wanted: unknown) =>
  Array.isArray(values) ? values.includes(wanted) : values === wanted,
);

function logic(node: KqlNode): object {
  switch (node.kind) {
    case "and":
    case "or":
      return { [node.kind]: node.nodes.map(logic) };
    case "not":
      return { "!": [logic(node.node)] };
    case "is": {
      const name = node.field?.kind === "wildcard" ? "*" : String(node.field?.value);
      const value = plain(name, node.value);
      return { [value instanceof RegExp ? "like" : "has"]: [{ var: name }, value] };
    }
    default:
      throw new Error(`the shipped rule has no ${node.kind}`);
  }
}

/** The shipped rule over parsed events, by this engine and by three that are well known. */
export function run(): Promise<Row[]> {
  const detector = shippedDetector();
  const query = parse(detector.rule.query);
  const events = eventTexts(2000, 0.1).map((text) => JSON.parse(text) as JsonObject);
  const mingo = new Query(mongo(query) as Record<string, never>);
  const sifted = sift(mongo(query));
  const logical = logic(query);
  const tests: Readonly<Record<string, (event: JsonObject) => boolean>> = {
    ours: (event) => detector.matches(event, 0),
    mingo: (event) => mingo.test(event as Record<string, never>),
    sift: (event) => sifted(event),
    "json-logic": (event) => jsonLogic.apply(logical, event) === true,
  };
  const work = Object.entries(tests).map(([name, test]) => [name, () => events.filter(test).length] as const);
  const { ours, ...others } = compare(Object.fromEntries(work), 7);
  if (ours === undefined) throw new Error("nothing was timed");
  const least: Readonly<Record<string, number>> = { mingo: 10, sift: 20 };
  const rows = Object.entries(others).map(([name, theirs]): Row => {
    const test = tests[name] ?? (() => false);
    const differ = events.filter((event) => test(event) !== detector.matches(event, 0));
    for (const event of differ.slice(0, 3)) console.log(`${name} disagrees: ${JSON.stringify(event).slice(0, 300)}`);
    const target = least[name];
    return {
      what: `against ${name}`,
      ...ratio(theirs, ours),
      unit: "x",
      ...(target === undefined ? {} : { target: { atLeast: target } }),
      detail: `${differ.length} of ${events.length} verdicts differ, ${((ours.min * 1000) / events.length).toFixed(2)} us an event here`,
    };
  });
  return Promise.all(rows.map((row) => explained(row, () => events.filter(tests["ours"] ?? (() => false)))));
}
