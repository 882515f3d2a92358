import { readFileSync } from "node:fs";
import type { EcsEvent } from "../ecs/json.ts";
import { leafText } from "../ecs/leaf.ts";
import { inertCut } from "../finding/inert.ts";
import type { Detector } from "../rule/detector.ts";
import { type Change, type Explanation, ruleExplainer, stampOf } from "./explain.ts";
import { oneEvent } from "./one-event.ts";

/** Why a rule made no finding of events: what came nearest. */
export interface Silence {
  readonly detector: Detector;
  /** 1-based number of the event that came nearest. */
  readonly event: number;
  /** What would have to be otherwise, in words for a terminal; none where the rule did match. */
  readonly changes: readonly string[];
}

/** Events that are looked at, of however many there are, and rules that are told of. */
const MOST_EVENTS = 200;
const MOST_RULES = 5;
const MOST_TEXT = 100;

/**
 * What came nearest to matching each rule, the nearest first. Explains every rule over some of the events: for a desk,
 * where nothing was found.
 * @param records as they were put on the stream
 */
export function silenceOf(detectors: readonly Detector[], records: Iterable<Buffer>): Silence[] {
  const events: { readonly event: EcsEvent; readonly number: number }[] = [];
  let number = 0;
  for (const bytes of records) {
    number++;
    const found = oneEvent(bytes);
    if (found.kind === "event") events.push({ event: found.event, number });
    if (events.length === MOST_EVENTS) break;
  }
  const nearest = detectors.flatMap((detector) => {
    const explain = ruleExplainer(detector, readFileSync(detector.rule.path, "utf8"));
    let best: { readonly explanation: Explanation; readonly number: number } | undefined;
    for (const { event, number: at } of events) {
      const explanation = explain(event, stampOf(event, 0).at);
      if (best === undefined || explanation.nearest.length < best.explanation.nearest.length) {
        best = { explanation, number: at };
      }
    }
    return best === undefined ? [] : [best];
  });
  return nearest
    .sort((a, b) => a.explanation.nearest.length - b.explanation.nearest.length)
    .slice(0, MOST_RULES)
    .map(({ explanation, number: event }) => ({
      detector: explanation.detector,
      event,
      changes: explanation.nearest.map((change) => told(change, explanation)),
    }));
}

function told(change: Change, { placeOf, scope }: Explanation): string {
  switch (change.kind) {
    case "scope":
      return `its data stream, ${shown(scope.dataStream ?? "none")}, is none that the rule looks at`;
    case "filter":
      return `filter ${change.filter.number} does not pass`;
    case "exception": {
      const { name, path, placeOf: itemPlace } = change.exception.item;
      return `the exception ${shown(name)} hides it (${shown(path)}:${itemPlace([]).line})`;
    }
    case "term":
      return `it has no ${change.field}, which the rule's combinations are of`;
    case "clause": {
      const { text, offset, verdict, field, actual, nodes } = change.clause;
      const place = placeOf(offset);
      const where = place === undefined ? "" : `line ${place.line}: `;
      const of = field ?? nodes[0]?.field;
      const values = (actual ?? nodes[0]?.actual)?.values ?? [];
      const has =
        values.length === 0 ? "it has none" : `it has ${values.map((value) => shown(leafText(value))).join(", ")}`;
      return `${where}${shown(text)} ${verdict ? "holds, and must not" : "does not hold"}${of === undefined ? "" : ` (${has})`}`;
    }
  }
}

function shown(text: string): string {
  return inertCut(text, MOST_TEXT);
}
