/** The time one invocation has. */
export interface Deadline {
  /** When the invocation cannot be alive any more, epoch ms. */
  readonly endsAt: number;
  /** Until then records are read, epoch ms: what is left is for deciding. */
  readonly readUntil: number;
  /** False once too little is left to begin a claim. */
  readonly mayStart: () => boolean;
  /** Begins to wait, once all is decided, for what else is under way: aborted when the answer must go out. */
  readonly patience: () => AbortSignal;
}

/** Of work that nobody waits for with a watch in hand. @param endsAt epoch ms, from which the lease of a claim follows */
export function unhurried(endsAt: number): Deadline {
  return {
    endsAt,
    readUntil: Number.POSITIVE_INFINITY,
    mayStart: () => true,
    patience: () => new AbortController().signal,
  };
}
