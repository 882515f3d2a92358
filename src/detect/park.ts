import { VALUE_LENGTH } from "../finding/why.ts";
import { counterKey } from "../history/key.ts";
import { type ParkedTerm, parkedMessage } from "../history/parked.ts";
import type { Sighting } from "../history/sighting.ts";
import { isTold } from "./counting.ts";
import { sealed } from "./detect.ts";
import type { Source } from "./observe.ts";
import { startedRule } from "./rule-set.ts";

/**
 * A sighting that could not be decided as a message of the retry queue, with the finding that it makes if it is new.
 * @param now when that is made, epoch ms
 * @param isKept true where the rule's fragment is in the history
 */
export function parkedBody(sighting: Sighting<Source>, now: number, isKept: boolean): string {
  const { source } = sighting.observations[0];
  const { key } = startedRule(source.detector.rule);
  return parkedMessage(sighting, sealed(sighting, undefined, now, isKept), key, isTold(source) ? termsOf(source) : []);
}

function termsOf({ detector: { rule }, terms }: Source): ParkedTerm[] {
  return rule.new_terms.value.map((field, index) => {
    const text = terms[index]?.text ?? "";
    // One unit more than is shown says that it was cut.
    return { field, text: text.slice(0, VALUE_LENGTH + 1), counter: counterKey(rule.rule_id, field, text) };
  });
}
