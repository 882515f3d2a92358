import type { Walk } from "../operations/queue.ts";
import { openDesk, toldRedriven } from "./desk.ts";
import { drop } from "./quarantine/drop.ts";
import { list } from "./quarantine/list.ts";
import { show } from "./quarantine/show.ts";
import { queueUrlOf, STAGE_OR_VARIABLES, toldOf } from "./stage.ts";
import { type Given, type Out, UsageError, type Verb } from "./verb.ts";
import { walked } from "./walk.ts";

const QUEUE = { output: "QuarantineQueueUrl", variable: "QUARANTINE_QUEUE_URL", is: "the quarantine queue" };
/** Messages whose entries are remembered at once. */
const MOST_TIED = 20_000;

interface Action {
  /** Options beside those that every action has. */
  readonly options: readonly string[];
  /** Messages that it holds at once; by default as many as a walk may. */
  readonly most?: number;
  /** Reads its options before anything is asked of AWS. @throws UsageError */
  run(given: Given, out: Out): (walk: Walk) => Promise<number>;
}

const ACTIONS: Readonly<Record<string, Action>> = {
  list: { options: [], run: list },
  show: { options: ["reason", "sender", "limit"], run: show },
  drop: { options: ["reason", "sender", "all", "yes"], most: MOST_TIED, run: drop },
  redrive: { options: ["rules"], most: MOST_TIED, run: redrive },
};

export const quarantine: Verb = {
  name: "quarantine",
  summary: "look at what was put away, put it through again, or delete it",
  takes: Object.keys(ACTIONS).join("|"),
  words: Object.keys(ACTIONS),
  options: {
    stage: STAGE_OR_VARIABLES,
    "queue-url": { type: "string", value: "URL", help: "the quarantine queue (default: QUARANTINE_QUEUE_URL)" },
    reason: { type: "string", value: "REASON", help: "show, drop: only what was put away for it" },
    sender: { type: "string", value: "NAME", help: "show, drop: only of this log group, partition key or stream" },
    limit: { type: "string", value: "N", help: "show: documents at most (default: 10)" },
    all: { type: "boolean", help: "drop: everything" },
    yes: { type: "boolean", help: "drop: delete, and not only say how many" },
    rules: {
      type: "string",
      value: "FOLDER",
      help: "redrive: where the rules are (default: rules, if a stage runs the same)",
    },
    json: { type: "boolean", help: "one JSON document" },
  },
  examples: [
    ["quarantine list --stage prod", "how much of what, since when, and who sent it"],
    ["quarantine show --stage prod --reason not_json --limit 3", "the bytes, made harmless"],
    ["quarantine redrive --stage prod", "with what is mended: what is decided now is deleted, the rest stays"],
    ["quarantine drop --stage prod --reason not_json --yes", "what no mending makes an event"],
  ],
  run(given, out) {
    const [name = "", ...more] = given.paths;
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (action === undefined || more.length > 0) {
      throw new UsageError(`it takes one of ${Object.keys(ACTIONS).join(", ")}, and not "${given.paths.join(" ")}"`);
    }
    for (const option of Object.keys(given.options)) {
      if (!["stage", "queue-url", "json", ...action.options].includes(option)) {
        throw new UsageError(`quarantine ${name} has no option --${option}`);
      }
    }
    const work = action.run(given, out);
    return toldOf(async () => walked(await queueUrlOf(given, QUEUE), out, work, action.most));
  },
};

function redrive(given: Given, out: Out) {
  return async (walk: Walk): Promise<number> => {
    const desk = await openDesk(given, out);
    const { redriveQueue } = await import("../operations/quarantine.ts");
    return toldRedriven(await redriveQueue(walk, (records) => desk.put(records, false)), given, out);
  };
}
