import { statSync } from "node:fs";
import { styleText } from "node:util";
import { inert, inertJson } from "../finding/inert.ts";
import type { Check } from "../operations/check.ts";
import type { Status } from "../operations/status.ts";
import { askStack, STAGE_OPTION, stackNameFrom } from "./stage.ts";
import { EXIT, textOf, UsageError, type Verb } from "./verb.ts";

/** Each check has as long. */
const LIMIT_MS = 8000;

export const status: Verb = {
  name: "status",
  summary: "how a deployed stack fares: mappings, queues, findings, table, key, subscriptions, rules, alarms",
  takes: "",
  isWithoutEvents: true,
  options: {
    stage: STAGE_OPTION,
    rules: {
      type: "string",
      value: "FOLDER",
      help: "the local rules, to hold the deployed ones against; by default rules/",
    },
    json: { type: "boolean", help: "one JSON document" },
  },
  examples: [["status --stage prod", "all of it on one screen; exits by 1 where something is wrong"]],

  async run(given, out) {
    if (given.paths.length > 0) throw new UsageError("it takes no files: --stage NAME says which stack");
    const stackName = stackNameFrom(given);
    const named = textOf(given, "rules");
    // A desk without rules is one; a name that is misspelt would pass for it.
    if (named !== undefined && statSync(named, { throwIfNoEntry: false })?.isDirectory() !== true) {
      throw new UsageError(`--rules is the folder of the rules that run, and ${named} is none`);
    }
    const rulesFolder = named ?? "rules";
    const { statusOf } = await import("../operations/status.ts");
    const found = await askStack((clients) => statusOf(clients, { stackName, rulesFolder, limitMs: LIMIT_MS }));
    if (given.options["json"] === true) out.print(inertJson(found));
    else for (const line of linesOf(found)) out.print(line);
    return found.isWell ? EXIT.fine : EXIT.against;
  },
};

const MARKS: Readonly<Record<Check["state"], string>> = {
  fine: styleText("green", "ok   "),
  wrong: styleText("red", "WRONG"),
  unknown: styleText("yellow", "?    "),
};

function linesOf({ stack, checks, outputs }: Status): string[] {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const rows = checks.flatMap(({ name, state, says, more = [] }) => [
    `  ${MARKS[state]}  ${name.padEnd(width)}  ${inert(says)}`,
    ...more.map((line) => `  ${" ".repeat(width + 9)}${inert(line)}`),
  ]);
  const names = Object.keys(outputs).toSorted();
  const longest = Math.max(0, ...names.map((name) => name.length));
  const count = (state: Check["state"]) => checks.filter((each) => each.state === state).length;
  const verdict = [
    ...(count("wrong") > 0 ? [`${count("wrong")} wrong`] : []),
    ...(count("unknown") > 0 ? [`${count("unknown")} not known`] : []),
  ];
  return [
    `${styleText("bold", stack)}  ${verdict.length === 0 ? "all is well" : verdict.join(", ")}`,
    "",
    ...rows,
    "",
    ...names.map((name) => `  ${name.padEnd(longest)}  ${inert(outputs[name] ?? "")}`),
  ];
}
