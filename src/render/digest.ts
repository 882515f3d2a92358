import { type Closing, closingOf } from "./closing.ts";
import { combinationOf, type NewTerm, ownText, ownTime, type Published } from "./published.ts";

/** Findings of one rule that are told of together: one for each id, the most severe first. */
export interface Digest {
  /** All that it tells of, messages that close a window of alert suppression among them. */
  readonly findings: readonly [Published, ...Published[]];
  /** Those that are new combinations themselves. */
  readonly fresh: readonly Published[];
  /** These, by a value that they share, such as a host; a flood from one place is one group, and stands behind the others. */
  readonly groups: readonly Group[];
  /** The messages that close a window: the most severe first, then the shortest. */
  readonly closings: readonly Closing[];
}

interface Group {
  /** What all of the group share; undefined where a combination has one field, or none. */
  readonly shared: NewTerm | undefined;
  readonly members: readonly Member[];
}

interface Member {
  readonly finding: Published;
  /** Its combination, without what the group shares. */
  readonly terms: readonly NewTerm[];
}

const SEVERITIES = ["critical", "high", "medium", "low"];

/**
 * Findings as messages to people: a digest for each rule, in the order of rules' first findings. The same findings make
 * the same digests, in whichever order they come.
 */
export function digestsOf(findings: readonly Published[]): Digest[] {
  const rules = Map.groupBy(findings, (finding) => ownText(finding, "kibana.alert.rule.rule_id"));
  return [...rules.values()].map((some) => {
    const distinct = [...new Map(some.map((finding) => [idOf(finding), finding])).values()];
    const [first, ...more] = distinct.toSorted(bySeverity);
    if (first === undefined) throw new Error("a rule without findings");
    const closings = [first, ...more].flatMap((finding) => closingOf(finding) ?? []);
    const closed = new Set(closings.map(({ message }) => message));
    const fresh = [first, ...more].filter((finding) => !closed.has(finding));
    return {
      findings: [first, ...more],
      fresh,
      groups: groupsOf(fresh),
      closings: closings.toSorted(smallestFirst(({ message }) => rankOf(message))),
    };
  });
}

export function idOf(finding: Published): string {
  return ownText(finding, "kibana.alert.uuid");
}

/** By severity, score, time and id: total, so that an order is one. */
function bySeverity(one: Published, other: Published): number {
  return (
    rankOf(one) - rankOf(other) ||
    scoreOf(other) - scoreOf(one) ||
    (ownTime(one, "new_terms_stream.first_seen") ?? 0) - (ownTime(other, "new_terms_stream.first_seen") ?? 0) ||
    (idOf(one) < idOf(other) ? -1 : 1)
  );
}

function scoreOf(finding: Published): number {
  const score = Number(ownText(finding, "kibana.alert.risk_score"));
  return Number.isFinite(score) ? score : 0;
}

function rankOf(finding: Published): number {
  const rank = SEVERITIES.indexOf(ownText(finding, "kibana.alert.severity"));
  return rank < 0 ? SEVERITIES.length : rank;
}

/** Groups by the field with the fewest values: the most severe group first, then the smallest. */
function groupsOf(findings: readonly Published[]): Group[] {
  if (findings.length === 0) return [];
  const combinations = findings.map((finding) => ({ finding, terms: combinationOf(finding) }));
  const width = leastOf(combinations.map(({ terms }) => terms.length));
  if (width < 2) return [{ shared: undefined, members: combinations }];
  const counts = Array.from(
    { length: width },
    (_, at) => new Set(combinations.map(({ terms }) => terms[at]?.value)).size,
  );
  const at = counts.indexOf(leastOf(counts));
  const groups = Map.groupBy(combinations, ({ terms }) => terms[at]?.value ?? "");
  return [...groups.values()]
    .map((some): Group => {
      const members = some.map(({ finding, terms }) => ({ finding, terms: terms.filter((_, index) => index !== at) }));
      return { shared: some[0]?.terms[at], members };
    })
    .toSorted(smallestFirst(rankOfGroup));
}

/** The most severe first, then the smallest. */
function smallestFirst<G extends { readonly members: readonly unknown[] }>(rank: (group: G) => number) {
  return (one: G, other: G) => rank(one) - rank(other) || one.members.length - other.members.length;
}

/** Of any number of them: as arguments they would have to fit on the stack. */
function leastOf(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
}

/** Members are in order, so the first is the most severe. */
function rankOfGroup({ members: [first] }: Group): number {
  return first === undefined ? SEVERITIES.length : rankOf(first.finding);
}

/** How many new combinations a digest's closing messages list. */
export function heldCount({ closings }: Digest): number {
  return closings.reduce((sum, { members }) => sum + members.length, 0);
}

/** What several closing messages come to, in a sentence. */
export function heldTotal(digest: Digest): string {
  return `${heldCount(digest)} more findings of this rule were held back by alert suppression, after ${digest.closings.length} findings.`;
}

/** How a medium writes a list of groups. */
interface ListStyle<M, G extends { readonly members: readonly M[] }> {
  /** UTF-16 units of the whole list at most, the lines that count the rest aside. */
  readonly room: number;
  /** Of the lines that count the rest of a group: the other groups are counted together. */
  readonly counted: number;
  header(group: G): string | undefined;
  line(member: M, group: G): string;
  /** What stands for members that are not listed: of one group, or of several. */
  rest(group: G | undefined, count: number): string;
}

/** The list of all members, as many as there is room for; the others are counted, by their groups. */
export function listOf<M, G extends { readonly members: readonly M[] }>(
  groups: readonly G[],
  { room, counted, header, line, rest }: ListStyle<M, G>,
): string[] {
  const lines: string[] = [];
  const left: { readonly group: G; readonly count: number }[] = [];
  let length = 0;
  const put = (text: string): boolean => {
    if (length + text.length + 1 > room) return false;
    length += text.length + 1;
    return lines.push(text) > 0;
  };
  for (const group of groups) {
    const { members } = group;
    let listed = 0;
    // A header alone says nothing: it goes with the first of its members.
    const [first] = members;
    if (first === undefined) continue;
    const head = header(group);
    if (put([...(head === undefined ? [] : [head]), line(first, group)].join("\n"))) {
      listed = 1;
      while (listed < members.length && put(line(members[listed] as M, group))) listed++;
    }
    if (listed < members.length) left.push({ group, count: members.length - listed });
  }
  for (const { group, count } of left.slice(0, counted)) lines.push(rest(group, count));
  const others = left.slice(counted);
  if (others.length > 0) {
    lines.push(
      rest(
        undefined,
        others.reduce((sum, { count }) => sum + count, 0),
      ),
    );
  }
  return lines;
}
