import assert from "node:assert/strict";
import type { QuarantineMessage } from "../../src/stream/quarantine.ts";
import { buildForTest, type Running, type StartOptions } from "./built-function.ts";
import { suspiciousEvent } from "./cloud.ts";
import { openStandIns, type StandIns } from "./stand-ins.ts";

/** Built functions before stand-ins that take their time, and the records of others beside a hostile sender's. */
export interface ProvingGround {
  readonly standIns: StandIns;
  start(name: "kinesis" | "firehose", options?: StartOptions): Promise<Running>;
  /** Forgets all that came in, and behaves: slow, as queues and topics are. */
  begin(): void;
  /** What was put away, as lines of messages. */
  quarantined(): QuarantineMessage[];
  /** @throws AssertionError where a finding of some neighbour's is missing */
  assertFound(label: string): void;
  close(): Promise<void>;
}

/** What a batch with a hostile sender in it may take beyond the neighbours alone. */
export const MAX_MORE_MS = 3000;
export const MAX_MORE_MB = 200;

const NEIGHBOURS = ["first", "second", "third"] as const;

/** Three records that the shipped rule finds, each of a host of its own. */
export function neighbours(label: string): [Buffer, Buffer, Buffer] {
  const [first, second, third] = NEIGHBOURS.map((each) => Buffer.from(suspiciousEvent(`${label}-${each}`)));
  return [first, second, third] as [Buffer, Buffer, Buffer];
}

export async function openProvingGround(): Promise<ProvingGround> {
  const standIns = await openStandIns();
  const built = await buildForTest(standIns);
  return {
    standIns,
    start: (name, options) => built.start(name, options),
    begin() {
      standIns.reset();
      standIns.sqs.latencyMs = 12;
      standIns.sns.latencyMs = 10;
    },
    quarantined: () =>
      standIns
        .messages(standIns.queueUrl("quarantine"))
        .flatMap((body) => body.split("\n"))
        .map((line) => JSON.parse(line) as QuarantineMessage),
    assertFound(label) {
      for (const each of NEIGHBOURS) {
        const isFound = standIns.published.some((body) => body.includes(`${label}-${each}`));
        assert.ok(isFound, `the ${each} neighbour is found`);
      }
    },
    async close() {
      await standIns.close();
      built.remove();
    },
  };
}
