import type { FieldTypes } from "../../ecs/mapping.ts";
import { isLoneStar, type KqlNode, literalText } from "../../kql/ast.ts";
import type { Rule } from "../rule.ts";
import { impossible, isKeyword, type Leaf, nameOf, suffices, valuesOf } from "./implication.ts";
import type { Warning, WarningCode } from "./warning.ts";

type Truth = "always" | "never" | undefined;

/** What is known to hold, and not to hold, where a part of a query is asked. */
interface Facts {
  readonly held: readonly KqlNode[];
  readonly excluded: readonly KqlNode[];
}

const NO_FACTS: Facts = { held: [], excluded: [] };

/** Pairs of clauses held against each other; Elastic's largest rule needs some thousands. Beyond it nothing is said. */
const MAX_COMPARISONS = 200_000;

/** Queries and clauses that hold always or never, as far as that is sure; what is not said may be so all the same. */
export function truthWarnings(rule: Rule, query: KqlNode, types: FieldTypes): Warning[] {
  const warnings: Warning[] = [];
  let comparisons = 0;
  const report = (code: WarningCode, at: number, message: string) => warnings.push({ code, at, message });
  const isWithin = (count: number) => {
    comparisons += count;
    return comparisons <= MAX_COMPARISONS;
  };

  function truthOf(node: KqlNode, facts: Facts, prefix: string): Truth {
    switch (node.kind) {
      case "is":
      case "range":
        return leafTruth(node, facts, prefix);
      case "not":
        return opposite(truthOf(node.node, facts, prefix));
      case "nested": {
        const name = node.field === null ? "" : literalText(node.field);
        // Its objects are documents of their own: of the event's other values nothing is known there.
        return truthOf(node.node, NO_FACTS, `${prefix}${name}.`) === "never" ? "never" : undefined;
      }
      case "and":
        return conjunctionTruth(node, facts, prefix);
      case "or":
        return disjunctionTruth(node.nodes, facts, prefix);
    }
  }

  function leafTruth(leaf: Leaf, facts: Facts, prefix: string): Truth {
    if (leaf.field === null || (isLoneStar(leaf.field) && leaf.kind === "is")) {
      return isLoneStar(leaf.value) ? "always" : undefined;
    }
    const mapping = types(prefix + literalText(leaf.field));
    if (leaf.field.kind !== "wildcard" && mapping.type === "unmapped") return "never";
    const isTooLong = literalText(leaf.value).length > (mapping.ignoreAbove ?? Number.POSITIVE_INFINITY);
    if (leaf.kind === "is" && leaf.field.kind !== "wildcard" && isKeyword(mapping) && isTooLong) return "never";
    const clash = clashOf(leaf, facts, prefix);
    if (clash !== undefined) report("never-true", startOf(leaf), clash);
    return clash === undefined ? undefined : "never";
  }

  /** Why something cannot hold beside what is known. */
  function clashOf(node: KqlNode, { held, excluded }: Facts, prefix: string): string | undefined {
    if (!isWithin((1 + sizeOf(node)) * (held.length + excluded.length))) return undefined;
    if (isRefuted(node, excluded, prefix)) return `${shown(node)} never holds here: the query excludes it`;
    for (const other of held) {
      const name = impossible(node, other, prefix);
      if (name !== undefined)
        return `${shown(node)} never holds here: ${name} has one value, and the query asks for another`;
    }
    return undefined;
  }

  function isRefuted(node: KqlNode, excluded: readonly KqlNode[], prefix: string): boolean {
    if (node.kind === "or") return node.nodes.every((child) => isRefuted(child, excluded, prefix));
    if (node.kind !== "is" && node.kind !== "range") return false;
    return excluded.some((other) => isLeaf(other) && suffices(node, other, types, prefix));
  }

  function conjunctionTruth(node: KqlNode, facts: Facts, prefix: string): Truth {
    const { held, excluded } = conjuncts(node);
    const known: KqlNode[] = [...facts.held];
    const all: Facts = { held: known, excluded: [...facts.excluded, ...excluded] };
    for (const child of held) {
      const clash = isLeaf(child) || valuesOf(child) !== undefined ? clashOf(child, all, prefix) : undefined;
      if (clash !== undefined) {
        report("never-true", startOf(child), clash);
        return "never";
      }
      known.push(child);
    }
    // A clause is no news beside itself.
    const without = (list: readonly KqlNode[], child: KqlNode) =>
      isWithin(list.length) ? list.filter((other) => other !== child) : [];
    const truths = held.map((child) => {
      const beside = isLeaf(child) ? NO_FACTS : { held: without(known, child), excluded: all.excluded };
      const truth = truthOf(child, beside, prefix);
      if (truth === "always") report("always-true", startOf(child), `${shown(child)} always holds, and adds nothing`);
      return truth;
    });
    const nots = excluded.map((child) => {
      const beside = isLeaf(child) ? NO_FACTS : { held: known, excluded: without(all.excluded, child) };
      return opposite(truthOf(child, beside, prefix));
    });
    const both = [...truths, ...nots];
    if (both.includes("never")) return "never";
    return both.every((truth) => truth === "always") ? "always" : undefined;
  }

  function disjunctionTruth(nodes: readonly KqlNode[], facts: Facts, prefix: string): Truth {
    const before = warnings.length;
    const truths = nodes.map((child) => truthOf(child, facts, prefix));
    // Of a list of values one warning is enough.
    const said = warnings.splice(before);
    const isList = nodes.every((child) => child.kind === "is");
    const [first, ...others] = said;
    if (isList && first !== undefined && others.length > 0) {
      warnings.push({ ...first, message: `${first.message}; and so for ${others.length} more of this list` });
    } else warnings.push(...said);
    if (truths.includes("always")) return "always";
    if (truths.every((truth) => truth === "never")) return "never";
    const denied = nodes.flatMap((child) => (child.kind === "not" && isLeaf(child.node) ? [child.node] : []));
    const asked = nodes.filter(isLeaf);
    if (!isWithin(denied.length * asked.length)) return undefined;
    for (const leaf of denied) {
      const other = asked.find((candidate) => suffices(leaf, candidate, types, prefix));
      if (other === undefined) continue;
      report("always-true", startOf(leaf), `not ${shown(leaf)} or ${shown(other)} always holds`);
      return "always";
    }
    return undefined;
  }

  const truth = truthOf(query, NO_FACTS, "");
  const isFiltered = rule.filters.some(({ meta }) => meta?.disabled !== true);
  const start = 0;
  if (truth === "never") report("matches-nothing", start, "no event matches this query: the rule never finds anything");
  else if (truth === "always" && !isFiltered) {
    const message = "every event matches this query: each becomes history, and each new combination a finding";
    report("matches-everything", start, message);
  } else {
    const { held, excluded } = conjuncts(query);
    const isAboutAbsence = excluded.some((node) => node.kind === "is" && isLoneStar(node.value));
    if (held.length === 0 && !isAboutAbsence && !isFiltered) {
      report("matches-everything", start, "the query only says what must not be: nearly every event matches");
    }
    for (const node of excluded) {
      if (node.kind !== "is" || node.field === null || !isLoneStar(node.value)) continue;
      const name = nameOf(node, "");
      if (!rule.new_terms.value.includes(name)) continue;
      const message = `${name} is a new_terms field, and events with it are excluded: the rule never finds anything`;
      report("matches-nothing", startOf(node), message);
    }
  }
  return warnings;
}

