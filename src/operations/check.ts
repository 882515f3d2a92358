import type { RuleLearning } from "../history/starts.ts";
import { Unanswered } from "./answer.ts";

/** A rule that runs, and how far it has come with learning. Times are ISO 8601, of the stream. */
export interface LearningRule extends Pick<RuleLearning, "ruleId" | "state"> {
  readonly name: string;
  readonly since?: string;
  readonly until?: string;
}

/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  /** `unknown`: it could not be asked. */
  readonly state: "fine" | "wrong" | "unknown";
  /** In one line. */
  readonly says: string;
  /** A line for each of its parts, where it has some that want one. */
  readonly more?: readonly string[];
  /** Of `learning`: each rule whose start was read. */
  readonly rules?: readonly LearningRule[];
}

export type Seen = Omit<Check, "name">;

/** How one thing is looked at. */
export interface Look {
  readonly name: string;
  /** @throws Unanswered */
  ask(signal: AbortSignal): Promise<Seen>;
}

/** Looks, and waits no longer than so many ms; never rejects. */
export async function check({ name, ask }: Look, limitMs: number): Promise<Check> {
  const ending = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  // Credentials may hang before there is a request to abort.
  const late = new Promise<Seen>((resolve) => {
    timer = setTimeout(() => {
      resolve({ state: "unknown", says: `not known: no answer within ${limitMs / 1000} s` });
      ending.abort();
    }, limitMs);
  });
  try {
    return { name, ...(await Promise.race([ask(ending.signal), late])) };
  } catch (error) {
    if (error instanceof Unanswered && error.isMissing)
      return { name, state: "wrong", says: `not there: ${error.message}` };
    const reason = error instanceof Error ? error.message : String(error);
    return { name, state: "unknown", says: `not known: ${reason}` };
  } finally {
    clearTimeout(timer);
    // A look that told what it knew may have left a request under way.
    ending.abort();
  }
}

export function fine(says: string): Seen {
  return { state: "fine", says };
}

export function wrong(says: string): Seen {
  return { state: "wrong", says };
}

/** Fine where nothing is the matter, wrong otherwise, with all that is. */
export function judged(says: string, matters: readonly string[]): Seen {
  return matters.length === 0 ? fine(says) : wrong([says, ...matters].join("; "));
}
