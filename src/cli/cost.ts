import { styleText } from "node:util";
import { inert, inertJson } from "../finding/inert.ts";
import { LedgerError, type LedgerFile, readLedgerFile } from "../operations/ledger-file.ts";
import {
  ASSUMED,
  type Bill,
  bill,
  PRICE_LIST,
  type Traffic,
  UNCHECKED,
  type Usage,
  usageOf,
  type WorstDay,
  worstDay,
} from "../operations/prices.ts";
import { InputError } from "../workbench/input/input-error.ts";
import { askStack, STAGE_OPTION, stackNameFrom } from "./stage.ts";
import { EXIT, type Given, textOf, UsageError, type Verb } from "./verb.ts";

const DAY_S = 86_400;
const DEFAULT_DAYS = 7;
const LIMIT_MS = 30_000;

export const cost: Verb = {
  name: "cost",
  summary: "dollars a month by service, of a run's ledger or of a deployed stage, and of the worst day under attack",
  takes: "[FILE]",
  isWithoutEvents: true,
  options: {
    stage: { ...STAGE_OPTION, help: "the stage that is deployed, instead of FILE" },
    days: {
      type: "string",
      value: "N",
      help: `with --stage: how many of the last days to count; by default ${DEFAULT_DAYS}`,
    },
    seconds: { type: "string", value: "N", help: "with FILE: the time that its counts are of; by default a day" },
    shards: { type: "string", value: "N", help: "shards of the stream, or on-demand; by default 1" },
    "max-write-units": {
      type: "string",
      value: "N",
      help: "the table's limit a second, and its index's; by default none",
    },
    counters: { type: "boolean", help: "with FILE: as with `history: { counters: true }`" },
    json: { type: "boolean", help: "one JSON document" },
  },
  examples: [
    ["cost ledger.json --seconds 3600", "of what `npm start -- --ledger ledger.json` counted, as an hour's"],
    ["cost --stage prod --days 30", "of what the deployed stage used"],
  ],

  async run(given, out) {
    const [path, ...more] = given.paths;
    if (more.length > 0 || (path === undefined) === (textOf(given, "stage") === undefined)) {
      throw new UsageError("it takes one FILE with a ledger, or --stage NAME of what is deployed");
    }
    const shards = shardsOf(given);
    const maxWriteUnits = numberOf(given, "max-write-units", "units a second");
    const source =
      path === undefined ? await ofStage(given, shards) : { unknown: [], ...ofFile(given, readFile(path), shards) };
    const { counters, suppresses } = source;
    const month = bill(source.usage);
    const readers = shards === "on-demand" ? ASSUMED.onDemandShards : shards;
    const worst = worstDay(readers, { maxWriteUnits, counters, suppresses });
    const result = {
      prices: PRICE_LIST,
      month,
      assumed: source.assumed,
      unknown: source.unknown,
      unchecked: UNCHECKED,
      worstDay: worst,
    };
    if (given.options["json"] === true) out.print(inertJson(result));
    else for (const line of linesOf(result)) out.print(line);
    return EXIT.fine;
  },
};

interface Source {
  readonly usage: Usage;
  /** In words: what is in the figures and was not counted. */
  readonly assumed: readonly string[];
  readonly unknown: readonly string[];
  readonly counters: boolean;
  /** Whether rules suppress. */
  readonly suppresses: boolean;
}

function readFile(path: string): LedgerFile {
  try {
    return readLedgerFile(path);
  } catch (error) {
    if (error instanceof LedgerError) throw new InputError(error.message, { cause: error });
    throw error;
  }
}

function ofFile(given: Given, file: LedgerFile, shards: Traffic["shards"]): Omit<Source, "unknown"> {
  if (textOf(given, "days") !== undefined) throw new UsageError("--days is of --stage: --seconds says what FILE is of");
  const said = numberOf(given, "seconds", "seconds");
  const seconds = said ?? file.seconds ?? DAY_S;
  const { counts, recordBytes, invocations, windows } = file;
  const counters = given.options["counters"] === true;
  const suppresses = windows !== undefined || counts.suppressed > 0;
  const usage = usageOf({
    counts,
    seconds,
    shards,
    ...(recordBytes === undefined ? {} : { recordBytes }),
    ...(invocations === undefined ? {} : { invocations }),
    counters,
    ...(windows === undefined ? {} : { windows }),
  });
  const assumed = [
    ...(said === undefined && file.seconds === undefined ? ["the counts are of a day (--seconds)"] : []),
    ...shardsAssumed(given),
    ...(recordBytes === undefined ? [`a record has ${ASSUMED.recordBytes} bytes`] : []),
    ...(invocations === undefined ? ["each shard's records come in one batch a second, of 1,000 at most"] : []),
    `a document takes ${ASSUMED.documentSeconds * 1e6} µs, a look at a record ${ASSUMED.lookSeconds * 1e6}, an invocation ${ASSUMED.invocationSeconds * 1e3} ms besides`,
    counters
      ? `each new combination adds to counters of ${ASSUMED.countedFields} fields, each by itself`
      : "values are not counted (--counters)",
    ...(suppresses ? suppressionAssumed(file) : []),
    `${ASSUMED.refreshed * 100} % of known combinations are refreshed`,
    `a finding has ${ASSUMED.findingBytes} bytes, and is kept for a month`,
    `${ASSUMED.metrics} metrics, ${ASSUMED.alarms} alarms, one key, a canary each five minutes`,
  ];
  return { usage, assumed, counters, suppresses };
}

