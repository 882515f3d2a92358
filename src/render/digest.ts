import { combinationOf, type NewTerm, ownText, ownTime, type Published } from "./published.ts";

/** Findings of one rule that are told of together: one for each id, the most severe first. */
export interface Digest {
  readonly findings: readonly [Published, ...Published[]];
  /** Those that share a value, such as a host; a flood from one place is one group, and stands behind the others. */
  readonly groups: readonly Group[];
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
    return { findings: [first, ...more], groups: groupsOf([first, ...more]) };
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
    .toSorted((one, other) => rankOfGroup(one) - rankOfGroup(other) || one.members.length - other.members.length);
}

/** Of any number of them: as arguments they would have to fit on the stack. */
function leastOf(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
}

/** Members are in order, so the first is the most severe. */
function rankOfGroup({ members: [first] }: Group): number {
  return first === undefined ? SEVERITIES.length : rankOf(first.finding);
}

/** How a medium writes a digest's list. */
interface ListStyle {
  /** UTF-16 units of the whole list at most, the line that counts the rest aside. */
  readonly room: number;
  header(shared: NewTerm, count: number): string;
  line(member: Member): string;
  /** What stands for a group's members that are not listed. */
  rest(shared: NewTerm | undefined, count: number): string;
}

/** Groups whose unlisted members are counted each by itself; the others are counted together. */
const COUNTED_GROUPS = 10;

/** The list of all combinations, as many as there is room for; the others are counted, by their groups. */
export function listOf({ groups }: Digest, { room, header, line, rest }: ListStyle): string[] {
  const lines: string[] = [];
  const left: { readonly shared: NewTerm | undefined; readonly count: number }[] = [];
  let length = 0;
  const put = (text: string): boolean => {
    if (length + text.length + 1 > room) return false;
    length += text.length + 1;
    return lines.push(text) > 0;
  };
  for (const { shared, members } of groups) {
    let listed = 0;
    // A header alone says nothing: it goes with the first of its members.
    const [first] = members;
    const head = shared === undefined || first === undefined ? undefined : header(shared, members.length);
    const opening = first === undefined ? "" : [...(head === undefined ? [] : [head]), line(first)].join("\n");
    if (put(opening)) {
      listed = 1;
      while (listed < members.length && put(line(members[listed] as Member))) listed++;
    }
    if (listed < members.length) left.push({ shared, count: members.length - listed });
  }
  for (const { shared, count } of left.slice(0, COUNTED_GROUPS)) lines.push(rest(shared, count));
  const others = left.slice(COUNTED_GROUPS);
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
