import type { EcsEvent } from "../ecs/json.ts";
import { leafText } from "../ecs/leaf.ts";
import { fieldPath } from "../ecs/path.ts";
import type { Detector } from "./detector.ts";
import { dataStreamOf } from "./scope.ts";

/** The rules that an event may match, without asking each. */
interface Candidates {
  /** Whether the event says which data stream it is of. */
  readonly isScoped: boolean;
  /** Rules that may match: the others in scope cannot. */
  readonly detectors: readonly Detector[];
  /** How many rules have the event in scope. */
  readonly inScope: number;
}

export type RuleIndex = (event: EcsEvent) => Candidates;

/** Data streams remembered; a sender who invents more makes the index start anew, and costs itself time only. */
const MAX_DATA_STREAMS = 1000;

/** Finds rules by their index patterns, and by the values they require of the fields that most of them ask about. */
export function ruleIndex(detectors: readonly Detector[]): RuleIndex {
  const byDataStream = new Map<string | undefined, (event: EcsEvent) => readonly Detector[]>();
  const counts = new Map<string | undefined, number>();
  return (event) => {
    const dataStream = dataStreamOf(event);
    let find = byDataStream.get(dataStream);
    if (find === undefined) {
      if (byDataStream.size === MAX_DATA_STREAMS) byDataStream.clear();
      const own = detectors.filter((detector) => detector.inScope(dataStream) !== "out");
      counts.set(dataStream, own.length);
      find = byRequirement(own);
      byDataStream.set(dataStream, find);
    }
    return {
      isScoped: dataStream !== undefined,
      detectors: find(event),
      inScope: counts.get(dataStream) ?? 0,
    };
  };
}

/** Fields looked at: those that most rules require something of. More would cost more than they spare. */
const MAX_FIELDS = 8;

/**
 * Of each popular field, which rules each value leaves: a set of bits, one for each rule. An event's values of a field
 * leave those that name one of them and those that ask nothing of it, and a rule is a candidate where every field does.
 */
function byRequirement(detectors: readonly Detector[]): (event: EcsEvent) => readonly Detector[] {
  const popularity = new Map<string, number>();
  for (const { requirements } of detectors) {
    for (const field of new Set(requirements.map((requirement) => requirement.field))) {
      popularity.set(field, (popularity.get(field) ?? 0) + 1);
    }
  }
  const words = Math.ceil(detectors.length / 32);
  const popular = [...popularity].toSorted(([, a], [, b]) => b - a).slice(0, MAX_FIELDS);
  const fields = popular.map(([name]) => {
    const indifferent = new Uint32Array(words);
    const byValue = new Map<string, Uint32Array>();
    for (const [index, { requirements }] of detectors.entries()) {
      const requirement = requirements.find(({ field }) => field === name);
      if (requirement === undefined) setBit(indifferent, index);
      for (const value of requirement?.values ?? []) {
        const bits = byValue.get(value) ?? new Uint32Array(words);
        byValue.set(value, bits);
        setBit(bits, index);
      }
    }
    return { path: fieldPath(name), indifferent, byValue };
  });

  const left = new Uint32Array(words);
  const allowed = new Uint32Array(words);
  return (event) => {
    left.fill(0xffff_ffff);
    for (const { path, indifferent, byValue } of fields) {
      allowed.set(indifferent);
      path.some(event, (leaf) => {
        const bits = byValue.get(leafText(leaf));
        if (bits !== undefined)
          for (let word = 0; word < words; word++) allowed[word] = (allowed[word] ?? 0) | (bits[word] ?? 0);
        return false;
      });
      let any = 0;
      for (let word = 0; word < words; word++) {
        const bits = (left[word] ?? 0) & (allowed[word] ?? 0);
        left[word] = bits;
        any |= bits;
      }
      if (any === 0) return NONE;
    }
    return detectors.filter((_, index) => ((left[index >>> 5] ?? 0) & (1 << (index & 31))) !== 0);
  };
}

const NONE: readonly Detector[] = [];

function setBit(bits: Uint32Array, index: number): void {
  bits[index >>> 5] = (bits[index >>> 5] ?? 0) | (1 << (index & 31));
}
