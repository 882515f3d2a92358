import type { Day, ReplayResult, RuleResult } from "../workbench/replay-result.ts";

/** Days that are drawn as one column: one each as long as they fit. */
export interface Span {
  readonly from: string;
  readonly to: string;
  /** Findings made while the history was young: new to it, and not new to the world. */
  readonly young: number;
  readonly after: number;
  readonly learned: number;
  readonly isLearning: boolean;
  /** How many. */
  readonly days: number;
}

const DAY_MS = 86_400_000;
/** More columns are too thin to point at. */
const MOST_SPANS = 92;

export function spans(days: readonly Day[]): Span[] {
  const length = Math.max(1, Math.ceil(days.length / MOST_SPANS));
  return Array.from({ length: Math.ceil(days.length / length) }, (_, index) =>
    spanOf(days.slice(index * length, (index + 1) * length)),
  );
}

function spanOf(days: readonly Day[]): Span {
  const young = days.filter(({ isLearning }) => isLearning);
  return {
    from: days[0]?.day ?? "",
    to: days.at(-1)?.day ?? "",
    young: sumOf(young, "findings"),
    after: sumOf(days, "findings") - sumOf(young, "findings"),
    learned: sumOf(days, "learned"),
    isLearning: young.length > 0,
    days: days.length,
  };
}

/** Calendar days from the first match to the last; none without one. */
export function daysOf({ from, to }: ReplayResult): number {
  return from === undefined || to === undefined ? 0 : dayNumber(to) - dayNumber(from) + 1;
}

function dayNumber(iso: string): number {
  return Math.floor(Date.parse(iso) / DAY_MS);
}

/** The days of all rules together. */
export function spansOfAll(rules: readonly RuleResult[]): Span[] {
  const [first, ...rest] = rules.filter(({ days }) => days.length > 0).map(({ days }) => spans(days));
  return rest.reduce<Span[]>(
    (sums, other) =>
      sums.map((sum, index) => ({
        ...sum,
        young: sum.young + (other[index]?.young ?? 0),
        after: sum.after + (other[index]?.after ?? 0),
        learned: sum.learned + (other[index]?.learned ?? 0),
        isLearning: sum.isLearning || (other[index]?.isLearning ?? false),
      })),
    first ?? [],
  );
}

/** Mean findings a day over the days on which the history of one of the rules was young, or old. */
export function meanFindings(rules: readonly RuleResult[], isLearning: boolean): number | undefined {
  const days = rules.flatMap((rule) => rule.days.filter((day) => day.isLearning === isLearning));
  const distinct = new Set(days.map(({ day }) => day)).size;
  return distinct === 0 ? undefined : sumOf(days, "findings") / distinct;
}

function sumOf(days: readonly Day[], name: "findings" | "learned"): number {
  return days.reduce((sum, day) => sum + day[name], 0);
}
