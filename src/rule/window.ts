const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  H: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * How many milliseconds before now a date-math expression such as `now-7d` lies, or undefined where it is none of that
 * form. Months and years have no fixed length, and an absolute date would make a window that grows.
 */
export function beforeNow(dateMath: string): number | undefined {
  const parts = /^now-(\d{1,6})([smhHdw])$/.exec(dateMath.trim());
  const unit = UNIT_MS[parts?.[2] ?? ""];
  return parts === null || unit === undefined ? undefined : Number(parts[1]) * unit;
}
