import { prefilterOf } from "../detect/prefilter.ts";
import type { Detector } from "../rule/detector.ts";

/** What the functions' prefilter would make of a record, and why. */
export type PassedOver =
  /** Some rules could match without any string that can be looked for, or there are too many: each record is read. */
  | { readonly verdict: "read"; readonly reason: "no_prefilter"; readonly rules: readonly string[] }
  | {
      readonly verdict: "read";
      /** `shape`: not one object by itself. `escape`: `\u` in it can spell anything. */
      readonly reason: "shape" | "escape" | "found";
      readonly found: readonly string[];
    }
  | { readonly verdict: "passed_over"; readonly reason: "not_found"; readonly absent: readonly string[] };

/**
 * Whether the rules, all together as they are deployed, would have a record read at all.
 * @param bytes of the record
 */
export function passedOver(detectors: readonly Detector[], bytes: Buffer): PassedOver {
  const mayMatch = prefilterOf(detectors);
  if (mayMatch === undefined) {
    const without = detectors.filter(({ necessary }) => necessary === undefined);
    return { verdict: "read", reason: "no_prefilter", rules: without.map(({ rule }) => rule.name) };
  }
  const literals = [...new Set(detectors.flatMap(({ necessary }) => necessary ?? []))];
  const [isRead = true] = mayMatch({ bytes, ends: [bytes.length] });
  if (!isRead) return { verdict: "passed_over", reason: "not_found", absent: literals };
  const found = literals.filter((literal) => bytes.includes(literal));
  const reason = found.length > 0 ? "found" : bytes.includes("\\u") ? "escape" : "shape";
  return { verdict: "read", reason, found };
}
