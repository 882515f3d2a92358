import type { Detector } from "../rule/detector.ts";
import { loadRuleFiles } from "../rule/load.ts";
import { UsageError } from "./verb.ts";

/**
 * The rules of files, every one of them.
 * @param exceptions the folder of exceptions; by default the one beside the rules
 * @throws UsageError where one cannot run, or none is switched on
 */
export function detectorsOf(files: readonly string[], exceptions?: string): readonly Detector[] {
  const { detectors, errors } = loadRuleFiles(files, exceptions === undefined ? {} : { exceptions });
  if (errors.length > 0) {
    throw new UsageError(`rules that cannot run:\n${errors.map(({ message }) => message).join("\n")}`);
  }
  if (detectors.length === 0) throw new UsageError(`${files.join(", ")}: switched off (enabled = false)`);
  return detectors;
}
