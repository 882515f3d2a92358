import { createWriteStream } from "node:fs";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { InputError } from "./input-error.ts";
import { partsOfS3 } from "./s3-url.ts";

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
  const { bucket: Bucket, prefix } = partsOfS3(url);
  if (Bucket === "") throw new InputError(`${url}: expected s3://BUCKET or s3://BUCKET/PREFIX`);
  const isElsewhere = Boolean(process.env["AWS_ENDPOINT_URL_S3"] || process.env["AWS_ENDPOINT_URL"]);
  const client = new S3Client({ ...LIMITS, followRegionRedirects: true, forcePathStyle: isElsewhere });
  const unread = (what: string, error: unknown) => {
    const { name, message } = error as Error;
    return new InputError(`${what} cannot be read: ${name}: ${message}`, { cause: error });
  };
  try {
    for await (const { key: Key, size } of listed(client, Bucket, prefix)) {
      if (size === 0) continue;
      const name = `s3://${Bucket}/${Key}`;
      yield {
        name,
        async save(path) {
          try {
            const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
            await pipeline(Body as Readable, createWriteStream(path, { mode: 0o600 }));
          } catch (error) {
            throw unread(name, error);
          }
        },
      };
    }
  } catch (error) {
    throw unread(url, error);
  } finally {
    client.destroy();
  }
}

/** The keys of a bucket that begin so, in their order, with their bytes. @throws Error of S3's */
export async function* listed(
  client: S3Client,
  Bucket: string,
  Prefix: string,
): AsyncGenerator<{ readonly key: string; readonly size: number }> {
  let ContinuationToken: string | undefined;
  do {
    const page = await client.send(new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken }));
    for (const { Key: key = "", Size: size = 0 } of page.Contents ?? []) yield { key, size };
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
}
