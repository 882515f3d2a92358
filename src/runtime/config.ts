import { join } from "node:path";
import * as z from "zod/mini";
import { parseDate } from "../ecs/iso-date.ts";

/** What a function is told by its environment. A missing variable is an error, never a silent default. */

const TABLE = "expected a DynamoDB table's name, or memory";
const TOPIC = "expected an SNS topic's ARN, or stdout";
const QUEUE = "expected an SQS queue's URL, or stdout";
const TIME = "expected an ISO time such as 2026-12-01T00:00:00Z, or nothing";
const LEARN = "expected window or none";
const COUNT = "expected true or false";
const LONG = "expected parity, terms or keep";
const CANARY = "expected true or false";

const sweepEnvironment = z.object({
  HISTORY_TABLE: z.string(TABLE).check(z.minLength(1, TABLE)),
  FINDINGS_TOPIC_ARN: z.string(TOPIC).check(z.refine((value) => value === "stdout" || value.startsWith("arn:"), TOPIC)),
});

const retryEnvironment = z.extend(sweepEnvironment, {
  LEARN_UNTIL: z._default(
    z.string().check(z.refine((value) => value === "" || parseDate(value) !== undefined, TIME)),
    "",
  ),
  LEARN: z._default(z.enum(["window", "none"], LEARN), "none"),
  COUNTERS: z._default(z.enum(["true", "false"], COUNT), "false"),
});

const queueUrl = z.string(QUEUE).check(z.refine((value) => value === "stdout" || URL.canParse(value), QUEUE));

const quarantineEnvironment = z.object({ QUARANTINE_QUEUE_URL: queueUrl });

const detectEnvironment = z.extend(retryEnvironment, {
  ...quarantineEnvironment.shape,
  LONG_VALUES: z._default(z.enum(["parity", "terms", "keep"], LONG), "terms"),
  ASN_DATABASE: z._default(z.string(), ""),
});

const kinesisEnvironment = z.extend(detectEnvironment, {
  CANARY: z._default(z.enum(["true", "false"], CANARY), "false"),
});

const firehoseEnvironment = z.extend(detectEnvironment, {
  RETRY_QUEUE_URL: queueUrl,
});

export type SweepConfig = z.infer<typeof sweepEnvironment>;
export type RetryConfig = z.infer<typeof retryEnvironment>;
export type DetectConfig = z.infer<typeof detectEnvironment>;
export type KinesisConfig = z.infer<typeof kinesisEnvironment>;
export type FirehoseConfig = z.infer<typeof firehoseEnvironment>;

/** @throws Error that names each variable at fault and what it should be */
export function sweepConfig(environment: NodeJS.ProcessEnv): SweepConfig {
  return read(sweepEnvironment, environment);
}

/** @throws Error that names each variable at fault and what it should be */
export function retryConfig(environment: NodeJS.ProcessEnv): RetryConfig {
  return read(retryEnvironment, environment);
}

/** @throws Error that names each variable at fault and what it should be */
export function detectConfig(environment: NodeJS.ProcessEnv): DetectConfig {
  return read(detectEnvironment, environment);
}

/** @throws Error that names each variable at fault and what it should be */
export function kinesisConfig(environment: NodeJS.ProcessEnv): KinesisConfig {
  return read(kinesisEnvironment, environment);
}

/** For a function that cannot start, and must still put away. @throws Error as above */
export function quarantineConfig(environment: NodeJS.ProcessEnv): z.infer<typeof quarantineEnvironment> {
  return read(quarantineEnvironment, environment);
}

/** @throws Error that names each variable at fault and what it should be */
export function firehoseConfig(environment: NodeJS.ProcessEnv): FirehoseConfig {
  return read(firehoseEnvironment, environment);
}

/** @throws Error that names each variable at fault and what it should be */
export function read<T extends z.ZodMiniType>(schema: T, environment: NodeJS.ProcessEnv): z.infer<T> {
  const result = schema.safeParse(environment);
  if (!result.success) throw new Error(`configuration: ${z.prettifyError(result.error)}`, { cause: result.error });
  return result.data;
}

/** Where the rules are: beside the bundles, in Lambda and on a desk. */
export function rulesFolder(environment: NodeJS.ProcessEnv): string {
  return join(root(environment), "rules");
}

/** The canary's rule, which is in no folder of the user's. */
export function canaryFile(environment: NodeJS.ProcessEnv): string {
  return join(root(environment), "canary/canary.toml");
}

function root(environment: NodeJS.ProcessEnv): string {
  return environment["LAMBDA_TASK_ROOT"] ?? process.cwd();
}
