import type { Context } from "aws-lambda";
import type { Deadline } from "../detect/deadline.ts";

/** Kept back for the answer: three seconds or a tenth of the invocation, whichever is more. */
const MIN_RESERVE_MS = 3000;

export interface Invocation extends Deadline {
  /** Aborts every request still under way shortly before the end. */
  readonly signal: AbortSignal;
}

const ANSWER_MS = 1000;
/** How long the answer waits, once all is decided, for bytes that are still on their way to quarantine. */
const PATIENCE_MS = 2000;

/**
 * One deadline for all that an invocation does.
 * @param patience ms that the caller waits, where that is less than the function's own timeout
 */
export function invocation(context: Context, patience = Number.POSITIVE_INFINITY): Invocation {
  const remaining = Math.min(context.getRemainingTimeInMillis(), patience);
  const endsAt = Date.now() + remaining;
  const reserve = Math.max(MIN_RESERVE_MS, remaining / 10);
  return {
    endsAt,
    readUntil: endsAt - remaining / 2,
    mayStart: () => endsAt - Date.now() > reserve,
    patience: () => AbortSignal.timeout(PATIENCE_MS),
    signal: AbortSignal.timeout(Math.max(0, remaining - ANSWER_MS)),
  };
}
