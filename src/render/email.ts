import { inert, inertLines } from "../finding/inert.ts";
import { type Closing, type Held, heldSentence, ownTerms } from "./closing.ts";
import { defanged } from "./defang.ts";
import { type Digest, heldCount, heldTotal, idOf, listOf } from "./digest.ts";
import { type Fact, factsOf, firstTime, severityOf, shownRuleName, shownValues, whyOf } from "./facts.ts";
import { firstOf, type NewTerm, ownText, type Published } from "./published.ts";

/** A mail as SNS sends one: plain text. */
export interface Email {
  /** ASCII on one line, of less than 100 characters, as SNS wants it. */
  readonly subject: string;
  readonly body: string;
}

const SUBJECT_LENGTH = 99;
const NAME_LENGTH = 30;
const RULE_NAME_LENGTH = 200;
const SENTENCE_LENGTH = 1000;
/** Of the rule's triage guide. */
const NOTE_LENGTH = 1500;
/** Of the list of a digest: with all else well under the 64 KB that SNS bills as one publication. */
const LIST_LENGTH = 40_000;
/** Groups of the list whose rest is counted each by itself. */
const COUNTED_GROUPS = 10;
/** Fields of a combination: a rule takes no more. */
const FIRST_TERMS = 3;
/** Of one value in such a list. */
const TERM_LENGTH = 120;
const WHERE_THE_REST_IS = "Each is a finding of its own, in the findings' topic and archive.";

const WHERE_THEIR_EVENTS_ARE = "These have no findings of their own: look for their events at these times.";

/** One finding's mail, or one for all of a digest. */
export function emailOf(digest: Digest): Email {
  const [finding] = digest.findings;
  const held = heldOf(digest);
  return {
    subject: subjectOf(finding, aboutOf(digest)),
    body: joined([
      `${leadOf(digest)}\n\n${titleOf(finding)}`,
      freshOf(digest, held === "" ? LIST_LENGTH : LIST_LENGTH / 2),
      held,
      guideOf(finding),
    ]),
  };
}

/** Why there is a mail, in a sentence or two. */
function leadOf(digest: Digest): string {
  const { fresh, closings } = digest;
  const [finding] = fresh;
  const [closing] = closings;
  if (closing !== undefined && fresh.length === 0) {
    if (closings.length === 1) return `${heldSentence(closing, sentence)}.`;
    return heldTotal(digest);
  }
  if (finding === undefined) return "";
  const why =
    fresh.length === 1
      ? whyOf(finding, sentence)
      : `${fresh.length} new combinations of one rule. ${firstTime(finding)} each.`;
  return heldCount(digest) === 0
    ? why
    : `${why}\n${heldCount(digest)} more were held back by alert suppression: see below.`;
}

/** What is new: of one finding who, where, what and when, of several a list. */
function freshOf(digest: Digest, room: number): string {
  const [finding, ...more] = digest.fresh;
  if (finding === undefined) return "";
  if (more.length === 0) return rowsOf(factsOf(finding));
  const [first] = digest.findings;
  return listOf(digest.groups, {
    room,
    counted: COUNTED_GROUPS,
    header: ({ shared, members }) => (shared === undefined ? undefined : `${termText(shared)}  (${members.length})`),
    line: ({ finding: each, terms }) => `  ${lineOf(first, each, terms)}`,
    rest: (group, of) =>
      `  … and ${of} more${group?.shared === undefined ? "" : ` with ${termText(group.shared)}`}. ${WHERE_THE_REST_IS}`,
  }).join("\n");
}

/** What was held back, under the finding that came before it. */
function heldOf(digest: Digest): string {
  const { closings, fresh } = digest;
  const [closing] = closings;
  if (closing === undefined) return "";
  const isAlone = closings.length === 1 && fresh.length === 0;
  const list = listOf(closings, {
    room: isAlone ? LIST_LENGTH : LIST_LENGTH / 2,
    counted: COUNTED_GROUPS,
    header: (each) =>
      isAlone
        ? "Held back, with when each was first seen:"
        : `${each === closing ? "" : "\n"}${heldSentence(each, short)}:`,
    line: (held: Held, each) => `  ${heldLine(each, held)}`,
    rest: (each, of) =>
      `  … and ${of} more. ${each === undefined ? "All are" : `All are in message ${defanged(idOf(each.message), 32)},`} in the findings' topic and archive.`,
  });
  const isAny = list.length > 0;
  return joinedParts([
    [...list, ...(isAny ? [WHERE_THEIR_EVENTS_ARE] : [])].join("\n"),
    ...(isAlone ? [rowsOf(firstFacts(closing))] : []),
  ]);
}

/** Of a closing message that stands alone: what it came after, and its own id. */
function firstFacts({ message, first }: Closing): Fact[] {
  const combination = first.terms.slice(0, FIRST_TERMS).map(({ field, value }) => `${field} = ${value}`);
  return [
    { label: "first", values: combination, more: first.terms.length - combination.length },
    { label: "first id", values: [first.id], more: 0 },
    { label: "id", values: [idOf(message)], more: 0 },
  ].filter(({ values }) => values.join("") !== "");
}