function isLeaf(node: KqlNode): node is Leaf {
  return node.kind === "is" || node.kind === "range";
}

function opposite(truth: Truth): Truth {
  return truth === undefined ? undefined : truth === "always" ? "never" : "always";
}

/** What an `and` asks for and what it rules out, `and` in `and` and `not (a or b)` taken apart. */
function conjuncts(node: KqlNode): { readonly held: KqlNode[]; readonly excluded: KqlNode[] } {
  const held: KqlNode[] = [];
  const excluded: KqlNode[] = [];
  const ask = (current: KqlNode): void => {
    if (current.kind === "and") for (const child of current.nodes) ask(child);
    else if (current.kind === "not") ruleOut(current.node);
    else held.push(current);
  };
  const ruleOut = (current: KqlNode): void => {
    if (current.kind === "or") for (const child of current.nodes) ruleOut(child);
    else if (current.kind === "not") ask(current.node);
    else excluded.push(current);
  };
  ask(node);
  return { held, excluded };
}

function sizeOf(node: KqlNode): number {
  return node.kind === "or" ? node.nodes.length : 1;
}

/** The offset of the first clause in a part of a query. */
export function startOf(node: KqlNode): number {
  switch (node.kind) {
    case "and":
    case "or":
      return node.nodes[0] === undefined ? 0 : startOf(node.nodes[0]);
    case "not":
      return startOf(node.node);
    case "nested":
      return node.field?.offset ?? startOf(node.node);
    default:
      return node.value.offset;
  }
}

const SHOWN = 60;

function shown(node: KqlNode): string {
  if (!isLeaf(node)) {
    const values = valuesOf(node);
    return values === undefined ? "this" : `${values.name}:(…)`;
  }
  const value = literalText(node.value);
  const short = value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value;
  const name = node.field === null ? "" : literalText(node.field);
  return node.kind === "range" ? `${name} ${SIGNS[node.operator]} ${short}` : name === "" ? short : `${name}:${short}`;
}

const SIGNS = { lt: "<", lte: "<=", gt: ">", gte: ">=" } as const;
