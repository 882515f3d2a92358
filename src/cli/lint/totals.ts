import type { Check } from "../../rule/advice/check.ts";

/** How many rules there are of each kind. */
export interface Totals {
  readonly ok: number;
  readonly refused: number;
  readonly disabled: number;
  /** Rules with a warning, whatever else they are. */
  readonly warned: number;
}

export function totalsOf(checks: readonly Check[]): Totals {
  const count = (status: Check["status"]) => checks.filter((check) => check.status === status).length;
  const warned = checks.filter(({ problems }) => problems.some(({ severity }) => severity === "warning")).length;
  return { ok: count("ok"), refused: count("refused"), disabled: count("disabled"), warned };
}

export function totalLine({ ok, refused, disabled, warned }: Totals): string {
  const off = disabled === 0 ? "" : `${disabled} disabled, `;
  return `${ok} ok, ${refused} refused, ${off}${warned} with warnings`;
}
