import type { EcsEvent } from "../../ecs/json.ts";
import { detector } from "../../rule/detector.ts";
import type { Rule } from "../../rule/rule.ts";

export type FindMissing = (event: EcsEvent) => readonly string[];

/** Finds the new_terms fields that an event has no value in: those that alone would make no combination. */
export function missingFinder(rule: Rule): FindMissing {
  const fields = rule.new_terms.value.map((name) => {
    const alone = detector({ ...rule, query: "*:*", filters: [], new_terms: { ...rule.new_terms, value: [name] } });
    return { name, alone };
  });
  return (event) => fields.flatMap(({ name, alone }) => (alone.combinations(event).total === 0 ? [name] : []));
}
