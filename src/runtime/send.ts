/**
 * Sends messages, beginning in the order given; resolves to the indexes of those that were accepted, and never rejects.
 * @param signal once aborted no more are sent, and it resolves at once to what was accepted until then
 */
export type Send = (bodies: readonly string[], signal?: AbortSignal) => Promise<ReadonlySet<number>>;

/** Writes each message as a line. */
export function lineSend(write: (line: string) => void): Send {
  return async (bodies) => {
    for (const body of bodies) write(`${body}\n`);
    return new Set(bodies.keys());
  };
}
