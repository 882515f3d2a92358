/** What one invocation did with a rule's matches. */
export interface RuleCount {
  readonly id: string;
  matched: number;
  /** Of these, the ones that an exception hides. */
  excepted: number;
  /** And the ones of events that lack a field of `new_terms`. */
  withoutTerms: number;
  known: number;
  new: number;
}

export interface RuleCounts {
  /** The rule's counts, to be counted up. */
  of(ruleId: string): RuleCount;
  /** The rules that had anything, those with the most new combinations first, and then with the most matches. */
  most(): RuleCount[];
}

export function ruleCounts(): RuleCounts {
  const counts = new Map<string, RuleCount>();
  return {
    of(ruleId) {
      let found = counts.get(ruleId);
      if (found === undefined) {
        found = { id: ruleId, matched: 0, excepted: 0, withoutTerms: 0, known: 0, new: 0 };
        counts.set(ruleId, found);
      }
      return found;
    },
    most: () => [...counts.values()].sort((a, b) => b.new - a.new || b.matched - a.matched),
  };
}
