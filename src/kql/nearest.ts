import type { Explained } from "./explained.ts";

/**
 * How many clauses would have to turn out the other way for a node to be what is wanted. Each leaf stands in the tree once,
 * so the least is found from below: where all must turn the sum, where one is enough the least of them.
 */
export function flipsTo(node: Explained, wanted: boolean): number {
  if (node.verdict === wanted) return 0;
  if (isOne(node, wanted)) return 1;
  const inner = wantedWithin(node, wanted);
  const flips = node.nodes.map((child) => flipsTo(child, inner));
  return needsAll(node, wanted) ? flips.reduce((sum, count) => sum + count, 0) : least(flips);
}

/** The clauses of one smallest set, in the order of the query: the first where several are as small. */
export function nearestFlips(node: Explained, wanted = true): Explained[] {
  if (node.verdict === wanted) return [];
  if (isOne(node, wanted)) return [node];
  const inner = wantedWithin(node, wanted);
  if (needsAll(node, wanted)) return node.nodes.flatMap((child) => nearestFlips(child, inner));
  const flips = node.nodes.map((child) => flipsTo(child, inner));
  const first = node.nodes[flips.indexOf(least(flips))];
  return first === undefined ? [] : nearestFlips(first, inner);
}

/** A list of values is one clause: which of them a value should be is not for us to say. */
function isOne({ kind, isList, nodes }: Explained, wanted: boolean): boolean {
  if (kind === "is" || kind === "range") return true;
  // Of a nested clause that holds, any number of objects may be why; of one without objects, none can be changed.
  if (kind === "nested") return !wanted || nodes.length === 0;
  return isList && wanted;
}

function wantedWithin({ kind }: Explained, wanted: boolean): boolean {
  return kind === "not" ? !wanted : wanted;
}

function needsAll({ kind }: Explained, wanted: boolean): boolean {
  return kind === "and" ? wanted : kind === "or" ? !wanted : true;
}

/** By a fold: spread, a long list would not fit on the stack. */
function least(numbers: readonly number[]): number {
  return numbers.reduce((low, number) => Math.min(low, number), Number.POSITIVE_INFINITY);
}
