/** Of the AWS clients at a desk: patient enough for a long poll and a slow line, and not without end. */
export const CLIENT = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
} as const;
