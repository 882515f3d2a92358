import { DeleteObjectCommand, GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { InputError } from "../workbench/input/input-error.ts";
import { listed } from "../workbench/input/s3.ts";
import { partsOfS3 } from "../workbench/input/s3-url.ts";
import { LIMITS } from "./clients.ts";

/** An object of a bucket, by its address `s3://BUCKET/KEY`. */
export interface StoredObject {
  readonly address: string;
  /** @throws InputError where it is more than any failed batch can be */
  read(): Promise<string>;
  remove(): Promise<void>;
}

/** A delivery has 6 MB, and is text in JSON. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * The object of an address, or else all below it.
 * @throws InputError where there is none
 */
export async function* objectsAt(address: string): AsyncGenerator<StoredObject> {
  const client = new S3Client(LIMITS);
  const { bucket: Bucket, prefix } = partsOfS3(address);
  if (Bucket === "") throw new InputError(`${address}: expected s3://BUCKET/KEY or s3://BUCKET/PREFIX`);

  const object = (Key: string): StoredObject => ({
    address: `s3://${Bucket}/${Key}`,
    async read() {
      const { Body, ContentLength = 0 } = await client.send(new GetObjectCommand({ Bucket, Key }));
      if (ContentLength <= MAX_BYTES) return (await Body?.transformToString()) ?? "";
      throw new InputError(`${ContentLength} bytes: more than a failed batch can have`);
    },
    async remove() {
      await client.send(new DeleteObjectCommand({ Bucket, Key }));
    },
  });

  let count = 0;
  for await (const { key } of listed(client, Bucket, prefix)) {
    count++;
    yield object(key);
    if (key === prefix) return;
  }
  if (count === 0) throw new InputError(`${address}: there is no such object, nor any below it`);
}
