import { styleText } from "node:util";
import { inert, inertJson } from "../finding/inert.ts";
import { beforeNow } from "../rule/window.ts";
import { type Forecast, forecaster } from "../workbench/forecast.ts";
import { readInput } from "../workbench/input/input.ts";
import { replay } from "../workbench/replay.ts";
import { detectorsOf } from "./detectors.ts";
import { inputWarnings } from "./input-warnings.ts";
import { rulePaths } from "./rule-paths.ts";
import { textOf, UsageError, type Verb } from "./verb.ts";

const WINDOWS = "1d,3d,7d,14d,30d";
const DAY_MS = 86_400_000;

export const forecast: Verb = {
  name: "forecast",
  summary: "findings a day by rule, for several windows and choices of fields, from one pass over events",
  takes: "FILES|FOLDERS|-...",
  options: {
    rules: { type: "string", value: "FOLDER", help: "a rule file, or a folder of them; by default rules/" },
    windows: {
      type: "string",
      value: "LIST",
      help: `windows to count for, besides each rule's own; by default ${WINDOWS}`,
    },
    json: { type: "boolean", help: "one JSON document" },
  },
  examples: [["forecast --rules rules/mine.toml exports/", "how loud a rule will be, and would be"]],

  async run(given, out) {
    const ruleFiles = rulePaths(textOf(given, "rules"));
    const detectors = detectorsOf(ruleFiles);
    const windows = (textOf(given, "windows") ?? WINDOWS).split(",").map((text) => {
      const ms = beforeNow(`now-${text.trim()}`);
      if (ms === undefined || ms === 0)
        throw new UsageError(`--windows is a list such as ${WINDOWS}, and "${text}" is no window`);
      return ms;
    });
    const counts = forecaster(detectors, windows);
    const warnings = inputWarnings(out);
    const { result } = await replay(readInput(given.paths, { onProblem: warnings.onProblem }), {
      settings: { ruleFiles, now: Date.now() },
      workers: 0,
      onDecision: ({ seen }) => counts.see(seen),
    });
    const forecasts = counts.forecasts();
    const { from, to } = result;
    if (given.options["json"] === true) out.print(inertJson({ from, to, forecasts }));
    else {
      for (const [name, some] of Map.groupBy(forecasts, (each) => each.name)) {
        out.print(styleText("bold", inert(name, 100)));
        for (const line of some.flatMap(rowsOf)) out.print(line);
      }
      out.print(
        forecasts.length === 0
          ? "no rule matched anything"
          : `\nevents of ${from} to ${to}; * is the rule as it stands`,
      );
    }
    return warnings.exitOf(result);
  },
};

function rowsOf({ isOwn, fields, windowMs, findings, perDay, messages, isTooShort }: Forecast): string[] {
  const window = `${Number((windowMs / DAY_MS).toPrecision(3))} d`.padStart(6);
  const told = (days: Forecast["perDay"]) => (isTooShort ? TOO_SHORT : daysOf(days));
  const counted = messages === undefined ? "findings" : "new     ";
  const row = `${isOwn ? " *" : "  "}${window}  ${String(findings).padStart(7)} ${counted}  ${told(perDay)}  ${fields.join(" + ")}`;
  if (messages === undefined) return [row];
  const { published, closings } = messages;
  const sent = `${String(published + closings).padStart(17)} messages  ${told(messages.perDay)}  ${published} findings, ${closings} closing`;
  return [row, sent];
}

const TOO_SHORT = "the events are too few days to tell";

function daysOf(perDay: Forecast["perDay"]): string {
  if (perDay === undefined) return TOO_SHORT;
  return `${perDay.mean.toFixed(2)} a day, 95 % of days at most ${perDay.p95}, ${perDay.most} the most (${perDay.days} days)`;
}
