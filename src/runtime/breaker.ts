/** Keeps a service from being asked while it does not answer: who waits for each of its timeouts does nothing else. */
export interface Breaker {
  /** False while it is left alone; then true for one that tries, and for all others once that has succeeded. */
  allows(): boolean;
  succeeded(): void;
  failed(): void;
}

/** Failures in a row that make it be left alone: one is a socket that has died, or a server. */
const FAILURES = 3;
/** How long it is left alone. */
const REST_MS = 30_000;

export function breaker(now: () => number): Breaker {
  let failures = 0;
  let restsUntil: number | undefined;
  let isTried = false;
  return {
    allows() {
      if (restsUntil === undefined) return true;
      if (isTried || now() < restsUntil) return false;
      isTried = true;
      return true;
    },
    succeeded() {
      failures = 0;
      restsUntil = undefined;
      isTried = false;
    },
    failed() {
      if (++failures >= FAILURES) restsUntil = now() + REST_MS;
      isTried = false;
    },
  };
}
