import { ListSubscriptionsByTopicCommand, type Subscription } from "@aws-sdk/client-sns";
import { answered } from "./answer.ts";
import { fine, judged, type Look, type Seen, wrong } from "./check.ts";
import type { Clients } from "./clients.ts";
import { isRead, queueNameOf } from "./queue-depths.ts";
import type { Stack } from "./stack.ts";

/** Who is told of findings, and who of alarms. */
export function subscriptionLooks(clients: Clients, { outputs }: Stack): Look[] {
  const findings = outputs.get("FindingsTopicArn");
  const operations = outputs.get("OperationsTopicArn");
  const queueUrl = outputs.get("FindingsQueueUrl");
  const ownQueue = queueUrl === undefined ? undefined : queueNameOf(queueUrl);
  return [
    ...(findings === undefined
      ? []
      : [
          {
            name: "findings topic",
            ask: async (signal: AbortSignal) =>
              findingsHeard(clients, await listOf(clients, findings, signal), ownQueue, signal),
          },
        ]),
    ...(operations === undefined
      ? []
      : [
          {
            name: "operations topic",
            async ask(signal: AbortSignal) {
              const { confirmed, says } = await listOf(clients, operations, signal);
              return judged(says, confirmed.length > 0 ? [] : ["nobody is told of an alarm"]);
            },
          },
        ]),
  ];
}

interface List {
  readonly confirmed: readonly Subscription[];
  readonly says: string;
}

/** An archive keeps findings, and the stack's own queue does until somebody reads it: neither tells a person. */
async function findingsHeard(
  clients: Clients,
  { confirmed, says }: List,
  ownQueue: string | undefined,
  signal: AbortSignal,
): Promise<Seen> {
  const isOwnQueue = ({ Protocol, Endpoint = "" }: Subscription) =>
    Protocol === "sqs" && queueNameOf(Endpoint) === ownQueue;
  if (confirmed.some((each) => each.Protocol !== "firehose" && !isOwnQueue(each))) return fine(says);
  if (ownQueue !== undefined && confirmed.some(isOwnQueue)) {
    if (await isRead(clients, ownQueue, signal)) return fine(`${says}; the findings queue is read`);
  }
  return wrong(
    `${says}; nobody listens to findings${confirmed.length > 0 ? ": they are kept, and read by no one" : ""}`,
  );
}

async function listOf({ sns }: Clients, TopicArn: string, abortSignal: AbortSignal): Promise<List> {
  const found: Subscription[] = [];
  let NextToken: string | undefined;
  do {
    const command = new ListSubscriptionsByTopicCommand({
      TopicArn,
      ...(NextToken === undefined ? {} : { NextToken }),
    });
    const answer = await answered("sns:ListSubscriptionsByTopic", sns.send(command, { abortSignal }));
    found.push(...(answer.Subscriptions ?? []));
    NextToken = answer.NextToken;
  } while (NextToken !== undefined && NextToken !== "");
  const confirmed = found.filter(({ SubscriptionArn }) => SubscriptionArn?.startsWith("arn:"));
  const pending = found.filter(({ SubscriptionArn }) => SubscriptionArn === "PendingConfirmation");
  const protocols = [...Map.groupBy(confirmed, ({ Protocol }) => Protocol)].map(
    ([name, each]) => `${each.length} ${name}`,
  );
  const says = [
    confirmed.length === 0 ? "no subscription" : `confirmed: ${protocols.join(", ")}`,
    ...(pending.length > 0 ? [`${pending.length} not confirmed yet`] : []),
  ];
  return { confirmed, says: says.join(", ") };
}
