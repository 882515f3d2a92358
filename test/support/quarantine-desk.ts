import assert from "node:assert/strict";
import { GetQueueAttributesCommand, PurgeQueueCommand } from "@aws-sdk/client-sqs";
import { command } from "../../src/cli/command.ts";
import { VERBS } from "../../src/cli/verbs.ts";
import { createResources, openCloud } from "../../src/local/emulators.ts";
import { sqsSend } from "../../src/runtime/sqs.ts";
import { type Quarantined, quarantineBy } from "../../src/stream/quarantine.ts";
import type { Rejection, Sender } from "../../src/stream/record.ts";
import { received } from "./cloud.ts";

const STREAM = "arn:aws:kinesis:eu-west-1:000000000000:stream/events";

/** The emulators, with their variables set, a quarantine queue to fill, and `firstsight quarantine` to work it. */
export async function openQuarantineDesk() {
  const cloud = await openCloud();
  const resources = await createResources(cloud);
  Object.assign(process.env, cloud.environment, resources.environment);
  const { quarantineQueue: QueueUrl, findingsQueue } = resources;
  let count = 0;

  return {
    QueueUrl,
    sqs: cloud.sqs,
    environment: resources.environment,
    close: () => cloud.close(),

    async empty(): Promise<void> {
      for (const url of [QueueUrl, findingsQueue]) await cloud.sqs.send(new PurgeQueueCommand({ QueueUrl: url }));
    },

    async run(...args: string[]) {
      const printed: string[] = [];
      const warned: string[] = [];
      const out = { print: (line: string) => printed.push(line), warn: (line: string) => warned.push(line) };
      const code = await command(VERBS, ["quarantine", ...args], out);
      return { code, printed: printed.join("\n"), warned: warned.join("\n") };
    },

    /** Messages in the queue, seen and unseen. */
    async inQueue(): Promise<readonly [number, number]> {
      const names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
      const ask = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] });
      const { Attributes } = await cloud.sqs.send(ask);
      return [Number(Attributes?.[names[0]]), Number(Attributes?.[names[1]])];
    },

    entry(
      bytes: string | Buffer,
      reason: Rejection = "not_json",
      sender: Sender = { stream: STREAM, partitionKey: "host-1" },
    ): Quarantined {
      const rejected = [{ reason, bytes: Buffer.from(bytes), position: "0" }] as const;
      return { recordId: `shardId-0:${count++}`, arrival: Date.now(), read: 1, sender, rejected };
    },

    /** A message each, of no more than eighty. */
    async putAway(entries: readonly Quarantined[]): Promise<void> {
      const fail = (error: unknown) => assert.fail(String(error));
      const send = sqsSend(cloud.sqs, QueueUrl, fail, () => undefined);
      const safe = await quarantineBy(send)(entries, new AbortController().signal);
      assert.equal(safe.size, entries.length);
    },

    /** The findings that were published since it was asked before. */
    bodies: () => received(cloud.sqs, findingsQueue),
  };
}
