import type { ReplayFinding } from "../workbench/replay-result.ts";

/** Which findings are shown each by itself, and what the others come to. */
export interface Selection {
  /** Latest first. */
  readonly shown: readonly ReplayFinding[];
  /** The combinations with findings that are not shown, those with most findings first. */
  readonly sums: readonly CombinationSum[];
  readonly total: number;
}

interface CombinationSum {
  readonly ruleId: string;
  readonly terms: readonly string[];
  /** Of this combination, shown or not. */
  readonly findings: number;
  readonly first: string;
  readonly last: string;
}

export interface Room {
  readonly findings: number;
  readonly bytes: number;
  readonly bytesOf: (finding: ReplayFinding) => number;
}

interface Sum extends CombinationSum {
  findings: number;
  last: string;
  left: number;
}

/**
 * The latest findings, so many that they fit, and none of a quiet rule for one more of a noisy one: where there are too
 * many, the oldest of the rule that has most makes way. The latest, since by then the history has learned.
 * @param findings in order of time; read once, and only those that may be shown are kept
 */
export function select(findings: Iterable<ReplayFinding>, room: Room): Selection {
  const kept = new Map<string, ReplayFinding[]>();
  const sums = new Map<string, Sum>();
  let total = 0;
  const leaveOut = (): ReplayFinding | undefined => {
    const left = longest(kept).shift();
    const sum = left === undefined ? undefined : sums.get(keyOf(left));
    if (sum !== undefined) sum.left++;
    return left;
  };

  for (const finding of findings) {
    total++;
    add(sums, finding);
    const own = kept.get(finding.ruleId);
    if (own === undefined) kept.set(finding.ruleId, [finding]);
    else own.push(finding);
    if (total > room.findings) leaveOut();
  }
  let bytes = [...kept.values()].flat().reduce((sum, finding) => sum + room.bytesOf(finding), 0);
  while (bytes > room.bytes) {
    const left = leaveOut();
    if (left === undefined) break;
    bytes -= room.bytesOf(left);
  }

  const shown = [...kept.values()].flat().sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
  const cut = [...sums.values()].filter(({ left }) => left > 0).sort((a, b) => b.findings - a.findings);
  return { shown, sums: cut, total };
}

function longest(kept: ReadonlyMap<string, ReplayFinding[]>): ReplayFinding[] {
  let most: ReplayFinding[] = [];
  for (const own of kept.values()) if (own.length > most.length) most = own;
  return most;
}

function add(sums: Map<string, Sum>, finding: ReplayFinding): void {
  const { ruleId, terms, at } = finding;
  const sum = sums.get(keyOf(finding));
  if (sum === undefined) sums.set(keyOf(finding), { ruleId, terms, findings: 1, first: at, last: at, left: 0 });
  else {
    sum.findings++;
    sum.last = at;
  }
}

function keyOf({ ruleId, terms }: ReplayFinding): string {
  return JSON.stringify([ruleId, ...terms]);
}
