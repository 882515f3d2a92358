/**
 * What one record may cost. A few bytes can promise millions of anything; a record that asks for more than its own is put
 * away whole, and its neighbours never pay.
 */
export interface Budget {
  /** Documents, parts of an aggregate and log events of an envelope, together: each rule looks at each. */
  readonly documents: number;
  /** Documents that cannot become events, put away one by one. */
  readonly rejected: number;
  /** Bytes that it may come to when inflated, all its parts together. */
  readonly inflatedBytes: number;
  /** Distinct combinations of new_terms values: each may be a write and a finding. */
  readonly combinations: number;
  /** Of reading it and asking the rules. */
  readonly milliseconds: number;
}

export const RECORD_BUDGET: Budget = {
  documents: 200_000,
  rejected: 100,
  inflatedBytes: 20 * 1024 * 1024,
  combinations: 2_000,
  milliseconds: 1_000,
};

/** For a record that an operator puts through again, at a desk with time. */
export const REDRIVE_BUDGET: Budget = {
  documents: 5_000_000,
  rejected: 10_000,
  inflatedBytes: 256 * 1024 * 1024,
  combinations: 1_000_000,
  milliseconds: 600_000,
};

/** What is left of a budget while the record is read. */
export type Allowance = { -readonly [Name in keyof Budget]: number };
