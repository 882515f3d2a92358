import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import QuickLRU from "quick-lru";
import { inert, inertJson } from "../finding/inert.ts";
import { chatOf } from "../render/chat.ts";
import { type Digest, digestsOf, idOf } from "../render/digest.ts";
import { emailOf } from "../render/email.ts";
import { ownText, ownTexts } from "../render/published.ts";

import { type Invocation, invocation } from "../runtime/deadline.ts";
import { type Notice, snsTell, type Tell } from "../runtime/notices.ts";
import { type Queued, readQueued } from "../runtime/queued.ts";
import { notifyConfig } from "../runtime/sink-config.ts";
import { sns } from "../runtime/sns.ts";
import { logCounts, logError, logWarning } from "../runtime/telemetry.ts";

/** Findings that a warm environment knows it has told of. */
const TOLD_ENTRIES = 10_000;
/** Tags that subscribers may filter on: a rule of Elastic's has a dozen. */
const MAX_TAGS = 50;
const TAG_LENGTH = 256;

const config = notifyConfig(process.env);
const client = sns();

let current: Invocation | undefined;
const signal = () => current?.signal;

/** A way to people, and what it has brought already. */
interface Medium {
  readonly form: (digest: Digest) => Pick<Notice, "subject" | "body">;
  readonly tell: Tell;
  readonly told: QuickLRU<string, true>;
}

const media: readonly Medium[] = [
  ...medium(config.EMAIL_TOPIC_ARN, emailOf),
  ...medium(config.CHAT_TOPIC_ARN, (digest) => ({ body: inertJson(chatOf(digest), 0) })),
];

function medium(topicArn: string, form: Medium["form"]): Medium[] {
  if (topicArn === "") return [];
  return [{ form, tell: snsTell(client, topicArn, logError, signal), told: new QuickLRU({ maxSize: TOLD_ENTRIES }) }];
}

/**
 * Tells people of findings: those of one rule that come together are one message. What a topic does not take stays in the
 * queue and comes again, for that topic alone as long as the environment is warm. A topic delivers at least once.
 */
export async function handler({ Records }: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  current = invocation(context);
  const { queued, failed } = readQueued(Records, logError);
  const counts = await Promise.all(media.map((each) => tellBy(each, queued, failed)));
  logCounts({ messages: Records.length, notices: counts.reduce((sum, count) => sum + count, 0), failed: failed.size });
  if (failed.size > 0) logWarning("messages left in the queue", { count: failed.size });
  return { batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) };
}

/** @returns how many messages went out; adds to `failed` the ids of those whose findings did not */
async function tellBy({ form, tell, told }: Medium, queued: readonly Queued[], failed: Set<string>): Promise<number> {
  const untold = queued.filter(({ finding }) => !told.has(idOf(finding)));
  const digests = digestsOf(untold.map(({ finding }) => finding));
  const notices = digests.map((digest) => ({ ...form(digest), attributes: attributesOf(digest) }));
  const accepted = await tell(notices);
  for (const index of accepted) for (const finding of digests[index]?.findings ?? []) told.set(idOf(finding), true);
  for (const { messageId, finding } of untold) if (!told.has(idOf(finding))) failed.add(messageId);
  return accepted.size;
}

/** What of a digest subscribers filter on; none of it is empty, which SNS would refuse. */
function attributesOf({ findings }: Digest): Notice["attributes"] {
  const [first] = findings;
  const severities = new Set(findings.map((finding) => ownText(finding, "kibana.alert.severity")));
  const tags = ownTexts(first, "kibana.alert.rule.tags").slice(0, MAX_TAGS);
  const listed = (name: string, values: Iterable<string>) => {
    const shown = [...values].map((value) => inert(value, TAG_LENGTH)).filter((value) => value.trim() !== "");
    return shown.length === 0 ? {} : { [name]: shown };
  };
  return {
    rule_id: inert(ownText(first, "kibana.alert.rule.rule_id"), TAG_LENGTH) || "unknown",
    ...listed("severity", severities),
    ...listed("tags", tags),
  };
}
