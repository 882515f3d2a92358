import { createHash } from "node:crypto";

const MAGIC = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);

/** Packs user records as the Kinesis Producer Library does, all under one partition key. */
export function kplAggregate(partitionKey: string, records: readonly Buffer[]): Buffer {
  const message = Buffer.concat([
    field(1, Buffer.from(partitionKey)),
    ...records.map((data) => field(3, Buffer.concat([Buffer.from([0x08, 0x00]), field(3, data)]))),
  ]);
  return Buffer.concat([MAGIC, message, createHash("md5").update(message).digest()]);
}

/** A length-delimited protobuf field. */
function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([number * 8 + 2]), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
