const STEPS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
] as const;

/** `4 h`, `12 min`: so many ms in their largest unit, rounded down. */
export function ageText(ms: number): string {
  const [unit, length] = STEPS.find(([, each]) => ms >= each) ?? ["s", 1000];
  return `${Math.max(0, Math.floor(ms / length))} ${unit}`;
}

/** `2026-11-27 00:04 UTC, 12 min ago`. */
export function sinceText(at: Date, now: number): string {
  return `${minuteText(at)}, ${ageText(now - at.getTime())} ago`;
}

/** `2026-11-27 00:04 UTC`. */
export function minuteText(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
