import type { EcsEvent } from "../ecs/json.ts";
import { type Leaf, leafText } from "../ecs/leaf.ts";
import { fieldPath } from "../ecs/path.ts";
import type { Detector } from "./detector.ts";
import type { Requirement } from "./requirement.ts";
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

/** The rules that have one data stream in scope. */
interface InScope {
  readonly count: number;
  readonly candidates: (event: EcsEvent) => readonly Detector[];
}

export type RuleIndex = (event: EcsEvent) => Candidates;

/** Data streams remembered, and sets of rules: a sender who invents more makes the index start anew. */
const MAX_REMEMBERED = 1000;

/** Elasticsearch names no data stream with more: a longer name is not worth the memory, and costs a look-up each time. */
const MAX_NAME = 256;

/** Finds rules by their index patterns, and by the values they require of the fields that most of them ask about. */
export function ruleIndex(detectors: readonly Detector[]): RuleIndex {
  const byDataStream = new Map<string | undefined, InScope>();
  // Of invented data streams there is no end, of sets of rules there are few: those are what costs time and memory.
  const bySet = new Map<string, InScope>();
  function lookUp(dataStream: string | undefined): InScope {
    const inScope = detectors.map((detector) => detector.inScope(dataStream) !== "out");
    const set = inScope.map(Number).join("");
    let found = bySet.get(set);
    if (found === undefined) {
      const own = detectors.filter((_, index) => inScope[index]);
      found = { count: own.length, candidates: byRequirement(own) };
      remember(bySet, set, found);
    }
    if (dataStream === undefined) remember(byDataStream, dataStream, found);
    else if (dataStream.length <= MAX_NAME) remember(byDataStream, flatCopy(dataStream), found);
    return found;
  }
  return (event) => {
    const dataStream = dataStreamOf(event);
    const { count, candidates } = byDataStream.get(dataStream) ?? lookUp(dataStream);
    return { isScoped: dataStream !== undefined, detectors: candidates(event), inScope: count };
  };
}

function remember<Key>(map: Map<Key, InScope>, key: Key, found: InScope): void {
  if (map.size === MAX_REMEMBERED) map.clear();
  map.set(key, found);
}

/** The same text, and nothing else kept alive by it: a string may be a slice of a whole record's text. */
function flatCopy(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}

/** Fields looked at at most. */
const MAX_FIELDS = 16;

/**
 * Of each field that rules require something of, which rules each value leaves: a set of bits, one for each rule. An
 * event's values of a field leave the rules that name one of them and those that ask nothing of it, and a rule is a
 * candidate where every field leaves it. A field that none of the rules still left asks about is not read.
 */
function byRequirement(detectors: readonly Detector[]): (event: EcsEvent) => readonly Detector[] {
  const words = Math.ceil(detectors.length / 32);
  const left = new Int32Array(words);
  const allowed = new Int32Array(words);
  const fields = mostTelling(detectors)
    .slice(0, MAX_FIELDS)
    .map((name) => {
      const concerned = new Int32Array(words);
      const byValue = new Map<string, Int32Array>();
      for (const [index, { requirements }] of detectors.entries()) {
        const requirement = requirements.find(({ field }) => field === name);
        if (requirement === undefined) continue;
        setBit(concerned, index);
        for (const value of requirement.values) {
          const bits = byValue.get(value) ?? new Int32Array(words);
          byValue.set(value, bits);
          setBit(bits, index);
        }
      }
      const allow = (leaf: Leaf): boolean => {
        const bits = byValue.get(leafText(leaf));
        if (bits !== undefined)
          for (let word = 0; word < words; word++) (allowed[word] as number) |= bits[word] as number;
        return false;
      };
      return { path: fieldPath(name), concerned, allow };
    });

  // Run for every event: nothing is made on the way.
  return (event) => {
    left.fill(-1);
    for (const { path, concerned, allow } of fields) {
      let asks = 0;
      for (let word = 0; word < words; word++) {
        asks |= (left[word] as number) & (concerned[word] as number);
        allowed[word] = ~(concerned[word] as number);
      }
      if (asks === 0) continue;
      path.some(event, allow);
      let any = 0;
      for (let word = 0; word < words; word++) {
        (left[word] as number) &= allowed[word] as number;
        any |= left[word] as number;
      }
      if (any === 0) return NONE;
    }
    return detectors.filter((_, index) => ((left[index >>> 5] as number) & (1 << (index & 31))) !== 0);
  };
}

/** The required fields, first those that leave the fewest rules: which most of them ask about, each for other values. */
function mostTelling(detectors: readonly Detector[]): string[] {
  const asked = new Map<string, Requirement[]>();
  for (const { requirements } of detectors) {
    for (const [field, requirement] of new Map(requirements.map((each) => [each.field, each]))) {
      asked.set(field, [...(asked.get(field) ?? []), requirement]);
    }
  }
  const tells = (requirements: readonly Requirement[]) => {
    const distinct = new Set(requirements.flatMap(({ values }) => [...values])).size;
    return requirements.reduce((sum, { values }) => sum + 1 - values.size / (distinct + 1), 0);
  };
  const scored = [...asked].map(([field, requirements]) => ({ field, score: tells(requirements) }));
  return scored.sort((a, b) => b.score - a.score).map(({ field }) => field);
}

const NONE: readonly Detector[] = [];

function setBit(bits: Int32Array, index: number): void {
  (bits[index >>> 5] as number) |= 1 << (index & 31);
}