function suppressionAssumed({ windows }: LedgerFile): string[] {
  const lists =
    windows === undefined
      ? `a window of suppression lists ${ASSUMED.windowMembers} findings, and there is none that lists nothing; `
      : "";
  return [
    `${lists}each suppressed finding is put into its window by itself`,
    "on the worst day each finding opens a window of its own",
  ];
}

async function ofStage(given: Given, shards: Traffic["shards"]): Promise<Source> {
  if (textOf(given, "seconds") !== undefined) {
    throw new UsageError("--seconds is of FILE: --days says what --stage is asked for");
  }
  const days = numberOf(given, "days", "days") ?? DEFAULT_DAYS;
  if (!Number.isInteger(days) || days > 60) throw new UsageError("--days is a whole number from 1 to 60");
  const stackName = stackNameFrom(given);
  const { deployedUsage } = await import("../operations/deployed-usage.ts");
  const { stackOf } = await import("../operations/stack.ts");
  if (given.options["counters"] === true)
    throw new UsageError("--counters is of FILE: what a stage counts is in its metrics");
  const { usage, unknown, counters } = await askStack(async (clients) =>
    deployedUsage(clients, await stackOf(clients, stackName, LIMIT_MS), { days, shards, limitMs: LIMIT_MS }),
  );
  const assumed = [
    `the month goes on as the last ${days} days`,
    ...shardsAssumed(given),
    "memory of the functions as serverless.yml has it; a schedule rings each five minutes; what is delivered to S3 is kept for a month",
    "each message of a queue is sent, received and deleted by itself",
    "on the worst day no rule suppresses",
  ];
  return { usage, assumed, unknown, counters, suppresses: false };
}

function shardsAssumed(given: Given): string[] {
  return textOf(given, "shards") === undefined ? ["the stream has one shard (--shards)"] : [];
}

function shardsOf(given: Given): Traffic["shards"] {
  if (textOf(given, "shards") === "on-demand") return "on-demand";
  const shards = numberOf(given, "shards", "shards, or on-demand") ?? 1;
  if (!Number.isInteger(shards)) throw new UsageError("--shards is a whole number, or on-demand");
  return shards;
}

/** @throws UsageError where it is no number over 0 */
/** Beyond these no month is meant, and sums of money would have no end. */
const LEAST = 1e-3;
const MOST = 1e12;

function numberOf(given: Given, name: string, unit: string): number | undefined {
  const text = textOf(given, name);
  if (text === undefined) return undefined;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (value >= LEAST && value <= MOST) return value;
  throw new UsageError(`--${name} is a number of ${unit}, over 0, and "${text}" is none`);
}

interface Result {
  readonly month: Bill;
  readonly assumed: readonly string[];
  readonly unknown: readonly string[];
  readonly worstDay: WorstDay;
}

function linesOf({ month, assumed, unknown, worstDay: worst }: Result): string[] {
  const rows = month.services.map(({ service, dollars }) => {
    const parts = month.lines
      .filter((line) => line.service === service)
      .toSorted((a, b) => b.dollars - a.dollars)
      .map(({ words, dollars: part }) => `${words} ${money(part)}`);
    return `  ${service.padEnd(21)} ${money(dollars).padStart(10)}   ${parts.join(", ")}`;
  });
  const bound =
    worst.boundBy === "shards"
      ? "as many as the shards' functions can work"
      : "as many as --max-write-units lets through";
  return [
    styleText("bold", `$${money(month.dollars)} a month, at list prices of ${PRICE_LIST.region}, ${PRICE_LIST.date}`),
    "",
    ...rows,
    "",
    "assumed:",
    ...assumed.map((each) => `  ${each}`),
    `  not held against a price page: ${UNCHECKED.join(", ")}`,
    ...(unknown.length === 0 ? [] : ["not known, and in no figure:", ...unknown.map((each) => `  ${inert(each)}`)]),
    "",
    `The worst day under attack: $${money(worst.bill.dollars)} more, of ${worst.findingsEachSecond.toLocaleString("en", { maximumSignificantDigits: 3 })} new findings a second, ${bound}:`,
    `  ${worst.bill.services.map(({ service, dollars }) => `${service} ${money(dollars)}`).join(", ")}`,
  ];
}

/** Of little it says that it is some. */
function money(dollars: number): string {
  if (dollars > 0 && dollars < 0.005) return "< 0.01";
  return dollars.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}
