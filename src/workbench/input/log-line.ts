/** A line of a log group that was exported to S3, or that `aws logs tail` prints: a time, and the message behind it. */
export interface LogLine {
  /** Epoch ms. */
  readonly arrival: number;
  readonly message: string;
}

/** The longest time there is, as in `2026-01-01T00:00:00.000000+00:00`, has 32 characters. */
const TIME_WITHIN = 40;

export function logLineOf(line: Buffer): LogLine | undefined {
  const space = line.subarray(0, TIME_WITHIN).indexOf(32);
  const brace = line.indexOf(123);
  if (space < 0 || brace < 0 || line[4] !== 45) return undefined;
  const arrival = Date.parse(line.toString("latin1", 0, space));
  // `aws logs tail` has the name of the log stream between them.
  const between = line.subarray(space, brace).toString().trim();
  if (Number.isNaN(arrival) || between.includes(" ")) return undefined;
  return { arrival, message: line.subarray(brace).toString() };
}
