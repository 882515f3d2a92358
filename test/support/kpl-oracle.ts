import { createRequire } from "node:module";

/** AWS's own library, by hand-written types: the ones it brings need a package that is not here. */
interface KinesisAgg {
  aggregate(
    records: readonly { readonly partitionKey: string; readonly data: string | Buffer }[],
    onRecord: (record: { readonly data: Buffer }, done: (error?: Error) => void) => void,
    onDone: () => void,
    onError: (error: Error) => void,
  ): void;
  deaggregateSync(
    payload: { readonly partitionKey: string; readonly sequenceNumber: string; readonly data: string },
    computeChecksums: boolean,
    onDone: (error: Error | null, records?: readonly { readonly data: string }[]) => void,
  ): void;
}

const library = createRequire(import.meta.url)("aws-kinesis-agg") as KinesisAgg;

export function oracleAggregate(records: readonly Buffer[]): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const aggregates: Buffer[] = [];
    library.aggregate(
      records.map((data) => ({ partitionKey: "key", data })),
      ({ data }, done) => {
        aggregates.push(Buffer.from(data));
        done();
      },
      () => resolve(aggregates),
      reject,
    );
  });
}

export function oracleRecords(aggregate: Buffer): Promise<Buffer[]> {
  const payload = { partitionKey: "key", sequenceNumber: "1", data: aggregate.toString("base64") };
  return new Promise((resolve, reject) => {
    library.deaggregateSync(payload, true, (error, records = []) => {
      if (error) reject(error);
      else resolve(records.map(({ data }) => Buffer.from(data, "base64")));
    });
  });
}
