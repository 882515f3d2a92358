import type { Queued } from "./queued.ts";

/**
 * Hands findings to a system; resolves to the ids of those that it took, and never rejects: why it did not take others is
 * told to whoever made the sink. A finding that is handed over twice has the same identity there.
 */
export type Sink = (findings: readonly Queued[]) => Promise<ReadonlySet<string>>;

/** What of a request ends with the invocation. */
export function endingWith(abortSignal: AbortSignal | undefined): { readonly abortSignal?: AbortSignal } {
  return abortSignal === undefined ? {} : { abortSignal };
}

/** What of one request was taken: for each entry, in order, why it was not, or undefined. */
type Outcome = readonly (string | undefined)[];

interface Requests<Entry> {
  /** For people: `Firehose`. */
  readonly name: string;
  readonly batches: readonly (readonly { readonly id: string; readonly entry: Entry }[])[];
  /** Asks the service. @throws where the whole request failed */
  send(entries: readonly Entry[]): Promise<Outcome>;
  /** Told of each kind of failure once. */
  onError(error: unknown): void;
}

/**
 * Sends batches one after another, and looks at each entry's own outcome: all these services answer 200 while entries fail.
 * @returns the ids of those that were taken
 */
export async function takenBy<Entry>({ name, batches, send, onError }: Requests<Entry>): Promise<Set<string>> {
  const taken = new Set<string>();
  const reasons = new Map<string, number>();
  const errors = new Map<string, unknown>();
  for (const batch of batches) {
    try {
      const outcome = await send(batch.map(({ entry }) => entry));
      for (const [index, { id }] of batch.entries()) {
        const reason = index < outcome.length ? outcome[index] : "no answer";
        if (reason === undefined) taken.add(id);
        else reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
    } catch (error) {
      errors.set(String(error), error);
    }
  }
  for (const error of errors.values()) onError(error);
  for (const [reason, count] of reasons) onError(new Error(`${name} refused ${count} findings: ${reason}`));
  return taken;
}
