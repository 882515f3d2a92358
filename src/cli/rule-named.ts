import type { Detector } from "../rule/detector.ts";
import { UsageError } from "./verb.ts";

/**
 * The rule that is meant, by its id, its file, or a part of its name.
 * @param what names it in an error, as `--rule` does
 * @throws UsageError where it is none, or more than one
 */
export function ruleNamed(detectors: readonly Detector[], wanted: string, what: string): Detector {
  const [detector, ...others] = detectors.filter(({ rule }) => isNamed(rule, wanted));
  if (detector !== undefined && others.length === 0) return detector;
  const names = detectors.slice(0, 10).map(({ rule }) => `  ${rule.rule_id}  ${rule.name}`);
  throw new UsageError(
    `${what} "${wanted}" is ${others.length > 0 ? "more than one rule" : "no rule"}; there are\n${names.join("\n")}`,
  );
}

function isNamed({ rule_id, name, path }: Detector["rule"], wanted: string): boolean {
  return (
    wanted !== "" && (rule_id === wanted || path === wanted || path.endsWith(`/${wanted}`) || name.includes(wanted))
  );
}
