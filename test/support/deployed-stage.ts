import { politely, serve } from "./served.ts";

/** CloudFormation and Lambda as much as the verbs ask them of the stage `dev`, over real sockets. */
export interface DeployedStage {
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/**
 * @param outputs of the stack `firstsight-dev`
 * @param functions variables of its functions, by the part of the name that is theirs
 */
export async function openDeployedStage(
  outputs: Readonly<Record<string, string>>,
  functions: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Promise<DeployedStage> {
  const cloudFormation = await serve(politely(), {
    type: "text/xml",
    work(text) {
      const form = new URLSearchParams(text);
      if (form.get("Action") !== "DescribeStacks" || form.get("StackName") !== "firstsight-dev") {
        throw new Error(`Stack with id ${form.get("StackName")} does not exist`);
      }
      const members = Object.entries(outputs).map(
        ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
      );
      return `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult>
<Stacks><member><StackName>firstsight-dev</StackName><CreationTime>2026-11-26T00:00:00Z</CreationTime>
<StackStatus>UPDATE_COMPLETE</StackStatus><Outputs>${members.join("")}</Outputs></member></Stacks>
</DescribeStacksResult></DescribeStacksResponse>`;
    },
    failure: ({ message }) =>
      `<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type><Code>ValidationError</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
    onRequest: () => {},
  });
  const lambda = await serve(politely(), {
    type: "application/json",
    work(_, { url = "" }) {
      const [, name = ""] = /^\/2015-03-31\/functions\/firstsight-dev-([a-z]+)\/configuration/.exec(url) ?? [];
      const Variables = functions[name];
      if (Variables === undefined) throw new Error(`Function not found: ${url}`);
      return JSON.stringify({ FunctionName: name, Environment: { Variables } });
    },
    failure: ({ message }) => JSON.stringify({ Type: "User", Message: message }),
    onRequest: (response) => response.setHeader("x-amzn-errortype", "ResourceNotFoundException"),
  });
  return {
    environment: { AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.url, AWS_ENDPOINT_URL_LAMBDA: lambda.url },
    async close() {
      await Promise.all([cloudFormation.close(), lambda.close()]);
    },
  };
}
