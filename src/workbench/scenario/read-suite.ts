import { basename, dirname, join } from "node:path";
import { isMap, isScalar, type Node } from "yaml";
import { eventJson, eventOf, jsonValue } from "./event.ts";
import { countOf, expectationOf } from "./expectation.ts";
import { kindOf, knownKeys, listOf, mappingOf, scalarText, textOf } from "./mapping.ts";
import { durationOf, momentOf } from "./moment.ts";
import type { Repeat, Scenario, Send, Slot, Step, Suite, Varied } from "./scenario.ts";
import { readYaml, shown, type YamlFile } from "./yaml-file.ts";

export const TEST_ENDING = ".test.yaml";

/** Events of one file at most, repetitions counted. */
const MAX_EVENTS = 20_000;
const MAX_SHUFFLED = 2_000;
/** UTF-16 units that these come to at most. */
const MAX_SENT = 64 * 1024 * 1024;

/**
 * Reads a file of scenario tests.
 * @param rules the folder of its rule; default its own
 * @throws ScenarioError with line and column
 */
export function readSuite(path: string, text: string, rules?: string): Suite {
  const file = readYaml(path, text);
  const keys = ["rule", "given", "tests"] as const;
  const { rule, tests } = knownKeys(file, file.root, { keys, what: "a test file" });
  if (tests === undefined) return file.refuse(file.root, "tests are missing");
  const nodes = listOf(file, tests, "tests");
  if (nodes.length === 0) file.refuse(tests, "there is no test in tests");
  const scenarios = nodes.map((node) => scenarioOf(file, node));
  const names = new Set<string>();
  let events = 0;
  let size = 0;
  for (const [index, scenario] of scenarios.entries()) {
    const { name, steps, repeat } = scenario;
    const node = nodes[index] ?? tests;
    if (names.has(name)) file.refuse(node, `two tests are named "${shown(name)}"`);
    names.add(name);
    events += steps.length * (repeat?.times ?? 1);
    if (events > MAX_EVENTS) file.refuse(node, `more than ${MAX_EVENTS} events, repetitions counted`);
    size += sizeOf(scenario);
    if (size > MAX_SENT) file.refuse(node, "more than 64 MB of events, repetitions counted");
  }
  const named = rule === undefined ? namesake(file) : textOf(file, rule, "rule");
  return { path, text, rule: join(rules ?? dirname(path), named), tests: scenarios };
}

/** `NAME.toml` of `NAME.test.yaml`. */
function namesake(file: YamlFile): string {
  const name = basename(file.path);
  if (name.endsWith(TEST_ENDING)) return `${name.slice(0, -TEST_ENDING.length)}.toml`;
  return file.refuse(file.root, `rule is missing, and the file is not named NAME${TEST_ENDING}`);
}

/** About how much a test sends. */
function sizeOf({ steps, repeat }: Scenario): number {
  const times = repeat?.times ?? 1;
  const varied = (repeat?.vary ?? []).reduce(
    (sum, { values }) =>
      sum + (typeof values === "string" ? values.length * times : eventJson(new Map([["", values]]), []).length),
    0,
  );
  return steps.reduce((sum, { send }) => {
    const length = send.kind === "text" ? send.text.length : eventJson(send.entries, []).length;
    return sum + length * times + varied;
  }, 0);
}

function scenarioOf(file: YamlFile, node: Node): Scenario {
  const keys = ["name", "at", "learn", "repeat", "shuffle"] as const;
  const { name, at, learn, repeat, shuffle } = knownKeys(file, node, { keys, what: "a test" });
  if (name === undefined) return file.refuse(node, "name is missing: what does this test show?");
  if (at === undefined) return file.refuse(node, "at is missing: the timeline of events");
  const steps = listOf(file, at, "at").map((step) => stepOf(file, step));
  if (steps.length === 0) file.refuse(at, "there is no event in at");
  for (const [index, step] of steps.entries()) {
    const before = steps[index - 1];
    if (before !== undefined && step.at < before.at) {
      file.refuse(listOf(file, at, "at")[index] ?? at, "this is before the step above: a timeline runs forward");
    }
  }
  const scenario: Scenario = {
    name: textOf(file, name, "name"),
    place: file.placeOf(node),
    steps,
    shuffle: shuffle !== undefined && booleanOf(file, shuffle),
    ...(learn === undefined ? {} : { learnMs: learnOf(file, learn) }),
    ...(repeat === undefined ? {} : { repeat: repeatOf(file, repeat) }),
  };
  if (shuffle !== undefined && scenario.shuffle && steps.length * (scenario.repeat?.times ?? 1) > MAX_SHUFFLED) {
    file.refuse(shuffle, `more than ${MAX_SHUFFLED} events to shuffle, repetitions counted`);
  }
  return scenario;
}

