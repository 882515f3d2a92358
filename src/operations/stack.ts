import {
  DescribeStacksCommand,
  ListStackResourcesCommand,
  type StackResourceSummary,
} from "@aws-sdk/client-cloudformation";
import { GetFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { answered, Unanswered, within } from "./answer.ts";
import type { Clients } from "./clients.ts";

/** A deployed stage, as CloudFormation describes it. */
export interface Described {
  /** `firstsight-STAGE`. */
  readonly name: string;
  readonly state: string;
  readonly reason: string | undefined;
  readonly changed: Date | undefined;
  /** Names to values: what a stage leaves out has none. */
  readonly outputs: ReadonlyMap<string, string>;
}

/** With what it is made of. */
export interface Stack extends Described {
  /** Or why they could not be listed: the outputs are enough for most questions. */
  readonly resources: readonly Resource[] | Unanswered;
}

export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  /** Of an alarm its name, of a mapping its UUID, of a key its id. */
  readonly physicalId: string;
}

/** Why a stack cannot be asked about, in one line. */
export class StackError extends Error {}

/**
 * Asks CloudFormation for a stack, and what it is made of.
 * @throws StackError where there is no such stack, or nobody to ask
 */
export async function stackOf(clients: Clients, name: string, limitMs: number): Promise<Stack> {
  const [described, resources] = await Promise.all([
    describedStack(clients, name, limitMs),
    resourcesOf(clients, name, AbortSignal.timeout(limitMs)).catch((error: unknown) => {
      if (error instanceof Unanswered) return error;
      throw error;
    }),
  ]);
  return { ...described, resources };
}

/** @throws StackError as above */
export async function describedStack({ cloudFormation }: Clients, name: string, limitMs: number): Promise<Described> {
  const abortSignal = AbortSignal.timeout(limitMs);
  const { Stacks = [] } = await answered(
    "cloudformation:DescribeStacks",
    within(limitMs, cloudFormation.send(new DescribeStacksCommand({ StackName: name }), { abortSignal })),
  ).catch((error: Unanswered) => {
    throw new StackError(whyNot(name, error), { cause: error });
  });
  const [found] = Stacks;
  if (found === undefined) throw new StackError(`there is no stack ${name}`);
  const outputs = (found.Outputs ?? []).map(
    ({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue] as const,
  );
  return {
    name,
    state: found.StackStatus ?? "",
    reason: found.StackStatusReason,
    changed: found.LastUpdatedTime ?? found.CreationTime,
    outputs: new Map(outputs),
  };
}

/**
 * The variables of the deployed function that runs the rules: of `kinesis`, or where there is no stream, `firehose`.
 * @throws Error of Lambda's
 */
export async function variablesOf(
  { lambda }: Clients,
  { name, outputs }: Described,
  abortSignal?: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const FunctionName = `${name}-${outputs.has("EventStreamName") ? "kinesis" : "firehose"}`;
  const command = new GetFunctionConfigurationCommand({ FunctionName });
  const answer = await lambda.send(command, abortSignal === undefined ? {} : { abortSignal });
  const { Variables = {}, Error: failure } = answer.Environment ?? {};
  // Where their key may not be used, there are none in the answer, and no refusal either.
  if (failure !== undefined)
    throw Object.assign(new Error(failure.Message), { name: failure.ErrorCode ?? "VariablesUnread" });
  return Variables;
}

async function resourcesOf(
  { cloudFormation }: Clients,
  StackName: string,
  abortSignal: AbortSignal,
): Promise<readonly Resource[]> {
  const found: StackResourceSummary[] = [];
  let NextToken: string | undefined;
  do {
    const command = new ListStackResourcesCommand({ StackName, ...(NextToken === undefined ? {} : { NextToken }) });
    const answer = await answered("cloudformation:ListStackResources", cloudFormation.send(command, { abortSignal }));
    found.push(...(answer.StackResourceSummaries ?? []));
    NextToken = answer.NextToken;
  } while (NextToken !== undefined);
  return found.map(({ LogicalResourceId = "", ResourceType = "", PhysicalResourceId = "" }) => ({
    logicalId: LogicalResourceId,
    type: ResourceType,
    physicalId: PhysicalResourceId,
  }));
}

const REFUSED = new Set([
  "ExpiredToken",
  "InvalidClientTokenId",
  "UnrecognizedClient",
  "SignatureDoesNotMatch",
  "InvalidSignature",
]);

function whyNot(name: string, error: Unanswered): string {
  const { code, cause, message } = error;
  const says = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : "";
  if (code === "CredentialsProviderError") return `no credentials: ${says}`;
  if (code === "Region is missing") return "no Region: set AWS_REGION, or one in the profile";
  if (code === "ValidationError" && says.includes("does not exist")) {
    return `there is no stack ${name} in this account and Region`;
  }
  if (REFUSED.has(code)) return `the credentials are not accepted: ${code}`;
  return `it cannot be asked about ${name}: ${message}`;
}
