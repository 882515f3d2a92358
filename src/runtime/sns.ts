import { SNSClient } from "@aws-sdk/client-sns";
import type { Publisher } from "../finding/publisher.ts";
import { snsPublisher } from "../finding/sns-publisher.ts";
import { LIMITS } from "./limits.ts";
import { logError } from "./telemetry.ts";

export function sns(): SNSClient {
  return new SNSClient(LIMITS);
}

export function openTopic(topicArn: string, signal: () => AbortSignal | undefined): Publisher {
  return snsPublisher(sns(), topicArn, logError, signal);
}
