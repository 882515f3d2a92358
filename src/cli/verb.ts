import type { ParseArgsOptionDescriptor } from "node:util";
import { parseDate } from "../ecs/iso-date.ts";

/** One verb of the `firstsight` command. */
export interface Verb {
  readonly name: string;
  /** A line for the list of verbs. */
  readonly summary: string;
  /** What it takes, as in `RULES...`. */
  readonly takes: string;
  /** Where its first word is one of these, and no file. */
  readonly words?: readonly string[];
  readonly options: Readonly<Record<string, Option>>;
  /** True of one that looks at no events, and so needs no database of their networks. */
  readonly isWithoutEvents?: true;
  /** Command lines without `firstsight`, each with what it does. */
  readonly examples: readonly (readonly [string, string])[];
  /**
   * @returns the exit code
   * @throws UsageError; InputError of what cannot be read, which is exit 3
   */
  run(given: Given, out: Out): number | Promise<number>;
}

/** An option as node:util's parseArgs has it, and what `--help` says of it. */
export interface Option extends ParseArgsOptionDescriptor {
  readonly help: string;
  /** What stands for its value in help, such as `FOLDER`. */
  readonly value?: string;
}

/** A command line that was read. */
export interface Given {
  readonly paths: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
}

/** Where a verb writes. */
export interface Out {
  /** A line on standard output. */
  print(line: string): void;
  /** A line on standard error. */
  warn(line: string): void;
}

/** Exit codes, the same of every verb. */
export const EXIT = { fine: 0, against: 1, usage: 2, input: 3 } as const;

/** A command line or a rule that is wrong: exit 2. */
export class UsageError extends Error {}

/** The value of an option that takes one. */
export function textOf({ options }: Given, name: string): string | undefined {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
}

/** The value of an option that is a time, epoch ms. @throws UsageError */
export function timeOf(given: Given, name: string): number | undefined {
  const text = textOf(given, name);
  if (text === undefined) return undefined;
  const time = parseDate(text);
  if (time === undefined) throw new UsageError(`--${name} is a time such as 2026-11-01T00:00:00Z, and not "${text}"`);
  return time;
}
