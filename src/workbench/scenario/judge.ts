import { type Expected, expectedText } from "./expectation.ts";
import { momentText } from "./moment.ts";
import type { Outcome } from "./outcome.ts";
import type { Place } from "./place.ts";
import type { Repeat, Step } from "./scenario.ts";
import { numbered, type Sent } from "./sent.ts";

/** An expectation that was not met. */
export interface Failure {
  /** In the test file. */
  readonly place: Place;
  readonly expected: string;
  readonly actual: string;
  readonly why: string;
  /** Of the clause in the way, UTF-16 offset into the rule's query. */
  readonly offset?: number;
}

/** Holds what came of a step, each time it was sent, against what is expected. */
export function judge(
  step: Step,
  came: readonly (readonly [Sent, Outcome])[],
  repeat: Repeat | undefined,
): Failure | undefined {
  const { expect, place } = step;
  const [first] = came;
  if (first === undefined) return undefined;
  if (expect === undefined) {
    return failure(place, "nothing: expect is missing, and --update writes it", first[1], "");
  }
  if (expect.kind === "count") {
    const count = came.reduce((sum, [, { findings }]) => sum + findings.length, 0);
    if (count === expect.count) return undefined;
    const times = came.length === 1 ? "" : `, from ${came.length} events`;
    const { why } = first[1];
    return {
      place: expect.place,
      expected: expectedText(expect),
      actual: `${expectedText({ kind: "count", count })}${times}`,
      why,
    };
  }
  const failed = came.filter(([{ n }, outcome]) => !meets(outcome, numberedTerms(expect, repeat, n)));
  const [worst] = failed;
  if (worst === undefined) return undefined;
  const [{ n }, outcome] = worst;
  const times = came.length === 1 ? "" : ` (${failed.length} of ${came.length} times, first with n = ${n})`;
  return failure(expect.place, expectedText(numberedTerms(expect, repeat, n)), outcome, times);
}

function failure(place: Place, expected: string, outcome: Outcome, times: string): Failure {
  const { why, offset } = outcome;
  return {
    place,
    expected,
    actual: `${outcomeText(outcome)}${times}`,
    why,
    ...(offset === undefined ? {} : { offset }),
  };
}

function numberedTerms(expect: Expected, repeat: Repeat | undefined, n: number): Expected {
  if (expect.kind !== "new") return expect;
  return { ...expect, findings: expect.findings.map((terms) => terms.map((term) => numbered(term, repeat, n))) };
}

function meets({ kind, findings, fields }: Outcome, expect: Expected): boolean {
  switch (expect.kind) {
    case "new": {
      const { previous } = expect;
      const isRight = previous === undefined || findings.every((found) => (found.previous ?? "never") === previous);
      return kind === "new" && isRight && sorted(findings.map(({ terms }) => terms)) === sorted(expect.findings);
    }
    case "unmatched":
    case "without-terms":
      return kind === expect.kind && (expect.field === undefined || fields.includes(expect.field));
    case "excepted":
      return kind === expect.kind && (expect.item === undefined || fields.includes(expect.item));
    default:
      return kind === expect.kind;
  }
}

/** In any order: which of an event's findings comes first is nobody's promise. */
function sorted(findings: readonly (readonly string[])[]): string {
  return JSON.stringify(findings.map((terms) => JSON.stringify(terms)).sort());
}

function outcomeText({ kind, findings, fields }: Outcome): string {
  switch (kind) {
    case "new": {
      const told = findings.map(({ terms, previous }) => {
        const before = previous === undefined ? "" : `, previously ${momentText(previous)}`;
        return `[${terms.join(", ")}]${before}`;
      });
      return `new ${told.join(" ")}`;
    }
    case "unmatched":
      return fields.length === 0 ? kind : `unmatched, by ${fields.join(", ")}`;
    case "without-terms":
      return `without terms, for want of ${fields.join(", ")}`;
    case "excepted":
      return `excepted, by ${fields[0]}`;
    case "several":
      return `several things at once, ${findings.length} findings among them`;
    default:
      return kind;
  }
}
