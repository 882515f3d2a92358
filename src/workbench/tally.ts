import type { RawShape } from "../normalize/raw-shape.ts";
import type { Detector } from "../rule/detector.ts";
import { add } from "./counts.ts";
import type { Decided } from "./decided.ts";
import { fieldsOf, type Looked } from "./observer.ts";
import type { ReplayFinding, ReplayResult, RuleResult } from "./replay-result.ts";

/** Counts a replay, by rule and by day. */
export interface Tally {
  /** @param inside how many of the sightings are within the replay's bounds */
  look(looked: Looked, inside: number): void;
  decide(decided: Decided, finding: ReplayFinding | undefined): void;
  /** @param rule the index of the rule whose window of suppression was closed with something in it */
  close(rule: number): void;
  result(learnUntil: number): ReplayResult;
}

interface Counts {
  matched: number;
  readonly missing: Map<string, number>;
  withoutTerms: number;
  /** By exception. */
  readonly excepted: number[];
  sightings: number;
  learned: number;
  findings: number;
  suppressed: number;
  closings: number;
  readonly days: Map<number, { findings: number; learned: number }>;
  readonly combinations: Map<string, { readonly terms: readonly string[]; findings: number; sightings: number }>;
  readonly hosts: Map<string, number>;
}

const DAY_MS = 86_400_000;
const MOST = 10;
/** Days that a list of days may have: ten years. */
const MOST_DAYS = 3_653;

export function tally(detectors: readonly Detector[]): Tally {
  const rules = detectors.map(
    ({ exceptions }): Counts => ({
      excepted: exceptions.map(() => 0),
      ...{ matched: 0, withoutTerms: 0, sightings: 0, learned: 0, findings: 0, suppressed: 0, closings: 0 },
      ...{ missing: new Map(), days: new Map(), combinations: new Map(), hosts: new Map() },
    }),
  );
  const rejections = new Map<string, number>();
  const rawShapes = new Map<RawShape, number>();
  const fields = new Set<string>();
  const sums = { lines: 0, events: 0, skipped: 0, rejected: 0, untimed: 0, outside: 0 };
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;

  function see(at: number): void {
    first = Math.min(first, at);
    last = Math.max(last, at);
  }

  return {
    look({ ledger, lines, seen, rejections: reasons, rawShapes: shapes, fields: found, times, ...looked }, inside) {
      sums.lines += lines;
      sums.events += ledger.events;
      sums.skipped += ledger.skipped + ledger.passedOver;
      sums.rejected += ledger.quarantined;
      sums.untimed += looked.untimed;
      sums.outside += seen.length - inside;
      for (const [reason, count] of reasons) add(rejections, reason, count);
      for (const [shape, count] of shapes) add(rawShapes, shape, count);
      for (const field of found) fields.add(field);
      for (const at of times) see(at);
      for (const [index, rule] of rules.entries()) {
        rule.matched += looked.matched[index] ?? 0;
        rule.withoutTerms += looked.withoutTerms[index] ?? 0;
        for (const [number, count] of (looked.excepted[index] ?? []).entries()) {
          rule.excepted[number] = (rule.excepted[number] ?? 0) + count;
        }
        for (const [field, count] of looked.missing[index] ?? []) add(rule.missing, field, count);
      }
    },

    decide({ seen, verdict, suppressed }, finding) {
      const rule = rules[seen.rule];
      if (rule === undefined) return;
      see(seen.at);
      rule.sightings += seen.count;
      const combination = rule.combinations.get(seen.key) ?? { terms: seen.terms, findings: 0, sightings: 0 };
      rule.combinations.set(seen.key, combination);
      combination.sightings += seen.count;
      const number = Math.floor(seen.at / DAY_MS);
      const day = rule.days.get(number) ?? { findings: 0, learned: 0 };
      rule.days.set(number, day);
      if (verdict === "learned") {
        rule.learned++;
        day.learned++;
      }
      if (suppressed === true) rule.suppressed++;
      if (finding === undefined) return;
      rule.findings++;
      combination.findings++;
      day.findings++;
      add(rule.hosts, hostOf(finding.body), 1);
    },

    close(index) {
      const rule = rules[index];
      if (rule !== undefined) rule.closings++;
    },

    result(learnUntil) {
      const has = last >= first;
      const results = detectors.map((detector, index) =>
        ruleResult(detector, rules[index] as Counts, { fields, first, last, learnUntil }),
      );
      return {
        ...(has ? { from: iso(first), to: iso(last) } : {}),
        ...(Number.isFinite(learnUntil) ? { learnUntil: iso(learnUntil) } : {}),
        ...sums,
        rejections: Object.fromEntries(rejections),
        rawShapes: Object.fromEntries(rawShapes),
        matched: results.reduce((sum, { matched }) => sum + matched, 0),
        excepted: results.reduce((sum, { excepted }) => sum + excepted, 0),
        findings: results.reduce((sum, { findings }) => sum + findings, 0),
        rules: results,
      };
    },
  };
}

interface Span {
  readonly fields: ReadonlySet<string>;
  readonly first: number;
  readonly last: number;
  readonly learnUntil: number;
}

function ruleResult(
  { rule, exceptions }: Detector,
  counts: Counts,
  { fields, first, last, learnUntil }: Span,
): RuleResult {
  const { matched, withoutTerms, missing, sightings, learned, findings, days, combinations, hosts } = counts;
  const { suppressed, closings } = counts;
  // A window from the first event on everything is new that will be known.
  const learns = Math.max(learnUntil, first + rule.windowMs);
  const loudest = [...combinations.values()].sort((a, b) => b.findings - a.findings || b.sightings - a.sightings);
  return {
    ...{ ruleId: rule.rule_id, name: rule.name, path: rule.path, severity: rule.severity, windowMs: rule.windowMs },
    fields: rule.new_terms.value,
    ...{ matched, withoutTerms, missing: Object.fromEntries(missing) },
    excepted: counts.excepted.reduce((sum, count) => sum + count, 0),
    exceptions: exceptions.map(({ item }, index) => ({
      name: item.name,
      ...(item.itemId === undefined ? {} : { itemId: item.itemId }),
      ...{ path: item.path, line: item.placeOf([]).line },
      ...(item.expireTime === undefined ? {} : { expires: iso(item.expireTime) }),
      excepted: counts.excepted[index] ?? 0,
    })),
    ...(matched === 0 ? { unseen: fieldsOf(rule).filter((name) => !fields.has(name)) } : {}),
    ...{ sightings, combinations: combinations.size, learned, findings },
    ...(suppressed === 0 ? {} : { suppression: { suppressed, closings } }),
    days: dayNumbers(first, last).map((number) => ({
      day: iso(number * DAY_MS).slice(0, 10),
      findings: days.get(number)?.findings ?? 0,
      learned: days.get(number)?.learned ?? 0,
      isLearning: number * DAY_MS < learns,
    })),
    top: loudest.slice(0, MOST),
    hosts: [...hosts]
      .sort((a, b) => b[1] - a[1])
      .slice(0, MOST)
      .map(([host, count]) => ({ host, findings: count })),
  };
}

function dayNumbers(first: number, last: number): number[] {
  if (!(last >= first)) return [];
  const from = Math.floor(first / DAY_MS);
  const count = Math.min(MOST_DAYS, Math.floor(last / DAY_MS) - from + 1);
  return Array.from({ length: count }, (_, index) => from + index);
}

function hostOf(body: string): string {
  const { host } = JSON.parse(body || "{}") as { readonly host?: { readonly name?: unknown; readonly id?: unknown } };
  return String(host?.name ?? host?.id ?? "");
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
