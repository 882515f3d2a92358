import * as z from "zod/mini";
import { read } from "./config.ts";

/** What the functions are told that hand findings on; apart from the others', which have no time for it at their start. */

const TOPIC = "expected an SNS topic's ARN, or nothing";
const topic = z._default(z.string().check(z.refine((value) => value === "" || value.startsWith("arn:"), TOPIC)), "");

const notifyEnvironment = z
  .object({ EMAIL_TOPIC_ARN: topic, CHAT_TOPIC_ARN: topic })
  .check(z.refine(isAnywhere, "EMAIL_TOPIC_ARN, CHAT_TOPIC_ARN: expected one of them at least"));

const exportEnvironment = z
  .object({
    OCSF_STREAM_NAME: z._default(z.string(), ""),
    SECURITY_HUB: z._default(z.enum(["true", ""], "expected true, or nothing"), ""),
    EVENT_BUS_NAME: z._default(z.string(), ""),
  })
  .check(z.refine(isAnywhere, "OCSF_STREAM_NAME, SECURITY_HUB, EVENT_BUS_NAME: expected one of them at least"));

/** A function that hands findings to nobody would empty its queue. */
function isAnywhere(variables: Readonly<Record<string, string>>): boolean {
  return Object.values(variables).some((value) => value !== "");
}

/** @throws Error that names each variable at fault and what it should be */
export function notifyConfig(environment: NodeJS.ProcessEnv): z.infer<typeof notifyEnvironment> {
  return read(notifyEnvironment, environment);
}

/** @throws Error that names each variable at fault and what it should be */
export function exportConfig(environment: NodeJS.ProcessEnv): z.infer<typeof exportEnvironment> {
  return read(exportEnvironment, environment);
}
