import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Term } from "../../src/ecs/semantics.ts";
import { findingJsonSchema } from "../../src/finding/schema.ts";
import { openFinding, sealFinding } from "../../src/finding/seal.ts";
import { loadRule } from "../../src/rule/load.ts";
import { type Rule, RuleError } from "../../src/rule/rule.ts";
import { someRule } from "../support/rules.ts";

const NOW = Date.parse("2026-05-25T10:00:00Z");
/** Elastic's own rules, where they are at hand. */
const CORPUS = "../shared/rules";

/** The part of a JSON schema that says which keys there are. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

function rulesAt(folder: string): Rule[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith(".toml"));
  return files.flatMap((name) => {
    const path = join(folder, name);
    try {
      return [loadRule(path, readFileSync(path, "utf8")).rule];
    } catch (error) {
      // A rule that cannot be run publishes nothing.
      if (error instanceof RuleError) return [];
      throw error;
    }
  });
}

/** The keys that no schema declares, by their paths. */
function undeclared(value: unknown, schema: Schema, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => undeclared(each, schema.items ?? {}, `${path}[]`));
  if (typeof value !== "object" || value === null || schema.properties === undefined) return [];
  const { properties } = schema;
  return Object.entries(value).flatMap(([key, inner]) => {
    const declared = Object.hasOwn(properties, key) ? properties[key] : undefined;
    const at = `${path} ${key}`;
    return declared === undefined ? [at] : undeclared(inner, declared, at);
  });
}

const NOT_DECLARED = ["kibana.alert.original_event."];

test("every key that a finding of any rule publishes is declared", () => {
  const schema = findingJsonSchema() as Schema;
  const everything = someRule({ building_block_type: "default", license: "l", note: "n", setup: "s", index: ["i"] });
  const rules = [...rulesAt("rules"), ...rulesAt(CORPUS), everything];
  assert.ok(rules.length > 1);
  if (existsSync(CORPUS)) assert.ok(rules.length > 90, `${rules.length} rules`);
  for (const rule of rules) {
    const terms = rule.new_terms.value.map((): Term => ({ tag: "keyword", text: "x".repeat(3000), value: "x" }));
    const event = { "@timestamp": "2026-05-25T09:59:58Z", event: { kind: "event", other: 1 }, host: { id: "h" } };
    const own = {
      terms,
      findingId: "0".repeat(32),
      firstSeen: NOW,
      previousSeen: NOW,
      now: NOW,
      repeat: true,
    } as const;
    const facts = { ...own, rule, event, triggerId: "e", arrival: NOW };
    const overflow = { combinations: 5000, evaluated: 1000 };
    const kinds = [sealFinding({ ...facts, type: "finding" }), sealFinding({ ...facts, type: "overflow", overflow })];
    for (const kind of kinds) {
      const finding = JSON.parse(openFinding(kind)) as Record<string, unknown>;
      const own = Object.entries(finding).filter(
        ([key]) => !(key in event) && !NOT_DECLARED.some((prefix) => key.startsWith(prefix)),
      );
      assert.deepEqual(undeclared(Object.fromEntries(own), schema, rule.rule_id), []);
    }
  }
});

test("of a finding, nothing but the event's own fields goes by a pattern", () => {
  const { patternProperties } = findingJsonSchema() as { patternProperties: object };
  assert.deepEqual(
    Object.keys(patternProperties),
    NOT_DECLARED.map((prefix) => `^${prefix.replaceAll(".", "\\.")}`),
  );
});
