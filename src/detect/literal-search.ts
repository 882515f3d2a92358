import type { Stretch } from "../stream/delivery.ts";

/**
 * The bytes of events, most frequent first: measured over events of Elastic Defend, Sysmon, auditd and AWS. What is not
 * among them is rarer still.
 */
const FREQUENT = '"et:asnoir,0dc.12lmpu-\\34f8_65g{}9vb7yw hASETkx/';

const RARITY = new Uint8Array(256).fill(FREQUENT.length);
for (let rank = 0; rank < FREQUENT.length; rank++) RARITY[FREQUENT.charCodeAt(rank)] = rank;

/** How seldom a byte stands in events: 0 is the most frequent one. */
export function byteRarity(byte: number): number {
  return RARITY[byte] as number;
}

/** Up to so many bytes are sought by the first of them, many at a time; more are stepped through. */
const MAX_SOUGHT = 7;
const MIN_SOUGHT = 5;

export type Mark = (records: Stretch, marks: boolean[]) => void;

/**
 * Marks the records that hold a literal, once each: what an attacker repeats is not found again.
 * @param isMeant looks at what was found, from its start on
 */
export function marker(literal: string, isMeant?: (bytes: Buffer, start: number) => boolean): Mark {
  const from = rarestStart(literal);
  const sought = Buffer.from(literal.slice(from, from + MAX_SOUGHT));
  const whole = Buffer.from(literal);
  return ({ bytes, ends }, marks) => {
    let record = 0;
    for (let at = bytes.indexOf(sought); at >= 0; ) {
      while (at >= (ends[record] ?? bytes.length)) record++;
      marks[record] ||= holds(bytes, at - from, whole) && (isMeant === undefined || isMeant(bytes, at - from));
      at = marks[record] === true ? bytes.indexOf(sought, ends[record] ?? bytes.length) : nextOf(bytes, sought, at + 1);
    }
  };
}

/** Bytes that are looked at one by one: what an attacker repeats is that near, and a call of indexOf costs as much as all of them. */
const NEAR = 64;

/** Where a text is sought next, behind a place that was not quite it. */
function nextOf(bytes: Buffer, sought: Buffer, from: number): number {
  const near = Math.min(from + NEAR, bytes.length);
  for (let at = from; at < near; at++) if (standsAt(bytes, sought, at)) return at;
  return bytes.indexOf(sought, near);
}

function standsAt(bytes: Buffer, text: Buffer, at: number): boolean {
  for (let index = 0; index < text.length; index++) if (bytes[at + index] !== text[index]) return false;
  return true;
}

function holds(bytes: Buffer, start: number, whole: Buffer): boolean {
  const end = start + whole.length;
  return start >= 0 && end <= bytes.length && standsAt(bytes, whole, start);
}

/** Where in a literal to begin: at the byte that stops the search least, if enough is left to tell. */
function rarestStart(literal: string): number {
  const rarity = (start: number) => byteRarity(literal.charCodeAt(start));
  const starts = Array.from({ length: Math.max(1, literal.length - MIN_SOUGHT + 1) }, (_, start) => start);
  return starts.toSorted((a, b) => rarity(b) - rarity(a))[0] ?? 0;
}
