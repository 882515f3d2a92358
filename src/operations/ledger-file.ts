import { readFileSync, statSync } from "node:fs";
import { emptyLedger } from "../detect/ledger.ts";
import { isObject, type JsonObject, type JsonValue } from "../ecs/json.ts";
import type { Counts, Windows } from "./prices.ts";

/** The counts of a run, and what else its file says of it. */
export interface LedgerFile {
  readonly counts: Counts;
  /** More than none. */
  readonly seconds?: number;
  /** Of a record, in the mean. */
  readonly recordBytes?: number;
  readonly invocations?: number;
  /** Of alert suppression: a replay knows them. */
  readonly windows?: Windows;
}

/** A ledger that cannot be read: where, what, and what it should be. */
export class LedgerError extends Error {}

const COUNTED = Object.keys(emptyLedger()) as readonly (keyof Counts)[];

const EXPECTED =
  "expected what `npm start -- --ledger FILE` writes, lines of metrics as `npm run invoke` prints them, or `replay --json`";

/** Below it no run is meant, and sums of money would have no end. */
const LEAST_S = 1e-3;

/** Lines of metrics of a busy day. */
const MOST_BYTES = 256 * 1024 * 1024;

/**
 * Reads a file of counts: a ledger, the metrics lines of functions (of which others around them are passed over), or
 * the result of a replay.
 * @throws LedgerError; of the system, where there is no such file
 */
export function readLedgerFile(path: string): LedgerFile {
  const about = statSync(path);
  // A device or a pipe has no size, and may have no end.
  if (!about.isFile()) throw new LedgerError(`${path} is no file; ${EXPECTED}`);
  if (about.size > MOST_BYTES) throw new LedgerError(`${path} is larger than 256 MB; ${EXPECTED}`);
  const text = readFileSync(path, "utf8");
  const whole = objectIn(text);
  if (whole !== undefined && !("_aws" in whole)) {
    if ("rules" in whole && "findings" in whole) return ofReplay(path, whole);
    if ("records" in whole) return ofLedger(path, whole);
  }
  const lines = text.split("\n").flatMap((line) => {
    const value = line.includes('"_aws"') ? objectIn(line.slice(line.indexOf("{"))) : undefined;
    return value !== undefined && "_aws" in value && "records" in value ? [value] : [];
  });
  if (lines.length === 0) throw new LedgerError(`${path} holds no ledger; ${EXPECTED}`);
  const sum = emptyLedger();
  for (const line of lines) {
    for (const name of COUNTED) sum[name] += countIn(path, line, name);
  }
  return { counts: sum, invocations: lines.length };
}

function ofLedger(path: string, ledger: JsonObject): LedgerFile {
  const counts = emptyLedger();
  for (const name of COUNTED) counts[name] = countIn(path, ledger, name);
  const [seconds, bytes] = [countIn(path, ledger, "seconds"), countIn(path, ledger, "recordBytes")];
  if (seconds < LEAST_S && Object.hasOwn(ledger, "seconds"))
    throw new LedgerError(`${path}: seconds is ${seconds}; expected the time that its counts are of, over 0`);
  return {
    counts,
    ...(seconds > 0 ? { seconds } : {}),
    ...(bytes > 0 && counts.records > 0 ? { recordBytes: bytes / counts.records } : {}),
    ...("invocations" in ledger ? { invocations: countIn(path, ledger, "invocations") } : {}),
  };
}

/** A line of a replay stands for a record, since its file does not say how they were packed. */
function ofReplay(path: string, result: JsonObject): LedgerFile {
  if (!Array.isArray(result["rules"])) throw new LedgerError(`${path}: rules is no list; ${EXPECTED}`);
  const rules = result["rules"].filter(isObject);
  const sum = (name: string) => rules.reduce((total, rule) => total + countIn(path, rule, name), 0);
  const [events, quarantined] = [countIn(path, result, "events"), countIn(path, result, "rejected")];
  const [combinations, found, learned] = [sum("sightings"), sum("findings"), sum("learned")];
  const suppressing = rules.flatMap((rule) => suppressionIn(path, rule));
  const sumOf = (name: keyof Suppressing) => suppressing.reduce((total, each) => total + each[name], 0);
  const suppressed = sumOf("suppressed");
  const seconds = (timeIn(path, result, "to") - timeIn(path, result, "from")) / 1000;
  if (seconds < 0) throw new LedgerError(`${path}: from is after to`);
  return {
    counts: {
      ...emptyLedger(),
      records: countIn(path, result, "lines"),
      documents: events + quarantined,
      quarantined,
      combinations,
      known: Math.max(0, combinations - found - suppressed - learned),
      new: found + suppressed,
      learned,
      published: found,
      suppressed,
    },
    ...(suppressing.length === 0 ? {} : { windows: { opened: sumOf("opened"), closings: sumOf("closings") } }),
    ...(seconds > 0 ? { seconds } : {}),
  };
}

interface Suppressing extends Windows {
  readonly suppressed: number;
}

/** Of a rule of a replay that suppressed something: each of its findings is taken to have opened a window. */
function suppressionIn(path: string, rule: JsonObject): Suppressing[] {
  const suppression = Object.hasOwn(rule, "suppression") ? rule["suppression"] : undefined;
  if (suppression === undefined) return [];
  if (!isObject(suppression)) throw new LedgerError(`${path}: suppression is no object; ${EXPECTED}`);
  const [suppressed, closings] = [countIn(path, suppression, "suppressed"), countIn(path, suppression, "closings")];
  return [{ opened: countIn(path, rule, "findings"), closings, suppressed }];
}

function objectIn(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as JsonValue;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A count that is left out is none. */
function countIn(path: string, object: JsonObject, name: string): number {
  const value = Object.hasOwn(object, name) ? object[name] : 0;
  if (typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER) return value;
  // An object may be nested deeper than it could be spelled.
  const what = typeof value === "object" && value !== null ? "no number" : JSON.stringify(value)?.slice(0, 40);
  throw new LedgerError(`${path}: ${name} is ${what}; a count is a number from 0 on`);
}

function timeIn(path: string, object: JsonObject, name: string): number {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  if (value === undefined) return 0;
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) throw new LedgerError(`${path}: ${name} is no time`);
  return time;
}
