import { inert } from "../finding/inert.ts";
import type { InputProblem } from "../workbench/input/problems.ts";
import type { ReplayResult } from "../workbench/replay-result.ts";
import { EXIT, type Out } from "./verb.ts";

/** Tells of what could not be read of a verb's input, and knows what that means for its exit code. */
export interface InputWarnings {
  readonly onProblem: (problem: InputProblem) => void;
  /** How many there were. */
  readonly count: () => number;
  /** Nothing that could be read is not the same as nothing found. */
  exitOf(result: Pick<ReplayResult, "lines" | "events" | "skipped" | "rejected">): number;
}

export function inputWarnings(out: Out): InputWarnings {
  let problems = 0;
  return {
    onProblem({ source, line, message, lines = 1 }) {
      problems += lines;
      out.warn(inert(`${source}${line === undefined ? "" : `:${line}`}: ${message}`));
    },
    count: () => problems,
    exitOf({ lines, events, skipped, rejected }) {
      if (events + skipped > 0) return EXIT.fine;
      if (lines === 0 && problems === 0) {
        out.warn("there are no events in it");
        return EXIT.fine;
      }
      out.warn(`none of it could be read as an event: ${rejected + problems} pieces were rejected`);
      return EXIT.input;
    },
  };
}
