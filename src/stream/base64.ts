import type { StreamRecord } from "./record.ts";

/**
 * A delivery's base64. Where it is broken, which no real delivery's is, `broken` is true and the bytes are the text's own:
 * Buffer.from never throws, but skips what is not base64 and cuts what is short.
 */
export function decodeBase64(data: string): Pick<StreamRecord, "bytes" | "broken"> {
  const bytes = Buffer.from(data, "base64");
  return bytes.length === decodedLength(data) ? { bytes } : { bytes: Buffer.from(data), broken: true };
}

function decodedLength(base64: string): number {
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  return base64.length % 4 === 0 ? (base64.length / 4) * 3 - padding : -1;
}
