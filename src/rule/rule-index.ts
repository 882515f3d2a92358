import type { EcsEvent } from "../ecs/json.ts";
import { leafText } from "../ecs/leaf.ts";
import { fieldPath } from "../ecs/path.ts";
import type { Detector } from "./detector.ts";
import { dataStreamOf } from "./scope.ts";

/** The rules that an event may match, without asking each. */
export interface Candidates {
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

/**
 * Finds rules by their index patterns and by the values they require of some field: of each rule's requirements the one
 * over the field that most rules require something of, so that few fields are read.
 */
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

function byRequirement(detectors: readonly Detector[]): (event: EcsEvent) => readonly Detector[] {
  const popularity = new Map<string, number>();
  for (const { requirements } of detectors) {
    for (const field of new Set(requirements.map((requirement) => requirement.field))) {
      popularity.set(field, (popularity.get(field) ?? 0) + 1);
    }
  }
  const always: Detector[] = [];
  const fields = new Map<string, Map<string, Detector[]>>();
  for (const detector of detectors) {
    const [best] = detector.requirements.toSorted(
      (a, b) => (popularity.get(b.field) ?? 0) - (popularity.get(a.field) ?? 0),
    );
    if (best === undefined) {
      always.push(detector);
      continue;
    }
    const values = fields.get(best.field) ?? new Map<string, Detector[]>();
    fields.set(best.field, values);
    for (const value of best.values) values.set(value, [...(values.get(value) ?? []), detector]);
  }
  const reads = [...fields].map(([name, values]) => ({ path: fieldPath(name), values }));
  return (event) => {
    let found: Set<Detector> | undefined;
    for (const { path, values } of reads) {
      path.some(event, (leaf) => {
        const own = values.get(leafText(leaf));
        if (own !== undefined) {
          found ??= new Set(always);
          for (const detector of own) found.add(detector);
        }
        return false;
      });
    }
    return found === undefined ? always : [...found];
  };
}
