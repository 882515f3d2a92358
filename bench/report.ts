import { loadavg } from "node:os";

/** One measured ratio, and what it should be. */
export interface Row {
  readonly what: string;
  /** Of the least times. */
  readonly measured: number;
  /** The same of the median times, where both were taken. */
  readonly median?: number;
  readonly unit: string;
  /** The bound, and whether it is a least or a most; a row without one is told, not judged. */
  readonly target?: { readonly atLeast: number } | { readonly atMost: number };
  readonly detail?: string;
  /** Why the bound was never reached, and what was tried: such a row is missed, and no regression. */
  readonly missedSince?: string;
  /** Where the time goes, by function: of a row that is missed. */
  readonly profile?: readonly string[];
}

export function isMet({ measured, target }: Row): boolean {
  if (target === undefined) return true;
  return "atLeast" in target ? measured >= target.atLeast : measured <= target.atMost;
}

/** Missed by more than noise: half of what is asked for. CI fails on it. */
export function isGross({ measured, target, missedSince }: Row): boolean {
  if (target === undefined || missedSince !== undefined) return false;
  return "atLeast" in target ? measured < target.atLeast / 2 : measured > target.atMost * 2;
}

export function printTable(title: string, rows: readonly Row[]): void {
  console.log(`\n${title}   (load ${loadavg()[0]?.toFixed(2)})`);
  const width = Math.max(...rows.map(({ what }) => what.length));
  for (const row of rows) {
    const value = `${round(row.measured)} ${row.unit}`.padStart(14);
    const median = (row.median === undefined ? "" : `median ${round(row.median)}`).padEnd(12);
    console.log(`  ${row.what.padEnd(width)} ${value}  ${median} ${verdict(row)} ${row.detail ?? ""}`.trimEnd());
    if (row.missedSince !== undefined && !isMet(row)) console.log(`    missed, since ${row.missedSince}`);
    for (const line of row.profile ?? []) console.log(`      ${line}`);
  }
}

function verdict(row: Row): string {
  if (row.target === undefined) return "".padEnd(22);
  const bound = "atLeast" in row.target ? `at least ${row.target.atLeast}` : `at most ${row.target.atMost}`;
  return `${bound}: ${isMet(row) ? "met" : "MISSED"}`.padEnd(22);
}

function round(value: number): string {
  return Number.isInteger(value) || Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
