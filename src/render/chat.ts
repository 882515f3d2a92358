import { createHash } from "node:crypto";
import { type Closing, closingOf, commonValue, type Held, heldSentence, ownTerms } from "./closing.ts";
import { codeSpan, plainOrCode } from "./code-span.ts";
import { type Digest, heldCount, heldTotal, idOf, listOf } from "./digest.ts";
import { type Fact, factsOf, firstTime, severityOf, shownRuleName, shownValues, whyOf } from "./facts.ts";
import { firstOf, type NewTerm, ownText, type Published, threatsOf } from "./published.ts";

/**
 * Amazon Q Developer in chat applications shows it in Slack and Teams, and drops whatever is of another shape.
 * @see https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
 */
export interface ChatMessage {
  readonly version: "1.0";
  readonly source: "custom";
  readonly id: string;
  readonly content: {
    readonly textType: "client-markdown";
    readonly title: string;
    readonly description: string;
    readonly nextSteps: readonly string[];
    readonly keywords: readonly string[];
  };
  readonly metadata: {
    readonly threadId: string;
    readonly summary: string;
    readonly eventType: string;
  };
}

/** On the safe side of lengths that no page of AWS's names. */
const DESCRIPTION_LENGTH = 3000;
const MAX_KEYWORDS = 10;
const KEYWORD_LENGTH = 60;
const RULE_NAME_LENGTH = 150;
const SENTENCE_LENGTH = 600;
const VALUE_LENGTH = 160;
/** Of all values of a fact; else the first stands alone. */
const FACT_LENGTH = 500;
const TIME_LENGTH = 30;
/** Of a digest's list; what is counted behind it has the rest. */
const LIST_LENGTH = 1900;
const SHORT_LENGTH = 40;
/** Of a list of new combinations, and of one of those that were held back, where there are both. */
const SHORT_LIST_LENGTH = 900;
/** Of a list of those that were held back, where there is nothing else. */
const HELD_LENGTH = 1500;
/** Groups of a list whose rest is counted each by itself. */
const COUNTED_GROUPS = 10;
const FEW_GROUPS = 3;

const MARKS: Readonly<Record<string, string>> = {
  critical: ":red_circle:",
  high: ":red_circle:",
  medium: ":large_orange_diamond:",
  low: ":large_blue_circle:",
};

/** One finding's message, or one for all of a digest. */
export function chatOf(digest: Digest): ChatMessage {
  const { findings, closings } = digest;
  const [finding, ...more] = findings;
  const held = heldLines(digest);
  const room = DESCRIPTION_LENGTH - lengthOf(held);
  return {
    version: "1.0",
    source: "custom",
    id: keyOf(...findings.map(idOf)),
    content: {
      textType: "client-markdown",
      title: titleOf(finding, moreOf(digest)),
      description: [...fitting(freshLines(digest, held.length > 0), room), ...held].join("\n"),
      nextSteps: stepsOf(finding),
      keywords: keywordsOf(finding),
    },
    metadata: {
      threadId: keyOf(
        ownText(finding, "kibana.alert.rule.rule_id"),
        ...(more.length === 0 ? [hostOf(finding, closings[0])] : []),
      ),
      summary: summaryOf(digest),
      eventType: "new_terms",
    },
  };
}

/** The host's id: what follows a finding of a host goes into its thread. */
function hostOf(finding: Published, closing: Closing | undefined): string {
  const id = closing === undefined ? firstOf(finding, "host.id") : commonValue(closing, "host.id");
  return id ?? "";
}

/** What is new: of one finding who, where, what and when, of several a list. */
function freshLines(digest: Digest, isShort: boolean): string[] {
  const { findings, fresh, groups } = digest;
  const [finding, ...more] = fresh;
  if (finding === undefined) return heldLead(digest);
  if (more.length === 0) {
    const own = ownText(finding, "new_terms_stream.why");
    return [
      own === "" ? whyOf(finding, (words) => codeSpan(words, VALUE_LENGTH)) : codeSpan(own, SENTENCE_LENGTH),
      ...factsOf(finding).map((fact) => `*${fact.label}* ${factText(fact)}`),
    ];
  }
  const list = listOf(groups, {
    room: isShort ? SHORT_LIST_LENGTH : LIST_LENGTH,
    counted: isShort ? FEW_GROUPS : COUNTED_GROUPS,
    header: ({ shared, members }) => (shared === undefined ? undefined : `${termText(shared)} (${members.length})`),
    line: ({ finding: each, terms }) => `• ${lineOf(findings[0], each, terms)}`,
    rest: (group, of) => `… and ${of} more${group?.shared === undefined ? "" : ` with ${shortText(group.shared)}`}`,
  });
  return [
    `${fresh.length} new combinations of one rule. ${firstTime(finding)} each.`,
    ...list,
    "Each is a finding of its own, in the findings' topic and archive.",
  ];
}

/** What was held back, under the finding that came before it. */
function heldLines({ closings, fresh }: Digest): string[] {
  const isAlone = closings.length === 1 && fresh.length === 0;
  return listOf(closings, {
    room: isAlone ? HELD_LENGTH : SHORT_LIST_LENGTH,
    counted: FEW_GROUPS,
    header: (closing) => (isAlone ? undefined : `${heldSentence(closing, (words) => codeSpan(words, SHORT_LENGTH))}:`),
    line: (held: Held, closing) => `• ${[termsText(ownTerms(closing, held)), ...timeOf(held.seen)].join("  ")}`,
    rest: (_, of) => `… and ${of} more, all in the findings' topic and archive`,
  });
}

