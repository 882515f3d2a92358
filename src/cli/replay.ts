import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { inertJson } from "../finding/inert.ts";
import { reportHtml } from "../report/page.ts";
import type { Clock } from "../rule/event-time.ts";
import { beforeNow } from "../rule/window.ts";
import { type Comparison, comparison } from "../workbench/compare.ts";
import { readInput, sizeOfInput } from "../workbench/input/input.ts";
import { type ReplayOptions, replay as replayed } from "../workbench/replay.ts";
import type { ReplayFinding } from "../workbench/replay-result.ts";
import { scratch } from "../workbench/scratch.ts";
import { spool } from "../workbench/spool.ts";
import { detectorsOf } from "./detectors.ts";
import { inputWarnings } from "./input-warnings.ts";
import { junitOf } from "./junit.ts";
import { refuseStreams, refuseUnwritable } from "./paths.ts";
import { progressLine } from "./progress.ts";
import { againstLines, replayText } from "./replay-text.ts";
import { rulePaths } from "./rule-paths.ts";
import { rulesBefore } from "./rules-before.ts";
import { type Given, textOf, timeOf, UsageError, type Verb } from "./verb.ts";

const CLOCKS: readonly Clock[] = ["event.ingested", "@timestamp", "arrival"];

export const replay: Verb = {
  name: "replay",
  summary: "what the rules would have found in events of the past",
  takes: "FILES|FOLDERS|-...",
  options: {
    rules: { type: "string", value: "FOLDER", help: "a rule file, or a folder of them; by default rules/" },
    clock: {
      type: "string",
      value: "FIELD",
      help: "event.ingested, @timestamp or arrival; by default what the rule says, or else @timestamp",
    },
    from: { type: "string", value: "TIME", help: "look at no event before; ISO 8601" },
    to: { type: "string", value: "TIME", help: "look at no event from then on" },
    learn: { type: "string", value: "7d", help: "so long from the first match on only teach the history" },
    against: {
      type: "string",
      value: "GIT_REF|FOLDER",
      help: "what these rules find that others do not, and the other way",
    },
    json: { type: "boolean", help: "the result as one JSON document" },
    ndjson: { type: "boolean", help: "each finding as it would be published, one a line, and nothing else" },
    report: { type: "string", value: "FILE.html", help: "all of it as one page that opens anywhere" },
    junit: { type: "string", value: "FILE", help: "a test case for each rule, failed where it found something" },
    workers: { type: "string", value: "N", help: "threads that match; by default one for each processor but one" },
  },
  examples: [
    ["replay events.ndjson", "all rules over a file"],
    ["replay --learn 7d --ndjson exports/ > findings.ndjson", "findings after a week of learning"],
    ["replay --report october.html exports/2026-10/", "a page to look at, and to show"],
    ["replay --rules rules/mine.toml --json - < events.json.gz", "one rule over standard input"],
  ],

  async run(given, out) {
    const options = optionsOf(given);
    const { json, ndjson } = given.options;
    if (json === true && ndjson === true)
      throw new UsageError("--json is one document, and --ndjson many: say one of them");
    for (const name of ["report", "junit"]) refuseUnwritable(textOf(given, name));
    const size = sizeOfInput(given.paths);
    const warnings = inputWarnings(out);
    const progress = progressLine(process.stderr, size);
    const blocks = readInput(given.paths, {
      onProblem: warnings.onProblem,
      onProgress: progress.bytes,
    });
    const compared = await replayBefore(given, options);
    const page = textOf(given, "report");
    const findings = page === undefined ? undefined : spool<ReplayFinding>();
    try {
      const { result } = await replayed(blocks, {
        ...options,
        onFinding(finding) {
          progress.finding();
          findings?.add(finding);
          compared?.after(finding);
          if (ndjson === true) out.print(finding.body);
        },
      });
      progress.end();
      const file = textOf(given, "junit");
      if (file !== undefined) writeFileSync(file, junitOf(result));
      if (page !== undefined && findings !== undefined) {
        writeFileSync(page, reportHtml(result, findings, `Made by firstsight replay, ${new Date().toISOString()}`));
      }
      const apart = compared?.apart();
      const document = { ...result, problems: warnings.count(), ...(apart && { against: apart }) };
      if (json === true) out.print(inertJson(document));
      else if (ndjson !== true) {
        out.print(replayText(result, warnings.count()));
        if (apart !== undefined) for (const line of againstLines(apart, result)) out.print(line);
      }
      return warnings.exitOf(result);
    } finally {
      findings?.close();
    }
  },
};

/** A replay of the rules before an edit, where one is asked for. What cannot be read of the input is told by the other. */
async function replayBefore(given: Given, options: ReplayOptions): Promise<Comparison | undefined> {
  const against = textOf(given, "against");
  if (against === undefined) return undefined;
  refuseStreams(given.paths);
  const folder = scratch();
  try {
    const before = rulesBefore(textOf(given, "rules") ?? "rules", against, folder.path);
    const compared = comparison();
    if (before.ruleFiles.length === 0) return compared;
    detectorsOf(before.ruleFiles, before.exceptions);
    const settings = { ...options.settings, ...before };
    await replayed(readInput(given.paths, { onProblem: () => {} }), {
      ...options,
      settings,
      onFinding: compared.before,
    });
    return compared;
  } finally {
    folder.remove();
  }
}

function optionsOf(given: Given): ReplayOptions {
  const ruleFiles = rulePaths(textOf(given, "rules"));
  detectorsOf(ruleFiles);
  const clock = textOf(given, "clock");
  if (clock !== undefined && !CLOCKS.includes(clock as Clock)) {
    throw new UsageError(`--clock is one of ${CLOCKS.join(", ")}, and not "${clock}"`);
  }
  const from = timeOf(given, "from");
  const to = timeOf(given, "to");
  if (from !== undefined && to !== undefined && from >= to) throw new UsageError("--from is before --to");
  const learn = textOf(given, "learn");
  const learnMs = learn === undefined ? undefined : beforeNow(`now-${learn}`);
  if (learn !== undefined && learnMs === undefined)
    throw new UsageError(`--learn is a time such as 7d or 12h, and not "${learn}"`);
  // One processor is left to reading and deciding.
  const workers = Number(textOf(given, "workers") ?? Math.max(1, availableParallelism() - 1));
  if (textOf(given, "workers") === "" || !Number.isInteger(workers) || workers < 0 || workers > 256)
    throw new UsageError("--workers is a number from 0 to 256");
  return {
    settings: { ruleFiles, now: Date.now(), ...(clock === undefined ? {} : { clock: clock as Clock }) },
    workers,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(learnMs === undefined ? {} : { learnMs }),
  };
}
