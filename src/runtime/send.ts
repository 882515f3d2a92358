/** Sends messages; resolves to the indexes of those that were accepted, and never rejects. */
export type Send = (bodies: readonly string[], signal?: AbortSignal) => Promise<ReadonlySet<number>>;

/** Writes each message as a line. */
export function lineSend(write: (line: string) => void): Send {
  return async (bodies) => {
    for (const body of bodies) write(`${body}\n`);
    return new Set(bodies.keys());
  };
}
