import type { Detector } from "../rule/detector.ts";
import type { Seen } from "./observer.ts";

/** What a rule would find with another window, or with fewer fields. */
export interface Forecast {
  readonly ruleId: string;
  readonly name: string;
  readonly fields: readonly string[];
  readonly windowMs: number;
  /** As the rule stands. */
  readonly isOwn: boolean;
  readonly findings: number;
  /** Of days behind the first window, while which all is new; absent where there is not a whole one. */
  readonly perDay?: { readonly days: number; readonly mean: number; readonly p95: number; readonly most: number };
  /** True where the events cover less than two windows: then it cannot be told. */
  readonly isTooShort: boolean;
}

export interface Forecaster {
  /** Takes sightings in order of time. */
  see(seen: Seen): void;
  forecasts(): Forecast[];
}

const DAY_MS = 86_400_000;

/** One choice of fields: last seen is the same whatever the window is. */
interface Choice {
  readonly rule: number;
  readonly fields: readonly number[];
  readonly lastSeen: Map<string, number>;
  /** By window, then by day. */
  readonly days: readonly Map<number, number>[];
}

/** Counts for several windows and choices of fields at once, from one pass over what the rules see. */
export function forecaster(detectors: readonly Detector[], windows: readonly number[]): Forecaster {
  const windowsOf = detectors.map(({ rule }) => [...new Set([...windows, rule.windowMs])].sort((a, b) => a - b));
  const choices = detectors.flatMap(({ rule }, index) =>
    subsets(rule.new_terms.value.length).map(
      (fields): Choice => ({
        rule: index,
        fields,
        lastSeen: new Map(),
        days: (windowsOf[index] ?? []).map(() => new Map()),
      }),
    ),
  );
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;

  return {
    see({ rule, terms, at }) {
      first = Math.min(first, at);
      last = Math.max(last, at);
      for (const choice of choices) {
        if (choice.rule !== rule) continue;
        const combination = JSON.stringify(choice.fields.map((field) => terms[field]));
        const before = choice.lastSeen.get(combination);
        choice.lastSeen.set(combination, at);
        const gap = before === undefined ? Number.POSITIVE_INFINITY : at - before;
        for (const [index, windowMs] of (windowsOf[rule] ?? []).entries()) {
          if (gap <= windowMs) continue;
          const day = Math.floor(at / DAY_MS);
          const days = choice.days[index];
          days?.set(day, (days.get(day) ?? 0) + 1);
        }
      }
    },

    forecasts() {
      return choices.flatMap(({ rule: index, fields, days, lastSeen }) => {
        const rule = detectors[index]?.rule;
        if (rule === undefined || lastSeen.size === 0) return [];
        return (windowsOf[index] ?? []).map((windowMs, at): Forecast => {
          const counts = days[at] ?? new Map<number, number>();
          const perDay = perDayOf(counts, Math.floor((first + windowMs) / DAY_MS) + 1, Math.floor(last / DAY_MS));
          return {
            ruleId: rule.rule_id,
            name: rule.name,
            fields: fields.map((field) => rule.new_terms.value[field] ?? ""),
            windowMs,
            isOwn: windowMs === rule.windowMs && fields.length === rule.new_terms.value.length,
            findings: [...counts.values()].reduce((sum, count) => sum + count, 0),
            ...(perDay === undefined ? {} : { perDay }),
            isTooShort: last - first < 2 * windowMs,
          };
        });
      });
    },
  };
}

function perDayOf(counts: ReadonlyMap<number, number>, from: number, to: number): Forecast["perDay"] {
  if (to < from) return undefined;
  const days = to - from + 1;
  // Only days with findings are listed: who writes an event's time may set it a million years ahead.
  const some = [...counts].flatMap(([day, count]) => (day >= from && day <= to ? [count] : [])).sort((a, b) => a - b);
  const sum = some.reduce((total, count) => total + count, 0);
  const silent = days - some.length;
  const p95 = some[Math.ceil(days * 0.95) - 1 - silent] ?? 0;
  return { days, mean: sum / days, p95, most: some.at(-1) ?? 0 };
}

/** All choices of one to three fields, the most first. */
function subsets(count: number): number[][] {
  const all = Array.from({ length: 2 ** count - 1 }, (_, mask) =>
    Array.from({ length: count }, (_, field) => field).filter((field) => ((mask + 1) >> field) & 1),
  );
  return all.sort((a, b) => b.length - a.length);
}
