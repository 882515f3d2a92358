import type { Explained } from "../kql/explained.ts";

/** A line of a query's tree. */
export interface ClauseRow {
  readonly node: Explained;
  readonly depth: number;
  readonly text: string;
  /** The clause whose field's values say why. */
  readonly told: Explained | undefined;
}

/**
 * The tree of a query as lines, without what does not matter: the alternatives of what holds by another, and what is in an
 * exception that does not apply.
 */
export function clauseRows(root: Explained, limit: number): { readonly rows: ClauseRow[]; readonly left: number } {
  const rows: ClauseRow[] = [];
  let left = 0;
  const visit = (node: Explained, depth: number): void => {
    if (rows.length === limit) {
      left++;
      return;
    }
    // What holds by one of its alternatives is told as that one, at its own place.
    const only = node.kind === "or" && node.expected && node.verdict ? node.nodes.filter(isGood) : [];
    if (only[0] !== undefined && only.length === 1) {
      visit(only[0], depth);
      return;
    }
    const told = toldBy(node);
    const isQuiet = !node.expected || node.kind === "not";
    if (told !== undefined || (isQuiet && isGood(node))) {
      rows.push({ node, depth, text: shortText(node), told });
      return;
    }
    const isRoot = node === root && node.kind === "and";
    if (!isRoot) rows.push({ node, depth, text: titleOf(node), told: node.kind === "nested" ? node : undefined });
    for (const child of shownWithin(node)) visit(child, isRoot ? depth : depth + 1);
  };
  visit(root, 0);
  return { rows, left };
}

function isGood({ verdict, expected }: Explained): boolean {
  return verdict === expected;
}

/** Of a clause that is a line by itself: a leaf, a list of values, and what is not one of these. */
function toldBy(node: Explained): Explained | undefined {
  if (node.kind === "is" || node.kind === "range") return node;
  const [first] = node.nodes;
  if (node.isList) return first;
  return node.kind === "not" && first !== undefined ? toldBy(first) : undefined;
}

const MAX_LIST = 60;

/** A clause's text; of a long list its beginning, and how long it is. */
export function shortText(node: Explained): string {
  const [inner] = node.nodes;
  const list = node.kind === "not" && inner?.isList === true ? inner : node;
  if (!list.isList || node.text.length <= MAX_LIST) return node.text;
  const end = node.text.lastIndexOf(" or ", MAX_LIST);
  return end < 0 ? node.text : `${node.text.slice(0, end)} or … ${list.nodes.length} values)`;
}

function titleOf(node: Explained): string {
  const [inner] = node.nodes;
  switch (node.kind) {
    case "and":
      return "all of";
    case "or":
      return "one of";
    case "not":
      return inner?.kind === "or" ? "none of" : inner?.kind === "and" ? "not all of" : "not";
    default:
      return node.text;
  }
}

function shownWithin(node: Explained): readonly Explained[] {
  const [inner] = node.nodes;
  // The title tells of both.
  if (node.kind === "not" && (inner?.kind === "or" || inner?.kind === "and")) return shownWithin(inner);
  const needsAll = (node.kind === "and") === node.expected;
  if (node.kind === "nested" || node.kind === "not") return node.nodes;
  if (needsAll) return node.expected ? node.nodes : node.nodes.filter((child) => !isGood(child));
  return isGood(node) ? node.nodes.filter(isGood) : node.nodes;
}
