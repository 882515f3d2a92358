import { readFileSync } from "node:fs";
import { type JsonObject, parseExact } from "../ecs/json.ts";
import { loadRules } from "../rule/load.ts";
import { InputError } from "../workbench/input/input-error.ts";
import type { Outcome } from "./conformance/case.ts";
import { type ExceptionCase, runExceptionCase } from "./conformance/exception-case.ts";
import { type FilterCase, runFilterCase } from "./conformance/filter-case.ts";
import { type MatchCase, type ParseCase, runMatchCase, runParseCase } from "./conformance/query-case.ts";
import { type RawCase, runRawCase } from "./conformance/raw-case.ts";
import { runScenarioCase, type ScenarioCase } from "./conformance/scenario-case.ts";
import { EXIT } from "./verb.ts";

const SHOWN_LENGTH = 600;

/** Stands in a case for the query of the shipped rule. */
const SEED = "@seed";
const SEED_RULE_ID = "ad02da2f-443d-454c-a12e-d9e6c65831ff";

/**
 * Holds the engine against case files (*.jsonl), by the same code as the functions run: queries and their trees, rule
 * filters, exceptions, raw events and what is made of them, and timelines of deliveries. Prints each case that fails, and a
 * count.
 * @param isJson prints one document instead
 * @returns the exit code: 1 if a case failed
 * @throws InputError where a file cannot be read
 */
export async function conformance(
  paths: readonly string[],
  print: (line: string) => void,
  isJson = false,
): Promise<number> {
  let passed = 0;
  const failures: { readonly id: string; readonly expected: unknown; readonly actual: unknown }[] = [];
  for (const path of paths) {
    let lines: readonly string[];
    try {
      lines = readFileSync(path, "utf8").split("\n");
    } catch (error) {
      const reason = error instanceof Error ? error.message : error;
      throw new InputError(`${path} cannot be read: ${reason}`, { cause: error });
    }
    for (const [index, line] of lines.entries()) {
      if (line.trim() === "") continue;
      const { id, outcome } = await run(line, `${path}:${index + 1}`);
      if (outcome.passed) passed++;
      else {
        const { expected, actual } = outcome;
        failures.push({ id, expected, actual });
        if (!isJson) print(`${id}: expected ${shown(expected)}, got ${shown(actual)}`);
      }
    }
  }
  const failed = failures.length;
  print(isJson ? JSON.stringify({ passed, failed, failures }, undefined, 2) : `${passed} passed, ${failed} failed`);
  return failed === 0 ? EXIT.fine : EXIT.against;
}

async function run(line: string, place: string): Promise<{ readonly id: string; readonly outcome: Outcome }> {
  let id = place;
  try {
    const test = parseExact(line) as JsonObject;
    id = typeof test["id"] === "string" ? test["id"] : place;
    return { id, outcome: await runCase(test["query"] === SEED ? { ...test, query: seedQuery() } : test) };
  } catch (error) {
    const actual = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { id, outcome: { passed: false, expected: "a case that can be run", actual } };
  }
}

/** The kind of a case shows in its keys. */
async function runCase(test: JsonObject): Promise<Outcome> {
  if ("steps" in test) return runScenarioCase(test as unknown as ScenarioCase);
  if ("ast" in test) return runParseCase(test as unknown as ParseCase);
  if ("filters" in test) return runFilterCase(test as unknown as FilterCase);
  if ("exceptions" in test) return runExceptionCase(test as unknown as ExceptionCase);
  if ("raw" in test && "expected" in test) return runRawCase(test as unknown as RawCase);
  if ("event" in test && "expect" in test) return runMatchCase(test as unknown as MatchCase);
  throw new Error(
    "neither steps, nor ast, nor raw and expected, nor event and expect: not a case of a kind known here",
  );
}

let seed: string | undefined;

function seedQuery(): string {
  seed ??= loadRules("rules").detectors.find(({ rule }) => rule.rule_id === SEED_RULE_ID)?.rule.query;
  if (seed === undefined) throw new Error(`the shipped rule (${SEED_RULE_ID}) is not in rules/`);
  return seed;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}
