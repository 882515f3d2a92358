import { createHash } from "node:crypto";

/**
 * The Kinesis Producer Library packs many user records into one: a magic number, a protobuf message, and the MD5 of the
 * message. Lambda hands such a record over as it is.
 */
const MAGIC = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);
const MD5_LENGTH = 16;

// Field numbers of the aggregate, and of a record within it.
const RECORDS = 3;
const DATA = 3;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

export function isAggregate(bytes: Buffer): boolean {
  return bytes.length >= MAGIC.length + MD5_LENGTH && bytes.subarray(0, MAGIC.length).equals(MAGIC);
}

/**
 * The user records of an aggregate, in order, as views into its bytes.
 * @returns undefined where the bytes are no aggregate: no magic number, a wrong checksum, or no message behind them
 */
export function userRecords(bytes: Buffer): Buffer[] | undefined {
  if (!isAggregate(bytes)) return undefined;
  const message = bytes.subarray(MAGIC.length, bytes.length - MD5_LENGTH);
  const checksum = bytes.subarray(bytes.length - MD5_LENGTH);
  if (!createHash("md5").update(message).digest().equals(checksum)) return undefined;

  const records: Buffer[] = [];
  const whole = eachField(message, (field, content) => {
    if (field !== RECORDS) return true;
    let data: Buffer | undefined;
    const isRecord = eachField(content, (inner, value) => {
      if (inner === DATA) data = value;
      return true;
    });
    if (!isRecord || data === undefined) return false;
    records.push(data);
    return true;
  });
  return whole ? records : undefined;
}

/** Walks a protobuf message, handing out its length-delimited fields. False where it is malformed or `visit` says so. */
function eachField(message: Buffer, visit: (field: number, content: Buffer) => boolean): boolean {
  let at = 0;
  while (at < message.length) {
    const tag = varint(message, at);
    if (tag === undefined) return false;
    at = tag.end;
    const wireType = tag.value % 8;
    if (wireType === LENGTH_DELIMITED) {
      const length = varint(message, at);
      if (length === undefined || length.end + length.value > message.length) return false;
      at = length.end + length.value;
      if (!visit(Math.floor(tag.value / 8), message.subarray(length.end, at))) return false;
    } else {
      const end =
        wireType === VARINT
          ? varint(message, at)?.end
          : wireType === FIXED64
            ? at + 8
            : wireType === FIXED32
              ? at + 4
              : undefined;
      if (end === undefined || end > message.length) return false;
      at = end;
    }
  }
  return true;
}

/** Seven bytes at most: lengths and tags beyond 2^49 are no lengths. */
const MAX_VARINT = 7;

function varint(bytes: Buffer, from: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let index = 0; index < MAX_VARINT; index++) {
    const byte = bytes[from + index];
    if (byte === undefined) return undefined;
    value += (byte % 128) * 2 ** (7 * index);
    if (byte < 128) return { value, end: from + index + 1 };
  }
  return undefined;
}
