import type { EcsEvent } from "../../ecs/json.ts";
import type { Rule } from "../../rule/rule.ts";
import { clausesOf, queryPlace } from "./clause.ts";
import type { Place } from "./place.ts";

/** Which clauses of a rule its tests have seen both true and false. */
export interface Coverage {
  /** The rule file. */
  readonly rule: string;
  readonly clauses: number;
  readonly bothWays: number;
  /** The others, in the order of the query. */
  readonly missing: readonly Missing[];
}

interface Missing {
  readonly text: string;
  readonly place?: Place;
  /** What it never was. */
  readonly never: "true" | "false" | "asked";
}

export interface CoverageCount {
  /** Asks every clause of an event, whatever the others say. */
  add(event: EcsEvent, at: number): void;
  result(): Coverage;
}

export function coverageOf(rule: Rule, ruleText: string): CoverageCount {
  const clauses = clausesOf(rule).map((clause) => ({ clause, wasTrue: false, wasFalse: false }));
  return {
    add(event, at) {
      for (const seen of clauses) {
        if (seen.wasTrue && seen.wasFalse) continue;
        if (seen.clause.holds(event, at)) seen.wasTrue = true;
        else seen.wasFalse = true;
      }
    },
    result() {
      const missing = clauses.flatMap(({ clause: { text, offset }, wasTrue, wasFalse }): Missing[] => {
        if (wasTrue && wasFalse) return [];
        const place = offset === undefined ? undefined : queryPlace(ruleText, rule, offset);
        const never = wasTrue ? "false" : wasFalse ? "true" : "asked";
        return [{ text, ...(place === undefined ? {} : { place }), never }];
      });
      return { rule: rule.path, clauses: clauses.length, bothWays: clauses.length - missing.length, missing };
    },
  };
}

/** Of a hundred, rounded down: 99 is not all. A rule without clauses is covered. */
export function percentOf({ clauses, bothWays }: Pick<Coverage, "clauses" | "bothWays">): number {
  return clauses === 0 ? 100 : Math.floor((bothWays * 100) / clauses);
}
