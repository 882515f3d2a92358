import { gunzipSync, gzipSync } from "node:zlib";
import type { Finding } from "./document.ts";
import { trimFinding } from "./trim.ts";

/** Largest message body, UTF-8 bytes: well under SNS's 256 KiB, which attributes share. */
export const BODY_LIMIT = 200 * 1024;
/** Largest stored finding, compressed: a new combination pays a write unit for each KiB, twice. */
const OUTBOX_LIMIT = 32 * 1024;

/** A finding as the history stores it: its one and only body, compressed. */
export function sealFinding(finding: Finding): Uint8Array {
  let sealed: Uint8Array = new Uint8Array();
  trimFinding(finding, (candidate) => {
    const body = Buffer.from(JSON.stringify(candidate));
    if (body.length > BODY_LIMIT) return false;
    sealed = gzipSync(body);
    return sealed.length <= OUTBOX_LIMIT;
  });
  // Only the rule itself can be this large, and a rule is the operator's own.
  if (sealed.length === 0) throw new Error(`a finding over ${BODY_LIMIT} bytes could not be made to fit`);
  return sealed;
}

/** The body to publish, byte for byte what was sealed. */
export function openFinding(sealed: Uint8Array): string {
  return gunzipSync(sealed, { maxOutputLength: BODY_LIMIT }).toString("utf8");
}
