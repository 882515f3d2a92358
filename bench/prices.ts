/** What a number of new findings took, as it is billed. */
interface Bill {
  readonly findings: number;
  readonly writeUnits: number;
  readonly readUnits: number;
  /** To the topic, each 64 KB begun. */
  readonly publications: number;
  /** Of the function. */
  readonly seconds: number;
}

/** List prices in us-east-1, dollars: on-demand units as of November 2024, when they were halved; the others of 2025. */
const PRICES = {
  writeUnit: 0.625e-6,
  readUnit: 0.125e-6,
  publication: 0.5e-6,
  /** A second of a function on arm64 with 1,769 MB. */
  second: 0.0000133334 * (1769 / 1024),
} as const;

const MILLION = 1_000_000;

/** Stream, logs and storage are not in it: they cost the same, whatever is found. */
export function dollarsPerMillion(bill: Bill): { readonly sum: number; readonly detail: string } {
  const of = (amount: number, price: number) => ((amount * price) / bill.findings) * MILLION;
  const parts = {
    writing: of(bill.writeUnits, PRICES.writeUnit),
    reading: of(bill.readUnits, PRICES.readUnit),
    publishing: of(bill.publications, PRICES.publication),
    computing: of(bill.seconds, PRICES.second),
  };
  return {
    sum: Object.values(parts).reduce((sum, each) => sum + each, 0),
    detail: Object.entries(parts)
      .map(([name, dollars]) => `${name} ${dollars.toFixed(2)}`)
      .join(", "),
  };
}
