/**
 * Limits the SDK does not have by itself: without `throwOnRequestTimeout` a request that takes too long is only warned
 * about, and a server that never answers is waited for without end. Three attempts of two seconds leave an invocation
 * time to report what it could not decide.
 */
export const LIMITS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true },
} as const;
