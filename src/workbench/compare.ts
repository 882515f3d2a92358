import type { ReplayFinding } from "./replay-result.ts";

/** What two sets of rules find apart, by rule. */
export interface Apart {
  readonly ruleId: string;
  readonly added: number;
  readonly removed: number;
}

/** Takes the findings of a replay, before an edit and after it, and keeps a few bytes of each. */
export interface Comparison {
  before(finding: ReplayFinding): void;
  after(finding: ReplayFinding): void;
  /** Rules with a finding that only one side has, by their ids. */
  apart(): Apart[];
}

/** A finding is the same where rule, terms and time are. */
export function comparison(): Comparison {
  const old = new Map<string, Set<string>>();
  const counts = new Map<string, { added: number; removed: number }>();
  const nameOf = ({ terms, at }: ReplayFinding) => JSON.stringify([terms, at]);
  return {
    before(finding) {
      const names = old.get(finding.ruleId) ?? new Set();
      old.set(finding.ruleId, names.add(nameOf(finding)));
    },
    after(finding) {
      const count = counts.get(finding.ruleId) ?? { added: 0, removed: 0 };
      counts.set(finding.ruleId, count);
      if (old.get(finding.ruleId)?.delete(nameOf(finding)) !== true) count.added++;
    },
    apart() {
      for (const [ruleId, { size }] of old) {
        const count = counts.get(ruleId) ?? { added: 0, removed: 0 };
        counts.set(ruleId, { ...count, removed: size });
      }
      return [...counts]
        .map(([ruleId, { added, removed }]) => ({ ruleId, added, removed }))
        .filter(({ added, removed }) => added + removed > 0)
        .sort((a, b) => (a.ruleId < b.ruleId ? -1 : 1));
    },
  };
}
