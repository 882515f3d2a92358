import { casing, EVERYDAY } from "../kql/necessary.ts";
import type { Detector } from "../rule/detector.ts";

/** A rule for which records are read that others would pass over. */
export interface PrefilterObstacle {
  readonly detector: Detector;
  /** `off`: every record is read, whatever the other rules need. `weak`: most records are. */
  readonly effect: "off" | "weak";
  readonly reason: string;
}

/** The rules that turn the prefilter of a set off, or leave it little to pass over, in their order. */
export function prefilterObstacles(detectors: readonly Detector[]): readonly PrefilterObstacle[] {
  return detectors.flatMap((detector): PrefilterObstacle[] => {
    const { necessary } = detector;
    if (necessary.length === 0) {
      return [{ detector, effect: "off", reason: "an event can match whatever its text holds" }];
    }
    const commonplace = necessary.map((need) => need.find(isCommonplace));
    if (commonplace.includes(undefined)) return [];
    const texts = commonplace.join(" and ");
    return [{ detector, effect: "weak", reason: `all its query surely needs is ${texts}, which many events hold` }];
  });
}

/** Among what many events hold, or so short that it stands in most. */
function isCommonplace(literal: string): boolean {
  const { text } = casing(literal);
  const name = text.replaceAll(/^"|":$/g, "");
  if (EVERYDAY.has(text) || (text.endsWith('":') && EVERYDAY.has(name))) return true;
  return Buffer.byteLength(text) <= MAX_TRIVIAL;
}

const MAX_TRIVIAL = 1;
