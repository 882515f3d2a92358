import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { CLIENT } from "./client.ts";

/** The outputs of a deployed stage, by name. @throws Error of CloudFormation's, as where there is no such stage */
export async function outputsOf(stage: string): Promise<ReadonlyMap<string, string>> {
  const client = new CloudFormationClient(CLIENT);
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: stackOf(stage) }));
  const outputs = Stacks?.[0]?.Outputs ?? [];
  return new Map(outputs.map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]));
}

/**
 * The variables of the deployed function that runs the rules: of `kinesis`, or where there is none, `firehose`.
 * @throws Error of Lambda's
 */
export async function variablesOf(stage: string): Promise<Readonly<Record<string, string>>> {
  const client = new LambdaClient(CLIENT);
  const ask = async (name: string) => {
    const command = new GetFunctionConfigurationCommand({ FunctionName: `${stackOf(stage)}-${name}` });
    return (await client.send(command)).Environment?.Variables ?? {};
  };
  try {
    return await ask("kinesis");
  } catch (error) {
    // Where there is none, nobody may ask for it either.
    if (!(error instanceof Error) || !MISSING.has(error.name)) throw error;
    return await ask("firehose");
  }
}

const MISSING = new Set(["AccessDeniedException", "ResourceNotFoundException"]);

function stackOf(stage: string): string {
  return `firstsight-${stage}`;
}