/** `OFFSET: { send, expect }` */
function stepOf(file: YamlFile, node: Node): Step {
  const { own, merged } = mappingOf(file, node, 0, "a step");
  const [[when, { key, value }] = ["", { key: node, value: node }], ...others] = [...own];
  if (own.size === 0 || others.length > 0 || merged.size > 0) {
    return file.refuse(node, "a step has one key, its time: 1d: { send: …, expect: … }");
  }
  const at = momentOf(when) ?? file.refuse(key, `"${shown(when)}" is no time; write 0s, 1d12h or 2026-01-01T00:00:00Z`);
  const { send, expect } = knownKeys(file, value, { keys: ["send", "expect"] as const, what: "a step" });
  if (send === undefined) return file.refuse(value, "send is missing: the event");
  return {
    at,
    place: file.placeOf(key),
    send: sendOf(file, send),
    ...(expect === undefined ? {} : { expect: expectationOf(file, expect) }),
    slot: slotOf(file, value, expect),
  };
}

function sendOf(file: YamlFile, node: Node): Send {
  const found = file.read(node, 0);
  if (!isScalar(found)) return { kind: "event", entries: eventOf(file, node) };
  if (found.value === null) return file.refuse(node, "send is nothing, and should be an event, or a text");
  return { kind: "text", text: scalarText(found) };
}

/** Where the file has the expectation, or has room for one: behind the event, in the same way. */
function slotOf(file: YamlFile, step: Node, expect: Node | undefined): Slot | undefined {
  const { text } = file;
  const endOf = ([start, end]: readonly number[]) => (start ?? 0) + text.slice(start, end).trimEnd().length;
  if (expect?.range) return { kind: "replace", start: expect.range[0], end: endOf(expect.range) };
  const map = file.read(step, 0);
  const send = mappingOf(file, step, 0, "a step").own.get("send");
  if (!isMap(map) || !send?.value.range || !send.key.range) return undefined;
  const at = endOf(send.value.range);
  if (map.flow === true) return { kind: "insert", at, before: ", " };
  // A comment stays on its line.
  const lineEnd = text.indexOf("\n", at);
  const indent = " ".repeat(file.placeOf(send.key).column - 1);
  return { kind: "insert", at: lineEnd < 0 ? text.length : lineEnd, before: `\n${indent}` };
}

function booleanOf(file: YamlFile, node: Node): boolean {
  const found = file.read(node, 0);
  if (isScalar(found) && typeof found.value === "boolean") return found.value;
  return file.refuse(node, `shuffle is ${kindOf(found)}, and should be true or false`);
}

function learnOf(file: YamlFile, node: Node): number {
  const text = textOf(file, node, "learn");
  return durationOf(text) ?? file.refuse(node, `learn is "${shown(text)}", and should be a duration such as 7d`);
}

function repeatOf(file: YamlFile, node: Node): Repeat {
  const { times, vary } = knownKeys(file, node, { keys: ["times", "vary"] as const, what: "repeat" });
  const varied = vary === undefined ? [] : variedOf(file, vary);
  const lists = varied.flatMap(({ values }) => (typeof values === "string" ? [] : [values.length]));
  const count = times === undefined ? Math.max(0, ...lists) : countOf(file, times);
  if (count === 0) return file.refuse(node, "repeat needs times, or a list of values in vary");
  if (lists.some((length) => length !== count)) {
    file.refuse(vary ?? node, `a list in vary has ${count} values, one each time`);
  }
  return { times: count, vary: varied };
}

function variedOf(file: YamlFile, node: Node): Varied[] {
  const { own, merged } = mappingOf(file, node, 0, "vary");
  return [...merged, ...own].map(([field, { key, value }]) => {
    const steps = field.split(".");
    if (steps.includes("") || steps.length > 50) file.refuse(key, `"${shown(field)}" is no name of a field`);
    const values = jsonValue(file, value, 1);
    if (typeof values === "string" || Array.isArray(values)) return { field, values };
    return file.refuse(value, 'the values of vary are a list, or a text such as "h{{n}}"');
  });
}
