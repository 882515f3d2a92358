import { prefilterOf } from "../detect/prefilter.ts";
import { ruleNeeds } from "../detect/rule-needs.ts";
import { casing, type Necessary } from "../kql/necessary.ts";
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
    const without = detectors.filter(({ necessary }) => necessary.length === 0);
    return { verdict: "read", reason: "no_prefilter", rules: without.map(({ rule }) => rule.name) };
  }
  const [isRead = true] = mayMatch({ bytes, ends: [bytes.length] });
  // The first text of each rule that is needed and not there.
  const isMet = (need: Necessary) => need.some((each) => stands(each, bytes));
  const needs = detectors.map((detector) => {
    const [ecs = [], ...raw] = ruleNeeds(detector);
    // Of the raw form that the record has, or else of ECS.
    return raw.find((own) => isMet(own.at(-1) ?? [])) ?? ecs;
  });
  const absent = needs.flatMap((own) => own.find((need) => !isMet(need)) ?? []);
  if (!isRead) return { verdict: "passed_over", reason: "not_found", absent: distinct(absent) };
  // The most telling need of each rule is what has a record read, where the rules are few.
  const found = needs.flatMap(([need = []]) => need.filter((each) => stands(each, bytes)));
  const reason = found.length > 0 ? "found" : bytes.includes("\\u") ? "escape" : "shape";
  return { verdict: "read", reason, found: distinct(found) };
}

function stands(literal: string, bytes: Buffer): boolean {
  const text = plain(literal);
  // Byte by byte, so that none but ASCII letters change.
  return casing(literal).anyCase ? bytes.toString("latin1").toLowerCase().includes(text) : bytes.includes(text);
}

/** A value is sought with its quotes, and a name with the colon behind it. */
function plain(literal: string): string {
  const { text } = casing(literal);
  return (text.endsWith('":') ? text.slice(0, -1) : text).replaceAll('"', "");
}

function distinct(literals: readonly string[]): string[] {
  return [...new Set(literals.map(plain))];
}
