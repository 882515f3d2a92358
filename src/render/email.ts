import { inert, inertLines } from "../finding/inert.ts";
import { defanged } from "./defang.ts";
import { type Digest, idOf, listOf } from "./digest.ts";
import { factsOf, firstTime, ruleNameOf, severityOf, shownValues, whyOf } from "./facts.ts";
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
/** Of one value in such a list. */
const TERM_LENGTH = 120;
const WHERE_THE_REST_IS = "Each is a finding of its own, in the findings' topic and archive.";

/** One finding's mail, or one for all of a digest. */
export function emailOf(digest: Digest): Email {
  const [finding, ...more] = digest.findings;
  return more.length === 0 ? single(finding) : several(digest);
}

function single(finding: Published): Email {
  const facts = factsOf(finding).map((fact) => `${fact.label.padEnd(11)} ${shownValues(fact, defanged)}`);
  return {
    subject: subjectOf(finding, namesOf(finding)),
    body: joined([`${whyOf(finding, sentence)}\n\n${titleOf(finding)}`, facts.join("\n"), guideOf(finding)]),
  };
}

function several(digest: Digest): Email {
  const [finding] = digest.findings;
  const count = digest.findings.length;
  const many = `${count} new combinations of one rule. ${firstTime(finding)} each.`;
  const list = listOf(digest, {
    room: LIST_LENGTH,
    header: (shared, of) => `${termText(shared)}  (${of})`,
    line: ({ finding: each, terms }) => `  ${lineOf(finding, each, terms)}`,
    rest: (shared, of) =>
      `  … and ${of} more${shared === undefined ? "" : ` with ${termText(shared)}`}. ${WHERE_THE_REST_IS}`,
  });
  return {
    subject: subjectOf(finding, [`${count} new`]),
    body: joined([`${many}\n\n${titleOf(finding)}`, list.join("\n"), guideOf(finding)]),
  };
}

/** A combination with when it was seen and its id; with its severity, where that is not the first's. */
function lineOf(first: Published, each: Published, terms: readonly NewTerm[]): string {
  const severity = severityOf(each);
  return [
    ...(severity === severityOf(first) ? [] : [defanged(severity, NAME_LENGTH).toUpperCase()]),
    terms.map(termText).join(", "),
    defanged(ownText(each, "new_terms_stream.first_seen"), NAME_LENGTH),
    defanged(idOf(each), 32),
  ].join("  ");
}

function termText({ field, value }: NewTerm): string {
  return `${defanged(field, TERM_LENGTH)} = ${defanged(value, TERM_LENGTH)}`;
}

function titleOf(finding: Published): string {
  const score = defanged(ownText(finding, "kibana.alert.risk_score"), NAME_LENGTH);
  const severity = defanged(severityOf(finding), NAME_LENGTH).toUpperCase();
  return `${severity} ${score}  ${defanged(ruleNameOf(finding), RULE_NAME_LENGTH)}`;
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
  const subject = `[firstsight] ${head}: ${asciiOf(ruleNameOf(finding))}`;
  return subject.length > SUBJECT_LENGTH ? `${subject.slice(0, SUBJECT_LENGTH - 3)}...` : subject;
}

/** Names of the event's that can pass for nothing else. Never a command line. */
function namesOf(finding: Published): string[] {
  const names = [firstOf(finding, "host.name") ?? firstOf(finding, "host.id"), firstOf(finding, "process.name")];
  return names.flatMap((name) => (name !== undefined && /^[\w.:@/-]+$/.test(name) ? [name.slice(0, NAME_LENGTH)] : []));
}

function asciiOf(text: string): string {
  return inert(text.slice(0, RULE_NAME_LENGTH)).replace(/[^\x20-\x7e]/g, "?");
}

function sentence(words: string): string {
  return defanged(words, SENTENCE_LENGTH);
}

function joined(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}