function heldLine(closing: Closing, held: Held): string {
  return [termsText(ownTerms(closing, held)), defanged(held.seen, NAME_LENGTH)].join("  ");
}

function rowsOf(facts: readonly Fact[]): string {
  return facts.map((fact) => `${fact.label.padEnd(11)} ${shownValues(fact, defanged)}`).join("\n");
}

/** A combination with when it was seen and its id; with its severity, where that is not the first's. */
function lineOf(first: Published, each: Published, terms: readonly NewTerm[]): string {
  const severity = severityOf(each);
  return [
    ...(severity === severityOf(first) ? [] : [defanged(severity, NAME_LENGTH).toUpperCase()]),
    termsText(terms),
    defanged(ownText(each, "new_terms_stream.first_seen"), NAME_LENGTH),
    defanged(idOf(each), 32),
  ].join("  ");
}

function termsText(terms: readonly NewTerm[]): string {
  return terms.map(termText).join(", ") || "no terms";
}

function termText({ field, value }: NewTerm): string {
  return `${short(field)} = ${short(value)}`;
}

function titleOf(finding: Published): string {
  const score = defanged(ownText(finding, "kibana.alert.risk_score"), NAME_LENGTH);
  const severity = defanged(severityOf(finding) || "unknown", NAME_LENGTH).toUpperCase();
  return `${severity} ${score}  ${defanged(shownRuleName(finding), RULE_NAME_LENGTH)}`;
}

/** The guide's beginning, to the end of a line. */
function guideOf(finding: Published): string {
  const note = ownText(finding, "kibana.alert.rule.note").trim();
  if (note === "") return "";
  if (note.length <= NOTE_LENGTH) return `What to do\n\n${inertLines(note)}`;
  const lineEnd = note.lastIndexOf("\n", NOTE_LENGTH);
  const cut = note.slice(0, lineEnd > 0 ? lineEnd : NOTE_LENGTH).toWellFormed();
  return `What to do\n\n${inertLines(withoutLastHeading(cut))}\n\nThe guide goes on in the finding: kibana.alert.rule.note`;
}

/** A heading with nothing behind it is left to what comes after. */
function withoutLastHeading(text: string): string {
  const lines = text.trimEnd().split("\n");
  while (lines.at(-1)?.startsWith("#") === true || lines.at(-1)?.trim() === "") lines.pop();
  return lines.join("\n");
}

/** `[firstsight] MEDIUM web-1 curl: Rule's name`. */
function subjectOf(finding: Published, about: readonly string[]): string {
  const severity = asciiOf(severityOf(finding)).toUpperCase().slice(0, NAME_LENGTH);
  const head = [severity, ...about].filter((part) => part !== "").join(" ");
  const subject = `[firstsight] ${head}: ${asciiOf(shownRuleName(finding))}`;
  return subject.length > SUBJECT_LENGTH ? `${subject.slice(0, SUBJECT_LENGTH - 3)}...` : subject;
}

/** What a digest is about: names of a finding that is alone, else how many there are; and how many were held back. */
function aboutOf(digest: Digest): string[] {
  const { fresh, closings } = digest;
  const [finding] = fresh;
  const [closing] = closings;
  const held = closing === undefined ? [] : [`(${heldCount(digest)} held back)`];
  if (finding !== undefined) return [...(fresh.length === 1 ? namesOf(finding) : [`${fresh.length} new`]), ...held];
  return [...(closing === undefined || closings.length > 1 ? [] : keyNames(closing)), ...held];
}

/** Names of the event's that can pass for nothing else. Never a command line. */
function namesOf(finding: Published): string[] {
  return plainNames([firstOf(finding, "host.name") ?? firstOf(finding, "host.id"), firstOf(finding, "process.name")]);
}

/** What findings were counted together by. */
function keyNames({ key }: Closing): string[] {
  const fields = key.filter(({ field }) => field !== "process.command_line" && field !== "process.args");
  return plainNames(fields.map(({ values }) => (values.length === 1 ? values[0] : undefined)));
}

function plainNames(names: readonly (string | undefined)[]): string[] {
  return names.flatMap((name) => (name !== undefined && /^[\w.:@/-]+$/.test(name) ? [name.slice(0, NAME_LENGTH)] : []));
}

function asciiOf(text: string): string {
  return inert(text.slice(0, RULE_NAME_LENGTH)).replace(/[^\x20-\x7e]/g, "?");
}

function short(words: string): string {
  return defanged(words, TERM_LENGTH);
}

function sentence(words: string): string {
  return defanged(words, SENTENCE_LENGTH);
}

function joined(parts: readonly string[]): string {
  return `${joinedParts(parts)}\n`;
}

function joinedParts(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n\n");
}
