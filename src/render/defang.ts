import { inertCut } from "../finding/inert.ts";

/** Most UTF-16 units of one value. */
const VALUE_LENGTH = 240;

/**
 * An attacker's words in a mail of plain text: on one line, nothing hidden, no URL and no mail address. `http://x` is
 * `http[://]x` and `a@b` is `a[@]b`, as analysts write them. A bare name such as `evil.example` stays, as a file's does:
 * some mail programs make a link of it all the same.
 * @param limit UTF-16 units before addresses are taken apart
 */
export function defanged(value: string, limit = VALUE_LENGTH): string {
  return inertCut(value, limit)
    .replaceAll("://", "[://]")
    .replaceAll("@", "[@]")
    .replace(/\b(www|ftp)\./gi, "$1[.]")
    .replace(/(mailto|javascript|\btel):/gi, "$1[:]");
}
