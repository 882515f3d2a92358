import { conformance } from "./conformance.ts";
import { diff } from "./diff.ts";
import { explain } from "./explain.ts";
import { forecast } from "./forecast.ts";
import { lint } from "./lint.ts";
import { redrive } from "./redrive.ts";
import { replay } from "./replay.ts";
import { testVerb } from "./test.ts";
import type { Verb } from "./verb.ts";
import { why } from "./why.ts";

/** All verbs, as help lists them. */
export const VERBS: readonly Verb[] = [
  lint,
  explain,
  replay,
  why,
  testVerb,
  diff,
  forecast,
  {
    name: "redrive",
    summary: "put quarantined documents and failed batches through again, with the functions' variables",
    takes: "FILE...",
    options: {},
    examples: [["redrive messages.json", "what `aws sqs receive-message` printed of the quarantine queue"]],
    run: ({ paths }, { print }) => redrive(paths, print),
  },
  {
    name: "conformance",
    summary: "hold the engine against case files (*.jsonl)",
    takes: "FILE.jsonl...",
    options: {},
    examples: [["conformance test/cases/match.jsonl", "queries, events and verdicts"]],
    run: ({ paths }, { print }) => conformance(paths, print),
  },
];
