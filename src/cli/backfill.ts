import { availableParallelism } from "node:os";
import { inert } from "../finding/inert.ts";
import type { HistoryTable } from "../history/table.ts";
import type { Clock } from "../rule/event-time.ts";
import { type Backfilled, backfill as backfilled } from "../workbench/backfill.ts";
import { readArchive, sizeOfArchive } from "../workbench/input/archive.ts";
import type { ObserverSettings } from "../workbench/observer.ts";
import { detectorsOf } from "./detectors.ts";
import { inputWarnings } from "./input-warnings.ts";
import { progressLine } from "./progress.ts";
import { rulePaths } from "./rule-paths.ts";
import { deployedConfig, rulesFolderFrom } from "./stage.ts";
import { EXIT, type Given, textOf, timeOf, UsageError, type Verb } from "./verb.ts";

const CLOCKS: readonly Clock[] = ["event.ingested", "@timestamp"];

export const backfill: Verb = {
  name: "backfill",
  summary: "teach the history table from events of the past",
  takes: "FILES|FOLDERS|s3://BUCKET/PREFIX|-...",
  options: {
    stage: { type: "string", value: "NAME", help: "whose table; else HISTORY_TABLE says which" },
    rules: {
      type: "string",
      value: "FOLDER",
      help: "a rule file, or a folder of them (default: rules, if the stage runs the same)",
    },
    to: {
      type: "string",
      value: "TIME",
      help: "leave events from then on to the functions; by default from when each rule began, where it has",
    },
    clock: {
      type: "string",
      value: "FIELD",
      help: "event.ingested or @timestamp; by default what the rule says, or else @timestamp",
    },
    json: { type: "boolean", help: "the result as one JSON document" },
    workers: { type: "string", value: "N", help: "threads that match; by default one for each processor but one" },
  },
  examples: [
    ["backfill --stage prod exports/2026-10/", "a month of exports, into the table of stage prod"],
    ["backfill --stage prod s3://archive/endpoint/2026/10/", "the same from S3"],
  ],

  async run(given, out) {
    const clock = textOf(given, "clock");
    if (clock !== undefined && !CLOCKS.includes(clock as Clock))
      throw new UsageError(`--clock is one of ${CLOCKS.join(", ")}, and not "${clock}"`);
    const workers = Number(textOf(given, "workers") ?? Math.max(1, availableParallelism() - 1));
    if (textOf(given, "workers") === "" || !Number.isInteger(workers) || workers < 0 || workers > 256)
      throw new UsageError("--workers is a number from 0 to 256");
    const to = timeOf(given, "to");
    const { tableName, longValues, counters, ruleSet } = await targetOf(given);
    const ruleFiles = rulePaths(rulesFolderFrom(given, ruleSet));
    detectorsOf(ruleFiles);
    const warnings = inputWarnings(out);
    const progress = progressLine(process.stderr, sizeOfArchive(given.paths));
    const blocks = readArchive(given.paths, { onProblem: warnings.onProblem, onProgress: progress.bytes });
    try {
      const told = await backfilled(blocks, {
        table: await openTable(tableName),
        settings: { ruleFiles, now: Date.now(), longValues, ...(clock === undefined ? {} : { clock: clock as Clock }) },
        workers,
        counters,
        ...(to === undefined ? {} : { to }),
        onTaught: (done, all) => progress.note(`${done} of ${all} sightings taught to ${tableName}`),
      });
      progress.end();
      if (given.options["json"] === true) out.print(JSON.stringify({ table: tableName, ...told }, undefined, 2));
      else for (const line of linesOf(told, tableName)) out.print(line);
      return warnings.exitOf(told);
    } catch (error) {
      progress.end();
      const reason = tableFailure(error);
      if (reason === undefined) throw error;
      out.warn(inert(`firstsight backfill: the table ${tableName} cannot be asked: ${reason}`));
      return EXIT.input;
    }
  },
};

interface Target {
  readonly tableName: string;
  readonly longValues: NonNullable<ObserverSettings["longValues"]>;
  readonly counters: boolean;
  /** Digest of the rules that the stage runs. */
  readonly ruleSet?: string | undefined;
}

/**
 * The table, and the settings that decide what is in it.
 * @throws UsageError where nothing says which; InputError where a stage cannot be asked
 */
async function targetOf(given: Given): Promise<Target> {
  const stage = textOf(given, "stage");
  if (stage === undefined) {
    const { HISTORY_TABLE = "", LONG_VALUES = "terms", COUNTERS = "false" } = process.env;
    if (HISTORY_TABLE === "" || HISTORY_TABLE === "memory")
      throw new UsageError("which table? Name a stage by --stage, or a DynamoDB table by HISTORY_TABLE");
    if (LONG_VALUES !== "terms" && LONG_VALUES !== "parity" && LONG_VALUES !== "keep")
      throw new UsageError(`LONG_VALUES is parity, terms or keep, and not "${LONG_VALUES}"`);
    if (COUNTERS !== "true" && COUNTERS !== "false")
      throw new UsageError(`COUNTERS is true or false, and not "${COUNTERS}"`);
    return { tableName: HISTORY_TABLE, longValues: LONG_VALUES, counters: COUNTERS === "true" };
  }
  const { config, ruleSet } = await deployedConfig(given);
  const { HISTORY_TABLE: tableName, LONG_VALUES: longValues, COUNTERS } = config;
  return { tableName, longValues, counters: COUNTERS === "true", ruleSet };
}

async function openTable(name: string): Promise<HistoryTable> {
  return (await import("../runtime/dynamodb.ts")).openTable(name, () => undefined);
}

/** What DynamoDB, or the way to it, had against a request; undefined of any other error. */
function tableFailure(error: unknown): string | undefined {
  const { cause = error } = Object(error) as { readonly cause?: unknown };
  if (!(cause instanceof Error)) return undefined;
  const isOfTable = "status" in cause || "syscall" in cause || /^(Timeout|CredentialsProvider)Error$/.test(cause.name);
  return isOfTable ? `${cause.name}: ${cause.message}` : undefined;
}

function linesOf(told: Backfilled, tableName: string): string[] {
  const { events, sightings, learned, known, tooOld, tooLate, counted, rules } = told;
  const left = [
    ...(tooOld === 0 ? [] : [`${tooOld} older than history reaches`]),
    ...(tooLate === 0 ? [] : [`${tooLate} left to the functions`]),
  ];
  return [
    `${events} events, ${sightings} sightings: ${learned} learned, ${known} known${left.map((each) => `, ${each}`).join("")}`,
    ...(counted === 0 ? [] : [`${counted} counters of values changed`]),
    ...rules.map(({ ruleId, sightings: own, since, isMoved }) => {
      const day = since === undefined ? undefined : new Date(since).toISOString();
      const history =
        day === undefined
          ? "no function has begun it: once one has, a backfill up to then moves its start back"
          : `history since ${day}${isMoved ? ", moved back" : ""}`;
      return `${ruleId}: ${own} sightings; ${history}`;
    }),
    `taught to ${tableName}; run again, it stays as it is`,
  ];
}
