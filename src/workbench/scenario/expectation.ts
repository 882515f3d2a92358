import { isMap, isScalar, isSeq, type Node } from "yaml";
import { kindOf, knownKeys, scalarText, textOf } from "./mapping.ts";
import { momentOf, momentText } from "./moment.ts";
import type { Place } from "./place.ts";
import { shown, type YamlFile } from "./yaml-file.ts";

/** What must come of a step. */
export type Expectation = Expected & {
  /** Of the expectation's value. */
  readonly place: Place;
};

export type Expected =
  /** These findings, each told by its terms, and no other. */
  | { readonly kind: "new"; readonly findings: readonly Terms[]; readonly previous?: number | "never" }
  /** Matched, and seen within the window before. */
  | { readonly kind: "known" | "suppressed" | "learned" | "quarantined" }
  /** The query, a filter or the index is in the way; with the field of the clause that is. */
  | { readonly kind: "unmatched"; readonly field?: string }
  /** Matched, and has no value in one of the rule's new_terms fields; with that field. */
  | { readonly kind: "without-terms"; readonly field?: string }
  /** Matched, and an exception hides it; with the exception's name or item_id. */
  | { readonly kind: "excepted"; readonly item?: string }
  /** So many findings, whatever their terms. */
  | { readonly kind: "count"; readonly count: number };

/** A term for each of the rule's new_terms fields, in their order. */
type Terms = readonly string[];

const WORDS = [
  "new",
  "suppressed",
  "known",
  "unmatched",
  "without-terms",
  "excepted",
  "learned",
  "quarantined",
  "count",
] as const;

export function expectationOf(file: YamlFile, node: Node): Expectation {
  const place = file.placeOf(node);
  const found = file.read(node, 0);
  if (isScalar(found)) return { ...plainWord(file, node, scalarText(found)), place };
  if (!isMap(found)) return file.refuse(node, `expect is ${kindOf(found)}, and should be a word or a mapping`);
  const keys = ["new", "previous", "unmatched", "without-terms", "excepted", "count"] as const;
  const { previous, ...words } = knownKeys(file, node, { keys, what: "expect" });
  const [first, ...others] = Object.entries(words) as [keyof typeof words, Node][];
  if (first === undefined || others.length > 0) {
    return file.refuse(node, `expect needs one of ${keys.filter((key) => key !== "previous").join(", ")}`);
  }
  const [word, value] = first;
  if (previous !== undefined && word !== "new") file.refuse(previous, "previous belongs to new");
  switch (word) {
    case "new": {
      const before = previous === undefined ? {} : { previous: previousOf(file, previous) };
      return { kind: word, findings: findingsOf(file, value), ...before, place };
    }
    case "count":
      return { kind: word, count: countOf(file, value), place };
    case "unmatched":
    case "without-terms":
      return { kind: word, field: textOf(file, value, `${word}'s field`), place };
    case "excepted":
      return { kind: word, item: textOf(file, value, "the exception's name"), place };
  }
}

function plainWord(file: YamlFile, node: Node, word: string): Expected {
  switch (word) {
    case "known":
    case "suppressed":
    case "learned":
    case "quarantined":
    case "unmatched":
    case "without-terms":
    case "excepted":
      return { kind: word };
    case "new":
      return file.refuse(node, "new needs the terms of the finding: { new: [TERM, …] }");
    case "count":
      return file.refuse(node, "count needs a number: { count: 2 }");
    default:
      return file.refuse(node, `"${shown(word)}" is no expectation; there are ${WORDS.join(", ")}`);
  }
}

/** One finding's terms, or a list of several findings'. */
function findingsOf(file: YamlFile, node: Node): Terms[] {
  const found = file.read(node, 0);
  const items = isSeq(found) ? (found.items as Node[]) : [node];
  if (items.length === 0) file.refuse(node, "new needs the terms of a finding");
  const read = items.map((item) => file.read(item, 0));
  if (!read.some((item) => isSeq(item))) return [items.map((item) => textOf(file, item, "a term"))];
  return items.map((item, index) => {
    const terms = read[index];
    if (!isSeq(terms)) return file.refuse(item, "either each is a list of terms, or each is a term");
    return (terms.items as Node[]).map((term) => textOf(file, term, "a term"));
  });
}

function previousOf(file: YamlFile, node: Node): number | "never" {
  const text = textOf(file, node, "previous");
  if (text === "never") return text;
  return momentOf(text) ?? file.refuse(node, `previous is "${shown(text)}", and should be an offset, a time or never`);
}

export function countOf(file: YamlFile, node: Node): number {
  const text = textOf(file, node, "a count");
  return /^\d{1,6}$/.test(text)
    ? Number(text)
    : file.refuse(node, `"${shown(text)}" is no whole number of up to six digits`);
}

/** An expectation as people read it. */
export function expectedText(expected: Expected): string {
  switch (expected.kind) {
    case "new": {
      const { findings, previous } = expected;
      const before =
        previous === undefined ? "" : `, previously ${previous === "never" ? previous : momentText(previous)}`;
      return `new ${findings.map((terms) => `[${terms.join(", ")}]`).join(" ")}${before}`;
    }
    case "count":
      return `${expected.count} ${expected.count === 1 ? "finding" : "findings"}`;
    case "unmatched":
      return expected.field === undefined ? "unmatched" : `unmatched, by ${expected.field}`;
    case "without-terms":
      return expected.field === undefined ? "without terms" : `without terms, for want of ${expected.field}`;
    case "excepted":
      return expected.item === undefined ? "excepted" : `excepted, by ${expected.item}`;
    default:
      return expected.kind;
  }
}
