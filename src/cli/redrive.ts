import { readFileSync } from "node:fs";
import { inert } from "../finding/inert.ts";
import type { Desk } from "../operations/desk.ts";
import { type Found, recordsIn, type Source } from "../operations/records.ts";
import { InputError } from "../workbench/input/input-error.ts";
import { isS3 } from "../workbench/input/s3-url.ts";
import { openDesk, toldRedriven } from "./desk.ts";
import { queueUrlOf, STAGE_OR_VARIABLES, toldOf } from "./stage.ts";
import { EXIT, type Given, type Out, UsageError, type Verb } from "./verb.ts";
import { walked } from "./walk.ts";

const DEAD_LETTERS = {
  output: "RetryDeadLetterQueueUrl",
  variable: "RETRY_DEAD_LETTER_QUEUE_URL",
  is: "the retry queue's dead-letter queue",
};

/**
 * Puts failed batches, copies of quarantine messages, and dead letters through the rules again, under the identity and the
 * arrival they had, so that what was found before is not found anew. Exit 1 if something is left undecided, 3 if something
 * could not be read.
 */
export const redrive: Verb = {
  name: "redrive",
  summary: "put failed batches through again, dead letters, or copies of quarantine messages",
  takes: "[FILE|s3://BUCKET/KEY...]",
  options: {
    stage: STAGE_OR_VARIABLES,
    "dead-letters": { type: "boolean", help: "decide what the retry queue gave up, and delete it" },
    delete: { type: "boolean", help: "delete the objects all of whose records are decided" },
    rules: { type: "string", value: "FOLDER", help: "where the rules are (default: rules, if a stage runs the same)" },
    json: { type: "boolean", help: "one JSON document" },
  },
  examples: [
    ["redrive --stage prod s3://BUCKET/aws/lambda/", "every failed batch of the bucket"],
    ["redrive --stage prod --dead-letters", "what the retry queue gave up after four days"],
    ["redrive messages.json", "what `aws sqs receive-message` printed, with the functions' variables set"],
  ],
  run(given, out) {
    const isQueue = given.options["dead-letters"] === true;
    if (isQueue === given.paths.length > 0) {
      throw new UsageError("it takes files and s3://BUCKET/KEY addresses, or --dead-letters");
    }
    return toldOf(() => (isQueue ? deadLetters(given, out) : redriven(given, out)));
  },
};

async function deadLetters(given: Given, out: Out): Promise<number> {
  const url = await queueUrlOf(given, DEAD_LETTERS);
  const desk = await openDesk(given, out);
  return walked(url, out, async (walk) => toldRedriven(await desk.redriveParked(walk), given, out));
}

interface Sum {
  records: number;
  /** Records that are left: undecided, or still no event and in quarantine as they were. */
  left: number;
  deleted: number;
  readonly unreadable: string[];
}

async function redriven(given: Given, out: Out): Promise<number> {
  const desk = await openDesk(given, out);
  const { objectsAt } = await import("../operations/failed-batches.ts");
  const sum: Sum = { records: 0, left: 0, deleted: 0, unreadable: [] };
  // Parts of one record may lie in several files; an object is a batch by itself.
  await put(desk, recordsIn(given.paths.filter((path) => !isS3(path)).flatMap((path) => file(path, sum))), sum);
  for (const address of given.paths.filter(isS3)) {
    for await (const object of objectsAt(address)) {
      const text = await object.read().catch((error: unknown) => {
        if (!(error instanceof InputError)) throw error;
        sum.unreadable.push(`${object.address}: ${error.message}`);
      });
      if (text === undefined) continue;
      const isDecided = await put(desk, recordsIn([{ name: object.address, text }]), sum);
      if (!isDecided || given.options["delete"] !== true) continue;
      await object.remove();
      sum.deleted++;
    }
  }
  const { records, left, deleted, unreadable } = sum;
  const isJson = given.options["json"] === true;
  if (isJson) out.print(JSON.stringify(sum, undefined, 2));
  else {
    for (const reason of unreadable) out.warn(inert(`cannot be read: ${reason}`));
    const gone = deleted === 0 ? "" : `, ${deleted} ${deleted === 1 ? "object" : "objects"} deleted`;
    out.print(`${records} records put through, ${left} left, ${unreadable.length} unreadable${gone}`);
  }
  return unreadable.length > 0 ? EXIT.input : left > 0 ? EXIT.against : EXIT.fine;
}

/** What is no event goes to quarantine of a batch, and of a message it is there. @returns true where all is decided */
async function put(desk: Desk, { failed, quarantined, unreadable }: Found, sum: Sum): Promise<boolean> {
  const left = (await desk.put(failed, true)).size + (await desk.put(quarantined, false)).size;
  sum.records += failed.length + quarantined.length;
  sum.left += left;
  sum.unreadable.push(...unreadable);
  return left === 0 && unreadable.length === 0;
}

function file(name: string, { unreadable }: Sum): Source[] {
  try {
    return [{ name, text: readFileSync(name, "utf8") }];
  } catch (error) {
    unreadable.push(error instanceof Error ? error.message : String(error));
    return [];
  }
}
