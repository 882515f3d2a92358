import { deflateRawSync, gunzipSync, inflateRawSync } from "node:zlib";
import { DICTIONARY_1 } from "./dictionary.ts";

/** The first byte of what pack makes: which dictionary it was made with. No gzip begins so. */
const VERSION_1 = 1;
const GZIP = 0x1f;
/** A finding is small: with less to make ready it takes a fifth less time, and as many bytes. */
const MEMORY_LEVEL = 5;

/** A text as the history stores it: a version, and raw deflate with that version's dictionary. */
export function pack(text: string): Uint8Array {
  const deflated = deflateRawSync(text, { dictionary: DICTIONARY_1, memLevel: MEMORY_LEVEL });
  return Buffer.concat([Buffer.of(VERSION_1), deflated]);
}

/**
 * What was packed, or compressed by gzip, as it was stored before there was a dictionary.
 * @param limit most bytes of the text
 * @throws Error where it is neither, or of a version that this code does not know
 */
export function unpack(packed: Uint8Array, limit: number): string {
  const options = { maxOutputLength: limit };
  switch (packed[0]) {
    case VERSION_1:
      return inflateRawSync(packed.subarray(1), { ...options, dictionary: DICTIONARY_1 }).toString("utf8");
    case GZIP:
      return gunzipSync(packed, options).toString("utf8");
    default:
      throw new Error(`stored in a form that is not known: ${packed[0]}`);
  }
}
