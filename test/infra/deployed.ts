import { runSimulation } from "@cloud-copilot/iam-simulate";
import { intrinsic, isObject, type Json, type JsonObject, type Template } from "../../src/deploy/cloudformation.ts";

const REGION = "eu-west-1";
export const ACCOUNT = "111122223333";
const PSEUDO = new Map([
  ["AWS::AccountId", ACCOUNT],
  ["AWS::Partition", "aws"],
  ["AWS::Region", REGION],
]);

/** The template with names for what CloudFormation would make: each resource is called by its logical id. */
export function deployed(template: Template) {
  return { arn, resolve, policyOf, decide };

  function arn(id: string): string {
    const { Type, Properties = {} } = template.Resources[id] ?? { Type: "nothing" };
    switch (Type) {
      case "AWS::DynamoDB::Table":
        return arnOf("dynamodb", `table/${id}`);
      case "AWS::Kinesis::Stream":
        return arnOf("kinesis", `stream/${id}`);
      case "AWS::KinesisFirehose::DeliveryStream":
        return arnOf("firehose", `deliverystream/${id}`);
      case "AWS::KMS::Key":
        return arnOf("kms", `key/${id}`);
      case "AWS::Lambda::Function":
        return arnOf("lambda", `function:${id}`);
      case "AWS::Logs::LogGroup":
        return arnOf("logs", `log-group:${Properties["LogGroupName"]}:*`);
      case "AWS::S3::Bucket":
        return `arn:aws:s3:::${id.toLowerCase()}`;
      case "AWS::SNS::Topic":
        return arnOf("sns", id);
      case "AWS::SQS::Queue":
        return arnOf("sqs", id);
      case "AWS::IAM::Role":
        return `arn:aws:iam::${ACCOUNT}:role/${id}`;
      default:
        throw new Error(`no ARN known for ${id}, a ${Type}`);
    }
  }

  function resolve(value: Json): Json {
    const call = intrinsic(value);
    if (call !== undefined) {
      const [name, argument] = call;
      if (name === "Ref") return PSEUDO.get(String(argument)) ?? arn(String(argument));
      if (name === "Fn::GetAtt" && Array.isArray(argument) && argument[1] === "Arn") return arn(String(argument[0]));
      if (name === "Fn::Sub" && typeof argument === "string") {
        return argument.replaceAll(/\$\{([^}.]+)(?:\.Arn)?\}/g, (_, id: string) => PSEUDO.get(id) ?? arn(id));
      }
      throw new Error(`no value known for ${JSON.stringify(value)}`);
    }
    if (Array.isArray(value)) return value.map(resolve);
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, resolve(inner)]));
  }

  /** A role's whole policy. It must have one, inline, and nothing from elsewhere. */
  function policyOf(role: string): JsonObject {
    const { Policies, ManagedPolicyArns } = template.Resources[role]?.Properties ?? {};
    if (!Array.isArray(Policies) || Policies.length !== 1 || ManagedPolicyArns !== undefined) {
      throw new Error(`${role} has not exactly one policy`);
    }
    return resolve(Policies[0]["PolicyDocument"]) as JsonObject;
  }

  /** IAM's answer to one request, with the resource's own policy where one is given. */
  async function decide(request: Request): Promise<string> {
    const { principal, identityPolicy, action, resource, context = {}, resourcePolicy } = request;
    const answer = await runSimulation(
      {
        request: {
          principal,
          action,
          resource: { resource, accountId: ACCOUNT },
          contextVariables: { "aws:PrincipalArn": principal, ...context },
        },
        identityPolicies: [{ name: "identity", policy: identityPolicy }],
        serviceControlPolicies: [],
        resourceControlPolicies: [],
        ...(resourcePolicy === undefined ? {} : { resourcePolicy: resolve(resourcePolicy) }),
      },
      {},
    );
    if (answer.resultType === "error") throw new Error(JSON.stringify(answer.errors));
    return answer.overallResult;
  }
}

export interface Request {
  readonly principal: string;
  readonly identityPolicy: JsonObject;
  readonly action: string;
  readonly resource: string;
  readonly context?: Record<string, string>;
  readonly resourcePolicy?: Json;
}

function arnOf(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
}
