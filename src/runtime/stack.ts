import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { LIMITS } from "./limits.ts";

/**
 * An output of a deployed stage's stack.
 * @throws Error where there is no such stack, or it has no such output
 */
export async function stackOutput(region: string, stage: string, name: string): Promise<string> {
  const client = new CloudFormationClient({ ...LIMITS, region });
  const StackName = `firstsight-${stage}`;
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
    const value = Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === name)?.OutputValue;
    if (value === undefined) throw new Error(`the stack ${StackName} has no output ${name}`);
    return value;
  } finally {
    client.destroy();
  }
}