/** What is said before a list of what was held back, where nothing else is told of. */
function heldLead(digest: Digest): string[] {
  const [closing, ...more] = digest.closings;
  if (closing === undefined || more.length > 0) return [heldTotal(digest)];
  const { terms } = closing.first;
  return [
    `${heldSentence(closing, (words) => codeSpan(words, VALUE_LENGTH))}.`,
    ...(terms.length === 0 ? [] : [`*first* ${terms.map(termText).join(", ")}`]),
  ];
}

/** ` (2 new, 3 held back)`; nothing of a new combination alone. */
function moreOf(digest: Digest): string {
  const { fresh, closings } = digest;
  const parts = [
    ...(fresh.length > 1 || (fresh.length === 1 && closings.length > 0) ? [`${fresh.length} new`] : []),
    ...(closings.length > 0 ? [`${heldCount(digest)} held back`] : []),
  ];
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}

function summaryOf(digest: Digest): string {
  const { fresh, closings } = digest;
  const [finding] = fresh;
  const parts = [
    ...(finding === undefined ? [] : [fresh.length === 1 ? firstTime(finding) : `${fresh.length} new combinations`]),
    ...(closings.length > 0 ? [`${heldCount(digest)} held back`] : []),
  ];
  return parts.join(", ");
}

function factText(fact: Fact): string {
  const shown = shownValues(fact, (value) => codeSpan(value, VALUE_LENGTH));
  if (shown.length <= FACT_LENGTH) return shown;
  const { values, more } = fact;
  return shownValues({ ...fact, values: values.slice(0, 1), more: more + values.length - 1 }, (value) =>
    codeSpan(value, VALUE_LENGTH),
  );
}

/** As many whole lines as there is room for: a line that is cut could lose the end of its code. */
function fitting(lines: readonly string[], room: number): string[] {
  const kept: string[] = [];
  let length = 0;
  for (const line of lines) {
    if (length + line.length + 1 > room) continue;
    length += line.length + 1;
    kept.push(line);
  }
  return kept;
}

function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}

function titleOf(finding: Published, more: string): string {
  const severity = severityOf(finding);
  const score = ownText(finding, "kibana.alert.risk_score");
  const head = [
    ...(Object.hasOwn(MARKS, severity) ? [MARKS[severity], severity.toUpperCase()] : []),
    ...(/^\d{1,3}$/.test(score) ? [score] : []),
  ];
  return `${[...head, "-"].join(" ")} ${plainOrCode(shownRuleName(finding), RULE_NAME_LENGTH)}${more}`;
}

/** A combination with when it was seen; with its severity, where that is not the first's. */
function lineOf(first: Published, each: Published, terms: readonly NewTerm[]): string {
  const severity = severityOf(each);
  return [
    ...(severity === severityOf(first) ? [] : [plainOrCode(severity.toUpperCase(), TIME_LENGTH)]),
    termsText(terms),
    ...timeOf(ownText(each, "new_terms_stream.first_seen")),
  ].join("  ");
}

function timeOf(seen: string): string[] {
  return seen === "" ? [] : [codeSpan(seen, TIME_LENGTH)];
}

function termsText(terms: readonly NewTerm[]): string {
  return terms.map(termText).join(", ") || "no terms";
}

function termText({ field, value }: NewTerm): string {
  return codeSpan(`${field} = ${value}`, VALUE_LENGTH);
}

/** Behind a list, where room is short. */
function shortText({ field, value }: NewTerm): string {
  return codeSpan(`${field} = ${value}`, SHORT_LENGTH);
}

function stepsOf(finding: Published): string[] {
  const first = closingOf(finding)?.first.id;
  const id = first ?? idOf(finding);
  return [
    ...(/^[0-9a-f]{32}$/.test(id)
      ? [
          `The ${first === undefined ? "" : "first "}finding, with its event and the rule's triage guide, is ${codeSpan(id, 32)} in the archive`,
        ]
      : []),
    ...(first === undefined
      ? []
      : ["What was held back has no findings of its own: look for the events at these times"]),
    ...(ownText(finding, "kibana.alert.rule.note") === "" ? [] : ["Follow the triage guide: kibana.alert.rule.note"]),
  ];
}

/** As MITRE writes them: `T1552.005`. */
const TECHNIQUE = /^[A-Z][A-Z0-9]*(\.[A-Z]?\d+)*$/;

/** The finding's severity, and the techniques that the rule names. */
function keywordsOf(finding: Published): string[] {
  const severity = severityOf(finding);
  const techniques = threatsOf(finding).flatMap(({ technique, subtechnique }) => (subtechnique ?? technique)?.id ?? []);
  const named = techniques.filter((id) => id.length <= KEYWORD_LENGTH && TECHNIQUE.test(id));
  const all = Object.hasOwn(MARKS, severity) ? [severity, ...named] : named;
  return [...new Set(all)].slice(0, MAX_KEYWORDS);
}

/** An id that is the same for the same parts, whatever they hold. */
function keyOf(...parts: readonly string[]): string {
  const [only = ""] = parts;
  if (parts.length === 1 && /^[\w.-]{1,64}$/.test(only)) return only;
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}
