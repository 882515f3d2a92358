/**
 * Asks a service by `ask`, or leaves it alone where it does not answer: who waits for each of its timeouts does nothing
 * else.
 * @returns what was answered; undefined where it was left alone
 * @throws what `ask` throws
 */
export type Breaker = <Answer>(ask: () => Promise<Answer>) => Promise<Answer | undefined>;

/** Failures in a row that make it be left alone: one is a socket that has died, or a server. */
const FAILURES = 3;
/** How long it is left alone. Then one tries, and all others once that has succeeded. */
const REST_MS = 30_000;

/** @param now epoch ms */
export function breaker(now: () => number): Breaker {
  const underWay = new Set<Promise<unknown>>();
  let failures = 0;
  let restsUntil: number | undefined;

  async function tell<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    try {
      const answer = await ask();
      failures = 0;
      restsUntil = undefined;
      return answer;
    } catch (error) {
      if (++failures >= FAILURES) restsUntil = now() + REST_MS;
      throw error;
    }
  }

  return async (ask) => {
    // After a failure one asks at a time: what is under way says as much as one more would, and sooner.
    while (failures > 0 && underWay.size > 0) {
      if (restsUntil !== undefined) return undefined;
      await Promise.allSettled(underWay);
    }
    if (restsUntil !== undefined && now() < restsUntil) return undefined;
    const told = tell(ask);
    underWay.add(told);
    try {
      return await told;
    } finally {
      underWay.delete(told);
    }
  };
}
