/** Tries of a request that failed otherwise than by throttling. */
const ATTEMPTS = 3;
const FIRST_MS = 10;
const LONGEST_MS = 400;

/** What the SDK asks before each try: how many there were, and how long to wait, ms. */
interface Token {
  getRetryCount(): number;
  getRetryDelay(): number;
}

interface Retries {
  acquireInitialRetryToken(): Promise<Token>;
  /** @throws Error where the request is not to be tried again */
  refreshRetryTokenForRetry(before: Token, failure: { readonly errorType: string }): Promise<Token>;
  recordSuccess(): void;
}

/**
 * How often a table is asked again. What is throttled is tried as long as there is time: it has its place in the queue
 * of requests meanwhile, so that a table with too much to do is asked less. The SDK's own way gives up after three tries,
 * and pays for them from a purse that a storm empties.
 * @param mayRetry false once too little of the invocation's time is left
 */
export function tableRetries(mayRetry: () => boolean): Retries {
  return {
    acquireInitialRetryToken: async () => token(0, 0),
    async refreshRetryTokenForRetry(before: Token, { errorType }: { readonly errorType: string }) {
      const count = before.getRetryCount() + 1;
      const isThrottled = errorType === "THROTTLING";
      const isTransient = errorType === "TRANSIENT" || errorType === "SERVER_ERROR";
      if (!mayRetry() || !(isThrottled || (isTransient && count < ATTEMPTS))) throw new Error("not to be tried again");
      return token(count, Math.random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** count));
    },
    recordSuccess() {},
  };
}

function token(count: number, delay: number): Token {
  return { getRetryCount: () => count, getRetryDelay: () => delay };
}
