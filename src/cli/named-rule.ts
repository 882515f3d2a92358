import { existsSync } from "node:fs";
import { basename } from "node:path";
import { inert } from "../finding/inert.ts";
import type { Detector } from "../rule/detector.ts";
import { loadRuleFiles } from "../rule/load.ts";
import { rulePaths } from "./rule-paths.ts";
import { type Out, UsageError } from "./verb.ts";

/** What `--help` says of it, the same of every verb. */
export const RULE_OPTION = {
  type: "string",
  value: "RULE",
  help: "one rule: its rule_id, name or file, or a part of its name that only it has",
} as const;

export interface NamedRule {
  readonly detector: Detector;
  /** The rules it was chosen from, as they are deployed together. */
  readonly all: readonly Detector[];
}

const LISTED = 10;
const TEXT = 100;

/**
 * The rule that `--rule` names: by its rule_id, name or file, or else by a part of its name, in capitals or not. A rule
 * file outside of the folder will do. Others that cannot run are told, and are in nobody's way.
 * @param rules a file or a folder, as `--rules` names it
 * @param what names it in an error
 * @throws UsageError where there is no such rule, where there are several, or where it cannot run
 */
export function namedRule(wanted: string, rules: string | undefined, out: Out, what = "--rule"): NamedRule {
  const files = rulePaths(rules);
  const { detectors, errors } = loadRuleFiles(files);
  // What a broken file of exceptions would hide is not known, of no rule.
  const refused = errors.find(({ path }) => isFile(path, wanted) || !files.includes(path));
  if (refused !== undefined) throw new UsageError(refused.message);
  const exact = detectors.filter(
    ({ rule }) => rule.rule_id === wanted || rule.name === wanted || isFile(rule.path, wanted),
  );
  const isOutside = exact.length === 0 && wanted.endsWith(".toml") && existsSync(wanted);
  if (isOutside) return outside(wanted);
  const part = wanted.toLowerCase();
  const found = exact.length > 0 || wanted === "" ? exact : detectors.filter(({ rule }) => has(rule.name, part));
  const [detector, ...others] = found;
  if (detector === undefined) throw new UsageError(`${what} "${wanted}" is no rule; there are\n${list(detectors)}`);
  if (others.length > 0) throw new UsageError(`${what} "${wanted}" is more than one rule:\n${list(found)}`);
  for (const { message } of errors) out.warn(`refused  ${message}`);
  return { detector, all: detectors };
}

function outside(path: string): NamedRule {
  const { detectors, errors } = loadRuleFiles([path]);
  const [detector] = detectors;
  if (errors[0] !== undefined) throw new UsageError(errors[0].message);
  if (detector === undefined) throw new UsageError(`${path}: switched off (enabled = false)`);
  return { detector, all: detectors };
}

function has(name: string, part: string): boolean {
  return name.toLowerCase().includes(part);
}

function isFile(path: string, wanted: string): boolean {
  const name = basename(path);
  return path === wanted || path.endsWith(`/${wanted}`) || name === wanted || name === `${wanted}.toml`;
}

function list(detectors: readonly Detector[]): string {
  const rows = detectors
    .slice(0, LISTED)
    .map(({ rule }) => `  ${inert(rule.rule_id, TEXT)}  ${inert(rule.name, TEXT)}`);
  const left = detectors.length - LISTED;
  return [...rows, ...(left > 0 ? [`  and ${left} more`] : [])].join("\n");
}
