import type { Closing, CurrentWindow, Suppression } from "./suppression-window.ts";
import type { Count, Item, Reading } from "./table.ts";

// Attribute names, short since each is paid for in every item. `st` state, `r` rule id, `tm` terms, `fs`/`ls` first and
// last seen, `fid` finding id, `ev` trigger event, `ob` outbox, `att` attempts, `gp`/`gs` outbox index key, of which `gs`
// is the lease's end, `ex` TTL stamp, `pt` published at, `w` window in ms, `n` a counter's combinations. `r`, `tm` and
// `pt` are for people. The item of a rule's start has `r`, `fs` (since), `ls` (shown) and `w`, and that of a counter `r`, `n`, `fs`, `ls`, `ex`.
//
// Of suppression: `sk` the group's key, `sd` its duration in ms, `sm` the member, `sf` the fate; in a window `op` is the
// opener's id, `mb` the members; in a group's own item `op` and `en` are its window's opener and end.
//
// Up to 1,024 bytes an item costs one unit to write, so a new finding four: two writes, and two of the index.

/** A value in DynamoDB's JSON: bytes are in base64. */
export interface AttributeValue {
  readonly S?: string;
  readonly N?: string;
  readonly B?: string;
  readonly L?: readonly AttributeValue[];
  readonly SS?: readonly string[];
}

export type Attributes = Readonly<Record<string, AttributeValue>>;

export function mapped<T>(items: ReadonlyMap<string, Attributes>, to: (item: Attributes) => T): Map<string, T> {
  return new Map(Array.from(items, ([key, item]) => [key, to(item)]));
}

export function countOf(item: Attributes): Count {
  return { combinations: number(item["n"]), firstSeen: number(item["fs"]), lastSeen: number(item["ls"]) };
}

export function readingOf(item: Attributes): Reading {
  const state = stateOf(item);
  const seen = { firstSeen: number(item["fs"]), lastSeen: number(item["ls"]) };
  if (state !== "P") return { state, ...seen };
  const [leaseUntil, attempts] = [number(item["gs"]), number(item["att"])];
  return { state, ...seen, leaseUntil, attempts, triggerId: text(item["ev"]) };
}

export function toItem(item: Attributes): Item {
  const reading = readingOf(item);
  if (reading.state !== "P") return reading;
  return {
    ...reading,
    findingId: item["fid"]?.B === undefined ? text(item["fid"]) : bytes(item["fid"]).toString("hex"),
    outbox: bytes(item["ob"]),
    windowMs: number(item["w"]),
    ...(item["sk"] === undefined ? {} : { suppression: suppressionOf(item) }),
    ...(item["op"] === undefined ? {} : { closing: closingOf(item) }),
  };
}

function suppressionOf(item: Attributes): Suppression {
  const [group, member, fate] = [text(item["sk"]), text(item["sm"]), item["sf"]?.S];
  return { group, durationMs: number(item["sd"]), member, ...(fate === undefined ? {} : { fate }) };
}

export function suppressionChange({ fate }: Suppression): string {
  return `, #sk=:sk, #sd=:sd, #sm=:sm${fate === undefined ? "" : ", #sf=:sf"}`;
}

export function suppressionValues({ group, durationMs, member, fate }: Suppression): Attributes {
  return { ":sk": { S: group }, ":sd": toNumber(durationMs), ":sm": { S: member }, ":sf": { S: fate ?? "" } };
}

export function windowOf(item: Attributes): CurrentWindow {
  return { opener: text(item["op"]), end: number(item["en"]) };
}

function closingOf(item: Attributes): Closing {
  return { opener: text(item["op"]), end: number(item["ls"]), members: item["mb"]?.SS ?? [] };
}

/** Sixteen bytes for the 32 digits of an id. */
export function idOf(findingId: string): AttributeValue {
  const digits = Buffer.from(findingId, "hex");
  return digits.toString("hex") === findingId ? toBytes(digits) : { S: findingId };
}

function stateOf(item: Attributes): Item["state"] {
  const state = text(item["st"]);
  if (state !== "P" && state !== "D" && state !== "L") throw new Error(`history item in unknown state "${state}"`);
  return state;
}

export function text(value: AttributeValue | undefined): string {
  return value?.S ?? "";
}

export function number(value: AttributeValue | undefined): number {
  return Number(value?.N);
}

export function bytes(value: AttributeValue | undefined): Buffer {
  return Buffer.from(value?.B ?? "", "base64");
}

export function toBytes(value: Uint8Array): AttributeValue {
  return { B: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") };
}

export function toNumber(value: number): AttributeValue {
  return { N: String(value) };
}
