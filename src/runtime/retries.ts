/** Tries of a request that failed otherwise than by throttling. */
const ATTEMPTS = 3;
const FIRST_MS = 10;
const LONGEST_MS = 400;

const THROTTLED = new Set(["ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"]);

/** What a failed request says of itself; `status` is HTTP's, and missing where no answer came. */
interface Failure extends Error {
  readonly status?: number;
}

/**
 * How often a table is asked again. What is throttled is tried as long as there is time: it has its place in the queue
 * of requests meanwhile, so that a table with too much to do is asked less. The SDK's own way gives up after three tries,
 * and pays for them from a purse that a storm empties.
 * @param mayRetry false once too little of the invocation's time is left
 */
export async function retried<T>(request: () => Promise<T>, mayRetry: () => boolean): Promise<T> {
  for (let count = 1; ; count++) {
    try {
      return await request();
    } catch (error) {
      const { name, status } = error as Failure;
      const isTransient = status === undefined ? name !== "AbortError" : status >= 500;
      if (!mayRetry() || !(THROTTLED.has(name) || (isTransient && count < ATTEMPTS))) throw error;
      await pause(Math.random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** count));
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
