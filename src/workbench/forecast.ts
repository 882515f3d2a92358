import type { Detector } from "../rule/detector.ts";
import type { Seen } from "./observer.ts";
import { SUPPRESSED_BATCH } from "./replay.ts";
import { type Windows, windows as windowsOfGroups } from "./windows.ts";

/** What a rule would find with another window, or with fewer fields. */
export interface Forecast {
  readonly ruleId: string;
  readonly name: string;
  readonly fields: readonly string[];
  readonly windowMs: number;
  /** As the rule stands. */
  readonly isOwn: boolean;
  /** New combinations. */
  readonly findings: number;
  /** Of days behind the first window, while which all is new; absent where there is not a whole one. */
  readonly perDay?: PerDay;
  /** Of a rule that suppresses: what is sent of them. */
  readonly messages?: Messages;
  /** True where the events cover less than two windows: then it cannot be told. */
  readonly isTooShort: boolean;
}

/** Of whole days. */
interface PerDay {
  readonly days: number;
  readonly mean: number;
  readonly p95: number;
  readonly most: number;
}

/** Of new combinations, the findings that are published by themselves, and the closing messages that list the others. */
interface Messages {
  readonly published: number;
  readonly closings: number;
  /** Of the same days as those of the combinations. */
  readonly perDay?: PerDay;
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
  /** By window. */
  readonly counts: readonly Counts[];
}

interface Counts {
  /** New combinations, by day. */
  readonly days: Map<number, number>;
  /** Messages by day, and the windows that they are told by, of a rule that suppresses. */
  readonly sent?: {
    readonly days: Map<number, number>;
    readonly windows: Windows;
    published: number;
    closings: number;
  };
}

function countsOf({ suppressionOf }: Detector): Counts {
  const days = new Map<number, number>();
  if (suppressionOf === undefined) return { days };
  return { days, sent: { days: new Map(), windows: windowsOfGroups(), published: 0, closings: 0 } };
}

/** Counts for several windows and choices of fields at once, from one pass over what the rules see. */
export function forecaster(detectors: readonly Detector[], windows: readonly number[]): Forecaster {
  const windowsOf = detectors.map(({ rule }) => [...new Set([...windows, rule.windowMs])].sort((a, b) => a - b));
  const choices = detectors.flatMap((detector, index) =>
    subsets(detector.rule.new_terms.value.length).map(
      (fields): Choice => ({
        rule: index,
        fields,
        lastSeen: new Map(),
        counts: (windowsOf[index] ?? []).map(() => countsOf(detector)),
      }),
    ),
  );
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  let sightings = 0;

  return {
    see({ rule, terms, at, suppression }) {
      const batch = Math.floor(sightings++ / SUPPRESSED_BATCH);
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
          const { days, sent } = choice.counts[index] ?? countsOf(detectors[rule] as Detector);
          add(days, at);
          if (sent === undefined) continue;
          const entered =
            suppression === undefined
              ? { isPublished: true }
              : sent.windows.enter(suppression.key, at, suppression.durationMs, batch);
          if (entered.isPublished) {
            sent.published++;
            add(sent.days, at);
          }
          if (entered.closesAt !== undefined) {
            sent.closings++;
            add(sent.days, entered.closesAt);
          }
        }
      }
    },

    forecasts() {
      return choices.flatMap(({ rule: index, fields, counts, lastSeen }) => {
        const rule = detectors[index]?.rule;
        if (rule === undefined || lastSeen.size === 0) return [];
        return (windowsOf[index] ?? []).map((windowMs, at): Forecast => {
          const { days, sent } = counts[at] ?? { days: new Map<number, number>() };
          const within = [Math.floor((first + windowMs) / DAY_MS) + 1, Math.floor(last / DAY_MS)] as const;
          return {
            ruleId: rule.rule_id,
            name: rule.name,
            fields: fields.map((field) => rule.new_terms.value[field] ?? ""),
            windowMs,
            isOwn: windowMs === rule.windowMs && fields.length === rule.new_terms.value.length,
            findings: [...days.values()].reduce((sum, count) => sum + count, 0),
            ...perDayOf(days, ...within),
            ...(sent === undefined
              ? {}
              : {
                  messages: { published: sent.published, closings: sent.closings, ...perDayOf(sent.days, ...within) },
                }),
            isTooShort: last - first < 2 * windowMs,
          };
        });
      });
    },
  };
}

function add(days: Map<number, number>, at: number): void {
  const day = Math.floor(at / DAY_MS);
  days.set(day, (days.get(day) ?? 0) + 1);
}

/** Nothing where there is no whole day. */
function perDayOf(counts: ReadonlyMap<number, number>, from: number, to: number): { readonly perDay?: PerDay } {
  if (to < from) return {};
  const days = to - from + 1;
  // Only days with findings are listed: who writes an event's time may set it a million years ahead.
  const some = [...counts].flatMap(([day, count]) => (day >= from && day <= to ? [count] : [])).sort((a, b) => a - b);
  const sum = some.reduce((total, count) => total + count, 0);
  const silent = days - some.length;
  const p95 = some[Math.ceil(days * 0.95) - 1 - silent] ?? 0;
  return { perDay: { days, mean: sum / days, p95, most: some.at(-1) ?? 0 } };
}

/** All choices of one to three fields, the most first. */
function subsets(count: number): number[][] {
  const all = Array.from({ length: 2 ** count - 1 }, (_, mask) =>
    Array.from({ length: count }, (_, field) => field).filter((field) => ((mask + 1) >> field) & 1),
  );
  return all.sort((a, b) => b.length - a.length);
}
