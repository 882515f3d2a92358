import { createHash } from "node:crypto";
import { codeSpan, plainOrCode } from "./code-span.ts";
import { type Digest, idOf, listOf } from "./digest.ts";
import { type Fact, factsOf, firstTime, ruleNameOf, severityOf, shownValues, whyOf } from "./facts.ts";
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

const MARKS: Readonly<Record<string, string>> = {
  critical: ":red_circle:",
  high: ":red_circle:",
  medium: ":large_orange_diamond:",
  low: ":large_blue_circle:",
};

/** One finding's message, or one for all of a digest. */
export function chatOf(digest: Digest): ChatMessage {
  const [finding, ...more] = digest.findings;
  return more.length === 0 ? single(finding) : several(digest);
}

function single(finding: Published): ChatMessage {
  const own = ownText(finding, "new_terms_stream.why");
  return message(finding, {
    id: keyOf(idOf(finding)),
    title: titleOf(finding, ""),
    lines: [
      own === "" ? whyOf(finding, (words) => codeSpan(words, VALUE_LENGTH)) : codeSpan(own, SENTENCE_LENGTH),
      ...factsOf(finding).map((fact) => `*${fact.label}* ${factText(fact)}`),
    ],
    thread: [firstOf(finding, "host.id") ?? ""],
    summary: firstTime(finding),
  });
}

function factText(fact: Fact): string {
  const shown = shownValues(fact, (value) => codeSpan(value, VALUE_LENGTH));
  if (shown.length <= FACT_LENGTH) return shown;
  const { values, more } = fact;
  return shownValues({ ...fact, values: values.slice(0, 1), more: more + values.length - 1 }, (value) =>
    codeSpan(value, VALUE_LENGTH),
  );
}

function several(digest: Digest): ChatMessage {
  const [finding] = digest.findings;
  const count = digest.findings.length;
  const list = listOf(digest, {
    room: LIST_LENGTH,
    header: (shared, of) => `${termText(shared)} (${of})`,
    line: ({ finding: each, terms }) => `• ${lineOf(finding, each, terms)}`,
    rest: (shared, of) => `… and ${of} more${shared === undefined ? "" : ` with ${shortText(shared)}`}`,
  });
  return message(finding, {
    id: keyOf(...digest.findings.map(idOf)),
    title: titleOf(finding, ` (${count} new)`),
    lines: [
      `${count} new combinations of one rule. ${firstTime(finding)} each.`,
      ...list,
      "Each is a finding of its own, in the findings' topic and archive.",
    ],
    thread: [],
    summary: `${count} new combinations`,
  });
}

function message(
  finding: Published,
  {
    id,
    title,
    lines,
    thread,
    summary,
  }: {
    readonly id: string;
    readonly title: string;
    readonly lines: readonly string[];
    readonly thread: readonly string[];
    readonly summary: string;
  },
): ChatMessage {
  const rule = ownText(finding, "kibana.alert.rule.rule_id");
  return {
    version: "1.0",
    source: "custom",
    id,
    content: {
      textType: "client-markdown",
      title,
      description: fitting(lines),
      nextSteps: stepsOf(finding),
      keywords: keywordsOf(finding),
    },
    metadata: { threadId: keyOf(rule, ...thread), summary, eventType: "new_terms" },
  };
}

/** As many whole lines as there is room for: a line that is cut could lose the end of its code. */
function fitting(lines: readonly string[]): string {
  const kept: string[] = [];
  let length = 0;
  for (const line of lines) {
    if (length + line.length + 1 > DESCRIPTION_LENGTH) continue;
    length += line.length + 1;
    kept.push(line);
  }
  return kept.join("\n");
}

function titleOf(finding: Published, more: string): string {
  const severity = severityOf(finding);
  const score = ownText(finding, "kibana.alert.risk_score");
  const head = [
    ...(Object.hasOwn(MARKS, severity) ? [MARKS[severity], severity.toUpperCase()] : []),
    ...(/^\d{1,3}$/.test(score) ? [score] : []),
  ];
  return `${[...head, "-"].join(" ")} ${plainOrCode(ruleNameOf(finding), RULE_NAME_LENGTH)}${more}`;
}

/** A combination with when it was seen; with its severity, where that is not the first's. */
function lineOf(first: Published, each: Published, terms: readonly NewTerm[]): string {
  const severity = severityOf(each);
  const seen = ownText(each, "new_terms_stream.first_seen");
  return [
    ...(severity === severityOf(first) ? [] : [plainOrCode(severity.toUpperCase(), TIME_LENGTH)]),
    terms.length === 0 ? "no terms" : terms.map(termText).join(", "),
    ...(seen === "" ? [] : [codeSpan(seen, TIME_LENGTH)]),
  ].join("  ");
}

function termText({ field, value }: NewTerm): string {
  return codeSpan(`${field} = ${value}`, VALUE_LENGTH);
}

/** Behind a list, where room is short. */
function shortText({ field, value }: NewTerm): string {
  return codeSpan(`${field} = ${value}`, SHORT_LENGTH);
}

function stepsOf(finding: Published): string[] {
  const id = idOf(finding);
  return [
    ...(/^[0-9a-f]{32}$/.test(id)
      ? [`The finding, with its event and the rule's triage guide, is ${codeSpan(id, 32)} in the archive`]
      : []),
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
