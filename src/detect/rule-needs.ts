import type { Necessary } from "../kql/necessary.ts";
import { RAW_FORMS } from "../normalize/normalize.ts";
import type { Detector } from "../rule/detector.ts";

/**
 * What must stand in a record for a rule to match an event in it: all needs of one of these. The first are those of ECS; each
 * raw form that the rule can match has its own, and at their end the key that each of its documents has.
 */
export function ruleNeeds(detector: Detector): readonly (readonly Necessary[])[] {
  const raw = RAW_FORMS.flatMap(({ dataStream, keys, origins }) => {
    const needs = detector.inScope(dataStream) === "out" ? undefined : detector.necessaryRaw(origins);
    return needs === undefined ? [] : [[...needs, keys.map((key) => `"${key}":`)]];
  });
  return [detector.necessary, ...raw];
}
