import { ecsTypesWith, endpointTypes } from "../../src/ecs/catalogue.ts";
import type { JsonObject, JsonValue } from "../../src/ecs/json.ts";
import { type FieldTypes, type Mapping, withNames } from "../../src/ecs/mapping.ts";
import type { NaiveEntry, NaiveItem } from "./naive-exceptions.ts";

type Random = () => number;

interface Pool {
  readonly type?: string;
  /** What an exception may ask. */
  readonly asked: readonly string[];
  /** What events have, besides that. */
  readonly had: readonly JsonValue[];
  readonly patterns?: readonly string[];
  readonly lists?: readonly string[];
}

const TOOLS = [
  "/usr/bin/curl",
  "/usr/bin/wget",
  "CURL",
  "curl",
  "a*c",
  "a?c",
  "abc",
  "a\\c",
  "x".repeat(1024),
  "x".repeat(1025),
];
const PATTERNS = ["/usr/*", "*curl", "a?c", "a\\*c", "a\\?c", "*", "?", "c*l", "C*", "x*"];

/** Fields of each kind, with values that meet often. */
const POOLS: Readonly<Record<string, Pool>> = {
  "process.executable": { asked: TOOLS, had: [["curl", "abc"], "", 80, true], patterns: PATTERNS, lists: ["keyword"] },
  "process.name.caseless": { asked: ["CURL", "curl", "Wget"], had: [], patterns: ["C*", "c?rl"], lists: ["keyword"] },
  "process.name": { asked: ["curl", "CURL", "wget"], had: [null, [], {}], patterns: PATTERNS },
  w: { type: "wildcard", asked: TOOLS, had: ["a\nb"], patterns: PATTERNS },
  message: {
    asked: ["failed login", "Failed", "login failed", "of"],
    had: ["Failed Login of root", ["failed", "login"], "login failed, of: all", ""],
    patterns: ["fail*", "Fail*", "lo?in", "*"],
    lists: ["keyword"],
  },
  "source.ip": {
    asked: ["10.1.2.3", "10.1.0.0/16", "::ffff:10.1.2.3", "fe80::/10"],
    had: ["fe80::1", "10.9.0.1", "10.01.2.3", "no address", ["10.9.0.1", "10.1.2.4"]],
    lists: ["ip", "ip_range"],
  },
  p: { type: "integer", asked: ["80", "443"], had: [80, "80", 443, 80.5, "x", true] },
  b: { type: "boolean", asked: ["true", "false"], had: [true, false, "true", ""] },
  "data_stream.dataset": {
    asked: ["endpoint.events", "end*", "a?b"],
    had: ["a?b", "axb"],
    patterns: ["end*", "a?b", "a*"],
  },
  "f.a": { type: "flattened", asked: ["x", "1"], had: [1, "x", ["y", "x"]] },
  "my.app": { asked: ["x", "80", "true"], had: [80, true, "x", { y: "x" }, 80.5] },
  "n.a": { asked: ["x", "y"], had: [] },
  "host.os.type": { asked: ["linux", "windows"], had: ["macos"], patterns: ["l*"] },
  "host.os.name.caseless": { asked: ["linux"], had: ["Windows", "LINUX", "Ubuntu"] },
};
const NAMES = Object.keys(POOLS);

const MAPPINGS: readonly (readonly [string, Mapping])[] = [
  ...NAMES.flatMap((name): (readonly [string, Mapping])[] => {
    const type = POOLS[name]?.type;
    return type === undefined ? [] : [[name.split(".")[0] ?? name, { type }]];
  }),
  ...["n", "n.m"].map((name) => [name, { type: "nested" }] as const),
  ...["n.a", "n.b", "n.m.c"].map((name) => [name, { type: "keyword", ignoreAbove: 1024 }] as const),
];
const typed = ecsTypesWith(new Map(MAPPINGS));

export const EXCEPTION_TYPES: FieldTypes = withNames(
  (name) => (name.endsWith(".caseless") ? endpointTypes(name) : typed(name)),
  typed.names,
);

const RANGES = ["10.1.0.0/16", "10.9.0.0-10.9.0.9", "10.1.2.3", "fe80::1-fe80::5"];

export function randomItem(random: Random, at: number): NaiveItem {
  const entries = Array.from({ length: 1 + Math.floor(random() * random() * 4) }, () => randomEntry(random));
  const expiry = at + Math.floor(random() * 5) - 2;
  return {
    entries,
    ...(random() < 0.2 ? { os_types: random() < 0.5 ? ["linux"] : ["windows", "macos"] } : {}),
    ...(random() < 0.3 ? { expire_time: new Date(expiry).toISOString() } : {}),
  };
}

function randomEntry(random: Random): NaiveEntry {
  if (random() < 0.15) {
    const field = random() < 0.7 ? "n" : "n.m";
    const names = field === "n" ? ["a", "b", "m.c"] : ["c"];
    const inner = Array.from({ length: 1 + Math.floor(random() * 2) }, () =>
      plainEntry(pick(random, names), { asked: ["x", "y"], had: [] }, random, ["match", "match_any", "exists"]),
    );
    return { field, type: "nested", entries: inner };
  }
  const name = pick(random, NAMES);
  const pool = POOLS[name] as Pool;
  return plainEntry(name, pool, random, [
    ...(["match", "match_any", "exists"] as const),
    ...(pool.patterns === undefined ? [] : (["wildcard"] as const)),
    ...(pool.lists === undefined ? [] : (["list"] as const)),
  ]);
}

function plainEntry(field: string, pool: Pool, random: Random, types: readonly NaiveEntry["type"][]): NaiveEntry {
  const operator = random() < 0.3 ? "excluded" : "included";
  const type = pick(random, types);
  const head = { field, operator, type } as const;
  switch (type) {
    case "match":
      return { ...head, value: pick(random, pool.asked) };
    case "match_any":
      return { ...head, value: [pick(random, pool.asked), pick(random, pool.asked)] };
    case "wildcard":
      return { ...head, value: pick(random, pool.patterns ?? []) };
    case "list": {
      const kind = pick(random, pool.lists ?? []);
      const values = kind === "ip_range" ? RANGES : pool.asked;
      return {
        ...head,
        list: { id: `l${field}${kind}`, type: kind, values: values.filter((_, index) => index % 2 === 0) },
      };
    }
    default:
      return head;
  }
}

/** An event whose fields have what exceptions ask, or something near. */
export function randomExceptedEvent(random: Random): JsonObject {
  const event: Record<string, JsonValue> = {};
  for (const name of NAMES) {
    if (random() < 0.35) continue;
    const { asked, had } = POOLS[name] as Pool;
    const value = structuredClone(pick<JsonValue>(random, [...asked, ...had]));
    const path = EXCEPTION_TYPES(name).source ?? name;
    if (name === "n.a") {
      const object = () => ({
        ...(random() < 0.7 ? { a: pick(random, ["x", "y"]) } : {}),
        ...(random() < 0.7 ? { b: pick(random, ["x", "y"]) } : {}),
        ...(random() < 0.4 ? { m: [{ c: pick(random, ["x", "y"]) }, {}] } : {}),
      });
      event["n"] = random() < 0.3 ? object() : [object(), object()];
    } else event[path] = value;
  }
  return event;
}

function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}
