/** Something of a source that could not be read; reading went on behind it. */
export interface InputProblem {
  readonly source: string;
  /** 1-based, where the source has lines. */
  readonly line?: number;
  readonly message: string;
  /** How many problems this one stands for, where it sums up. */
  readonly lines?: number;
}

/** The problems of one source. */
export interface Problems {
  add(message: string, line?: number): void;
  /** At the end of the source: says how many were not told one by one. */
  close(): void;
}

/** Enough to see what is wrong; a file of a million broken lines is not told a million times. */
const TOLD = 20;

export function problemsOf(source: string, onProblem: (problem: InputProblem) => void): Problems {
  let count = 0;
  return {
    add(message, line) {
      if (count++ < TOLD) onProblem(line === undefined ? { source, message } : { source, line, message });
    },
    close() {
      const more = count - TOLD;
      if (more > 0) onProblem({ source, message: `${more} more such problem${more === 1 ? "" : "s"}`, lines: more });
    },
  };
}
