import { styleText } from "node:util";
import { inert } from "../finding/inert.ts";
import type { Apart } from "../workbench/compare.ts";
import { rawShapeLines } from "../workbench/raw-shapes.ts";
import type { ExceptionResult, ReplayResult, RuleResult } from "../workbench/replay-result.ts";

const SHOWN_RULES = 40;
const SHOWN_TERMS = 3;
const SHOWN_EXCEPTIONS = 10;
const TEXT = 80;
const PATH = 240;

/**
 * A replay for a terminal. Attackers write terms and hosts: they are shown inert.
 * @param problems pieces of the input that could not be read, and are in no count of the result
 */
export function replayText(result: ReplayResult, problems = 0): string {
  const { rules, findings, from, to, matched, excepted } = result;
  const loud = rules
    .filter((rule) => rule.matched > 0)
    .sort((a, b) => b.findings - a.findings || b.matched - a.matched);
  const silent = rules.filter((rule) => rule.matched === 0);
  const found = new Set(rules.filter((rule) => rule.findings > 0)).size;
  return [
    styleText("bold", `${count(findings, "finding")} of ${count(found, "rule")}${span(from, to)}`) + rates(rules),
    ...loud.slice(0, SHOWN_RULES).flatMap(ruleRows),
    ...(loud.length > SHOWN_RULES ? [`  and ${loud.length - SHOWN_RULES} more rules that matched`] : []),
    ...silentRows(silent),
    "",
    `${counts(result, problems)}; ${matched} matches${excepted === 0 ? "" : `, ${excepted} of them excepted`}`,
    ...notes(result),
  ].join("\n");
}

/** What an edit of rules adds and takes away. */
export function againstLines(apart: readonly Apart[], { rules }: ReplayResult): string[] {
  if (apart.length === 0) return ["", "the other rules find the same"];
  const nameOf = (id: string) =>
    rules.find(({ ruleId }) => ruleId === id)?.name ?? `${id}, which is not there any more`;
  return [
    "",
    "against the other rules:",
    ...apart.map(({ ruleId, added, removed }) => `  +${added} -${removed}  ${shown(nameOf(ruleId))}`),
  ];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function span(from: string | undefined, to: string | undefined): string {
  return from === undefined || to === undefined ? "" : `, ${from.slice(0, 16)}Z to ${to.slice(0, 16)}Z`;
}

/** Findings a day, apart by whether the history was still young. */
function rates(rules: readonly RuleResult[]): string {
  const mean = (isLearning: boolean) => {
    const days = new Set<string>();
    let sum = 0;
    for (const each of rules.flatMap((rule) => rule.days)) {
      if (each.isLearning !== isLearning) continue;
      days.add(each.day);
      sum += each.findings;
    }
    return days.size === 0 ? undefined : (sum / days.size).toFixed(2);
  };
  const [young, old] = [mean(true), mean(false)];
  if (young === undefined) return "";
  return `  ${young} a day while the history is young, ${old === undefined ? "and too short to tell after" : `${old} after`}`;
}

function ruleRows(rule: RuleResult): string[] {
  const { name, matched, findings, learned, combinations, withoutTerms, missing, top } = rule;
  const { suppressed, closings } = rule.suppression ?? { suppressed: 0, closings: 0 };
  const { excepted, exceptions } = rule;
  const taught = learned === 0 ? "" : `, ${learned} learned`;
  const lacking = Object.entries(missing).map(([field, events]) => `${events} lack ${field}`);
  return [
    "",
    `${styleText(findings > 0 ? "yellow" : "dim", String(findings).padStart(6))}  ${shown(name)}`,
    `        ${matched} matches, ${combinations} combinations${taught}`,
    ...(suppressed === 0
      ? []
      : [`        ${suppressed} more are suppressed, and listed in ${count(closings, "closing message")}`]),
    ...(exceptions.length === 0 ? [] : [`        ${excepted} excepted, by ${count(exceptions.length, "exception")}`]),
    ...exceptionRows(exceptions),
    ...(withoutTerms === 0 ? [] : [`        ${withoutTerms} without terms: ${lacking.join(", ")}`]),
    ...top
      .slice(0, SHOWN_TERMS)
      .map(
        ({ terms, findings: found, sightings }) =>
          `        ${found} of ${sightings} sightings: ${terms.map(shown).join("  ")}`,
      ),
  ];
}

/** The exceptions that hide most, and those that hide nothing, which are told of as well: they may be misspelt. */
function exceptionRows(exceptions: readonly ExceptionResult[]): string[] {
  const most = exceptions.toSorted((a, b) => b.excepted - a.excepted).slice(0, SHOWN_EXCEPTIONS);
  const left = exceptions.length - most.length;
  return [
    ...most.map(
      ({ excepted, name, path, line }) => `        ${excepted} by ${shown(name)} (${inert(path, PATH)}:${line})`,
    ),
    ...(left === 0 ? [] : [`        and ${left} more exceptions`]),
  ];
}

/** Rules that nothing matched, by what the events lack for them. */
function silentRows(rules: readonly RuleResult[]): string[] {
  const lacking = rules.filter(({ unseen = [] }) => unseen.length > 0);
  if (rules.length === 0) return [];
  return [
    "",
    `${count(rules.length, "rule")} matched nothing${lacking.length === 0 ? "" : `; of ${lacking.length} no event looked through has a field they read:`}`,
    ...lacking.slice(0, SHOWN_RULES).map(({ name, unseen = [] }) => {
      const more = unseen.length > SHOWN_TERMS ? ` and ${unseen.length - SHOWN_TERMS} more` : "";
      return `        ${shown(name)}: ${unseen.slice(0, SHOWN_TERMS).join(", ")}${more}`;
    }),
    ...(lacking.length > SHOWN_RULES ? [`        and ${lacking.length - SHOWN_RULES} more`] : []),
  ];
}

function counts({ lines, events, skipped, rejected }: ReplayResult, problems: number): string {
  const passed = skipped === 0 ? "" : `, ${skipped} lines passed over: they hold nothing a rule asks for`;
  const unread = problems === 0 ? "" : `, and ${problems} more that could not be read`;
  return `${lines} lines, ${events} events looked at${passed}, ${rejected} rejected${unread}`;
}

function notes({ rejections, rawShapes, untimed, outside, learnUntil }: ReplayResult): string[] {
  const reasons = Object.entries(rejections).map(([reason, pieces]) => `${pieces} ${reason}`);
  return [
    ...(reasons.length === 0 ? [] : [`rejected: ${reasons.join(", ")}`]),
    ...rawShapeLines(rawShapes),
    ...(untimed === 0 ? [] : [`${untimed} matches say no time: they are taken for now`]),
    ...(outside === 0 ? [] : [`${outside} sightings are outside --from and --to`]),
    ...(learnUntil === undefined ? [] : [`learned until ${learnUntil}`]),
  ];
}

function shown(text: string): string {
  return inert(text, TEXT);
}
