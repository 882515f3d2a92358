import { startedRule } from "../detect/rule-set.ts";
import { LAST_MS, parseDate } from "../ecs/iso-date.ts";
import { cutToLength } from "../finding/cut.ts";
import { learningOf, type RuleLearning } from "../history/starts.ts";
import { READ_LIMIT } from "../history/table.ts";
import { isCanary } from "../rule/canary.ts";
import { loadRules } from "../rule/load.ts";
import type { Rule } from "../rule/rule.ts";
import { ageText, minuteText } from "./age.ts";
import { answered, Unanswered, within } from "./answer.ts";
import { fine, type LearningRule, type Look, type Seen } from "./check.ts";
import type { Clients } from "./clients.ts";
import { historyAt } from "./history.ts";
import { iteratorAges } from "./mapping.ts";
import { localDigest } from "./rule-set.ts";
import { type Stack, variablesOf } from "./stack.ts";

interface LearningOptions {
  /** The local rules. */
  readonly rulesFolder: string;
  /** How long the look may take, ms. */
  readonly limitMs: number;
}

/** Rules that are told of by name. */
const SHOWN = 20;
const NAME_LENGTH = 100;
/** Of the look's time: for how far the stream is, and until when starts are read. What was read by then is told. */
const AGE_SHARE = 0.25;
const READ_SHARE = 0.75;

/**
 * Which of the rules that run still learn, where the stage has them learn: by the starts in the history table, for the rules
 * of a folder here, if these are the ones that run.
 */
export function learningLook(clients: Clients, stack: Stack, { rulesFolder, limitMs }: LearningOptions): Look {
  return {
    name: "learning",
    async ask(signal) {
      const begun = Date.now();
      const { LEARN, LEARN_UNTIL = "" } = await answered(
        "lambda:GetFunctionConfiguration",
        variablesOf(clients, stack, signal),
      );
      const learnUntil = parseDate(LEARN_UNTIL) ?? Number.NEGATIVE_INFINITY;
      const all =
        learnUntil > begun ? [`all rules learn until ${minuteText(new Date(Math.min(learnUntil, LAST_MS)))}`] : [];
      if (LEARN !== "window") return fine(all[0] ?? "none");

      const local = localDigest(rulesFolder);
      const cannot = (why: string) => [...all, `each rule for a window; which do cannot be told: ${why}`].join("; ");
      if (local === undefined) return fine(cannot(`${rulesFolder} is not here`));
      const deployed = stack.outputs.get("RuleSet");
      if (deployed === undefined) return fine(cannot("the stack has no output RuleSet"));
      if (deployed !== local) return unknown(cannot(`the rules that run are not those of ${rulesFolder}`));
      const tableName = stack.outputs.get("HistoryTableName");
      if (tableName === undefined) return unknown(cannot("the stack has no output HistoryTableName"));
      const { detectors, errors } = loadRules(rulesFolder);
      if (errors.length > 0) return unknown(cannot(`${errors.length} of ${rulesFolder} cannot run here`));

      const rules = detectors.map(({ rule }) => rule).filter((rule) => !isCanary(rule));
      const ages = within(limitMs * AGE_SHARE, iteratorAges(clients, stack.name, signal));
      // Where it is not known how far the stream is read, it is taken as up to now.
      const [behind] = await ages.catch(() => []);
      const at = begun - (behind?.value ?? 0);
      const table = historyAt(clients, tableName, signal);
      const told: LearningRule[] = [];
      let failure: string | undefined;
      for (let from = 0; from < rules.length && failure === undefined; from += READ_LIMIT) {
        const some = rules.slice(from, from + READ_LIMIT);
        const left = begun + limitMs * READ_SHARE - Date.now();
        try {
          const reading = within(left, learningOf(table, some.map(startedRule), at));
          const read = await answered("dynamodb:BatchGetItem", reading);
          told.push(...read.map((each, index) => toldOf(each, some[index])));
        } catch (error) {
          // A table that is not there is told of as that.
          if (error instanceof Unanswered && error.isMissing) throw error;
          failure = error instanceof Error ? error.message : String(error);
        }
      }
      return seenOf(told, { all, count: rules.length, at, failure });
    },
  };
}

function unknown(says: string): Seen {
  return { state: "unknown", says };
}

function toldOf({ ruleId, state, since, until }: RuleLearning, rule: Rule | undefined): LearningRule {
  const times = since === undefined || until === undefined ? {} : { since: isoOf(since), until: isoOf(until) };
  return { ruleId, name: rule?.name ?? ruleId, state, ...times };
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

interface Told {
  readonly all: readonly string[];
  /** Of all rules that run. */
  readonly count: number;
  /** How far the stream is, epoch ms. */
  readonly at: number;
  /** Why no more starts were read. */
  readonly failure: string | undefined;
}

function seenOf(rules: readonly LearningRule[], { all, count, at, failure }: Told): Seen {
  const by = Map.groupBy(rules, ({ state }) => state);
  const number = (state: LearningRule["state"]) => by.get(state)?.length ?? 0;
  const have = (state: LearningRule["state"], what: string) =>
    `${number(state)} ${number(state) === 1 ? "has" : "have"} ${what}`;
  const says = [
    ...all,
    [
      `${number("learning")} of ${count} rules ${number("learning") === 1 ? "learns" : "learn"}`,
      have("learned", "learned"),
      ...(number("unseen") === 0 ? [] : [have("unseen", "seen no record yet")]),
      ...(number("unreadable") === 0 ? [] : [have("unreadable", "a start that is no time")]),
      ...(failure === undefined ? [] : [`of ${count - rules.length} it is not known: ${failure}`]),
    ].join(", "),
  ];
  const soonest = (by.get("learning") ?? []).toSorted((a, b) => Date.parse(a.until ?? "") - Date.parse(b.until ?? ""));
  const named = [
    ...soonest.map((rule) => `${nameOf(rule)}: ${spanOf(rule, at)}`),
    ...(by.get("unreadable") ?? []).map((rule) => `${nameOf(rule)}: its start is no time, so it learns for ever`),
    ...(by.get("unseen") ?? []).map((rule) => `${nameOf(rule)}: no record yet`),
  ];
  const left = named.length - SHOWN;
  return {
    state: number("unreadable") > 0 ? "wrong" : failure === undefined ? "fine" : "unknown",
    says: says.join("; "),
    more: left > 0 ? [...named.slice(0, SHOWN), `and ${left} more`] : named,
    rules,
  };
}

function nameOf({ name }: LearningRule): string {
  return cutToLength(name, NAME_LENGTH);
}

function spanOf({ since = "", until = "" }: LearningRule, at: number): string {
  const [from, to] = [since, until].map((time) => minuteText(new Date(time)));
  return `since ${from}, until ${to}, by ${ageText(Date.parse(until) - at)} of stream`;
}
