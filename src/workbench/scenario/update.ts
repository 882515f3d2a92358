import { stringify } from "yaml";
import { momentText } from "./moment.ts";
import type { Outcome } from "./outcome.ts";
import type { StepResult, SuiteResult } from "./run.ts";
import type { Suite } from "./scenario.ts";

/** A test file in which what came is what is expected. */
export interface Updated {
  readonly text: string;
  /** Expectations written. */
  readonly count: number;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Writes what came of each step whose expectation was missing or not met, and nothing else: every other character of the
 * file stays, as comments and layout do. An expectation that several steps share by an alias is written once, where they
 * all came to the same.
 */
export function updated({ text }: Pick<Suite, "text">, { tests }: Pick<SuiteResult, "tests">): Updated {
  const edits = new Map<string, Edit | "disputed">();
  for (const result of tests.flatMap(({ steps }) => steps)) {
    const edit = result.isMet ? undefined : editOf(result);
    if (edit === undefined) continue;
    const slot = `${edit.start} ${edit.end}`;
    const there = edits.get(slot);
    edits.set(slot, there === undefined || (there !== "disputed" && there.text === edit.text) ? edit : "disputed");
  }
  const agreed = [...edits.values()].filter((edit) => edit !== "disputed").sort((a, b) => a.start - b.start);
  let from = 0;
  let written = "";
  for (const { start, end, text: replacement } of agreed) {
    written += text.slice(from, start) + replacement;
    from = end;
  }
  return { text: written + text.slice(from), count: agreed.length };
}

function editOf({ step: { slot }, came }: StepResult): Edit | undefined {
  const expectation = expectationText(came.map(([, outcome]) => outcome));
  if (slot === undefined || expectation === undefined) return undefined;
  if (slot.kind === "replace") return { start: slot.start, end: slot.end, text: expectation };
  return { start: slot.at, end: slot.at, text: `${slot.before}expect: ${expectation}` };
}

/** What came, in the words of an expectation; nothing where there is none for it. */
function expectationText(outcomes: readonly Outcome[]): string | undefined {
  const [first, ...others] = outcomes.map(ofOne);
  if (first === undefined || others.every((other) => other === first)) return first;
  const count = outcomes.reduce((sum, { findings }) => sum + findings.length, 0);
  return flow({ count });
}

function ofOne({ kind, findings, fields }: Outcome): string | undefined {
  switch (kind) {
    case "failed":
      return undefined;
    case "several":
      return flow({ count: findings.length });
    case "new": {
      const terms = findings.map((found) => found.terms);
      const [previous, ...others] = findings.map((found) => found.previous);
      const isShared = previous !== undefined && others.every((other) => other === previous);
      return flow({
        new: terms.length === 1 ? terms[0] : terms,
        ...(isShared ? { previous: momentText(previous) } : {}),
      });
    }
    case "unmatched":
    case "without-terms":
    case "excepted":
      return fields[0] === undefined ? kind : flow({ [kind]: fields[0] });
    default:
      return kind;
  }
}

/** YAML on one line, as in `{ new: [h1, /usr/bin/curl] }`. */
function flow(value: object): string {
  const text = stringify(value, { collectionStyle: "flow", lineWidth: 0, flowCollectionPadding: false }).trim();
  return `{ ${text.slice(1, -1)} }`;
}
