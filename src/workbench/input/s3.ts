import { createWriteStream } from "node:fs";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { InputError } from "./input-error.ts";

/** An object of a bucket. */
export interface S3Object {
  /** `s3://BUCKET/KEY` */
  readonly name: string;
  /** @throws InputError */
  save(path: string): Promise<void>;
}

const LIMITS = {
  maxAttempts: 5,
  requestHandler: { connectionTimeout: 5000, requestTimeout: 60_000, throwOnRequestTimeout: true },
} as const;

/**
 * The objects whose key begins as a URL's does, in order of their keys: `s3://BUCKET/PREFIX`. Empty ones, such as the
 * folders that consoles make, are left out.
 * @throws InputError where the bucket cannot be listed
 */
export async function* s3Objects(url: string): AsyncGenerator<S3Object> {
  const { bucket: Bucket, prefix: Prefix } = partsOf(url);
  const isElsewhere = Boolean(process.env["AWS_ENDPOINT_URL_S3"] || process.env["AWS_ENDPOINT_URL"]);
  const client = new S3Client({ ...LIMITS, followRegionRedirects: true, forcePathStyle: isElsewhere });
  const ask = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      const { name, message } = error as Error;
      throw new InputError(`${what} cannot be read: ${name}: ${message}`, { cause: error });
    }
  };
  try {
    let ContinuationToken: string | undefined;
    do {
      const more = ContinuationToken === undefined ? {} : { ContinuationToken };
      const page = await ask(url, () => client.send(new ListObjectsV2Command({ Bucket, Prefix, ...more })));
      for (const { Key = "", Size = 0 } of page.Contents ?? []) {
        if (Size === 0) continue;
        const name = `s3://${Bucket}/${Key}`;
        yield {
          name,
          save: (path) =>
            ask(name, async () => {
              const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
              await pipeline(Body as Readable, createWriteStream(path, { mode: 0o600 }));
            }),
        };
      }
      ContinuationToken = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (ContinuationToken !== undefined);
  } finally {
    client.destroy();
  }
}

function partsOf(url: string): { readonly bucket: string; readonly prefix: string } {
  const rest = url.slice("s3://".length);
  const slash = rest.indexOf("/");
  const bucket = slash < 0 ? rest : rest.slice(0, slash);
  if (bucket === "") throw new InputError(`${url}: expected s3://BUCKET or s3://BUCKET/PREFIX`);
  return { bucket, prefix: slash < 0 ? "" : rest.slice(slash + 1) };
}
