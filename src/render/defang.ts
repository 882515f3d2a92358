import { inertCut } from "../finding/inert.ts";

/** Most UTF-16 units of one value. */
const VALUE_LENGTH = 240;

/**
 * An attacker's words in a mail of plain text: on one line, nothing hidden, and no address that a mail program would make
 * a link of. `http://x` is `http[://]x`, as analysts write it.
 * @param limit UTF-16 units before addresses are taken apart
 */
export function defanged(value: string, limit = VALUE_LENGTH): string {
  return inertCut(value, limit)
    .replaceAll("://", "[://]")
    .replace(/\b(www)\./gi, "$1[.]")
    .replace(/(mailto|javascript):/gi, "$1[:]");
}
