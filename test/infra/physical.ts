import { intrinsic, isObject, type Json, type Template } from "../../src/deploy/cloudformation.ts";
import { deployed } from "./deployed.ts";

/**
 * Puts in the template's references what CloudFormation would: names where Ref gives a name. What it would make up itself
 * is called by its logical id.
 */
export function physical(template: Template): (value: Json) => Json {
  const { arn, resolve } = deployed(template);
  return put;

  function put(value: Json): Json {
    const call = intrinsic(value);
    if (call !== undefined) {
      const [name, argument] = call;
      if (name === "Ref" && !String(argument).startsWith("AWS::")) return refOf(String(argument));
      if (name === "Fn::GetAtt" && Array.isArray(argument))
        return attributeOf(String(argument[0]), String(argument[1]));
      if (name === "Fn::Sub" && typeof argument === "string") {
        return argument.replaceAll(/\$\{([^}.]+)(?:\.([^}]+))?\}/g, (_, id: string, attribute?: string) => {
          if (id.startsWith("AWS::")) return String(resolve({ Ref: id }));
          return attribute === undefined ? refOf(id) : attributeOf(id, attribute);
        });
      }
      return resolve(value);
    }
    if (Array.isArray(value)) return value.map(put);
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, put(inner)]));
  }

  function refOf(id: string): string {
    const { Type, Properties = {} } = template.Resources[id] ?? { Type: "nothing" };
    switch (Type) {
      case "AWS::Lambda::Function":
        return String(put(Properties["FunctionName"] ?? id));
      case "AWS::Logs::LogGroup":
        return String(put(Properties["LogGroupName"] ?? id));
      case "AWS::SNS::Topic":
        return arn(id);
      case "AWS::DynamoDB::Table":
      case "AWS::Kinesis::Stream":
      case "AWS::KinesisFirehose::DeliveryStream":
      case "AWS::Lambda::EventSourceMapping":
        return id;
      default:
        throw new Error(`no Ref known of ${id}, a ${Type}`);
    }
  }

  function attributeOf(id: string, attribute: string): string {
    const { Type, Properties = {} } = template.Resources[id] ?? { Type: "nothing" };
    if (Type === "AWS::CloudWatch::Alarm" && attribute === "Arn") {
      return (
        String(resolve({ "Fn::Sub": `arn:aws:cloudwatch:\${AWS::Region}:\${AWS::AccountId}:alarm:` })) +
        String(Properties["AlarmName"])
      );
    }
    if (attribute === "Arn") return arn(id);
    if (["QueueName", "TopicName"].includes(attribute)) return id;
    throw new Error(`no ${attribute} known of ${id}, a ${Type}`);
  }
}
