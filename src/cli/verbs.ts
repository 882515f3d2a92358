import { backfill } from "./backfill.ts";
import { conformance } from "./conformance.ts";
import { cost } from "./cost.ts";
import { diff } from "./diff.ts";
import { except } from "./except.ts";
import { explain } from "./explain.ts";
import { forecast } from "./forecast.ts";
import { lint } from "./lint.ts";
import { quarantine } from "./quarantine.ts";
import { redrive } from "./redrive.ts";
import { render } from "./render.ts";
import { replay } from "./replay.ts";
import { status } from "./status.ts";
import { testVerb } from "./test.ts";
import type { Verb } from "./verb.ts";
import { why } from "./why.ts";

const JSON_ONLY = { json: { type: "boolean", help: "one JSON document" } } as const;

/** All verbs, as help lists them. */
export const VERBS: readonly Verb[] = [
  lint,
  explain,
  replay,
  why,
  testVerb,
  diff,
  forecast,
  except,
  backfill,
  render,
  status,
  cost,
  quarantine,
  redrive,
  {
    name: "conformance",
    summary: "hold the engine against case files (*.jsonl)",
    takes: "FILE.jsonl...",
    options: JSON_ONLY,
    examples: [["conformance test/cases/match.jsonl", "queries, events and verdicts"]],
    run: ({ paths, options }, { print }) => conformance(paths, print, options["json"] === true),
  },
];
