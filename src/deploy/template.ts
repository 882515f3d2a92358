import { intrinsic, isObject, type Json, type JsonObject, type Resource, type Template } from "./cloudformation.ts";
import type { Existing } from "./existing.ts";

/** Stands for a value that is not there. */
const NOTHING = Symbol("nothing");

/**
 * The template of one stage: decides its conditions, and leaves out what they leave out; puts what exists already in the
 * place of the resources that would make it.
 * @throws Error for a condition that there is none of, and for an attribute that is not known of what exists
 */
export function tailored(
  template: Template,
  conditions: Readonly<Record<string, boolean>>,
  existing: Existing = {},
): Template {
  const { Conditions: _, ...rest } = template;
  const kept = Object.entries(template.Resources).filter(([id, resource]) => isKept(id, resource));
  const ids = new Set(kept.map(([id]) => id));
  return {
    ...rest,
    Resources: Object.fromEntries(
      kept.map(([id, { Condition: __, DependsOn = [], ...resource }]) => {
        const waits = [DependsOn].flat().filter((other) => ids.has(other));
        const own = resource.Properties === undefined ? {} : { Properties: object(resource.Properties) };
        return [id, { ...resource, ...own, ...(waits.length === 0 ? {} : { DependsOn: waits }) }];
      }),
    ),
    Outputs: Object.fromEntries(
      Object.entries(template.Outputs ?? {}).flatMap(([id, output]): [string, Json][] => {
        if (!isObject(output)) return [[id, output]];
        const { Condition: condition, ...values } = output;
        return condition === undefined || decide(String(condition)) ? [[id, object(values)]] : [];
      }),
    ),
  };

  function isKept(id: string, { Condition }: Resource): boolean {
    return !Object.hasOwn(existing, id) && (Condition === undefined || decide(Condition));
  }

  function decide(condition: string): boolean {
    const decision = conditions[condition];
    if (decision === undefined) throw new Error(`there is no condition ${condition}`);
    return decision;
  }

  function object(values: JsonObject): JsonObject {
    return Object.fromEntries(
      Object.entries(values).flatMap(([name, value]): [string, Json][] => {
        const done = fold(value);
        return done === NOTHING ? [] : [[name, done]];
      }),
    );
  }

  function fold(value: Json): Json | typeof NOTHING {
    const call = intrinsic(value);
    if (call?.[0] === "Fn::If" && Array.isArray(call[1])) {
      const [condition, yes = null, no = null] = call[1] as readonly Json[];
      return fold(decide(String(condition)) ? yes : no);
    }
    if (call?.[0] === "Ref" && call[1] === "AWS::NoValue") return NOTHING;
    if (call !== undefined) return substituted(...call) ?? object(value as JsonObject);
    if (Array.isArray(value)) return value.map(fold).filter((one) => one !== NOTHING);
    return isObject(value) ? object(value) : value;
  }

  /** What stands for a call that names what exists; else undefined. */
  function substituted(name: string, argument: Json): Json | undefined {
    if (name === "Ref") return attributeOf(String(argument), "Ref");
    if (name === "Fn::GetAtt") {
      const [id = "", ...attribute] = Array.isArray(argument) ? argument.map(String) : String(argument).split(".");
      return attributeOf(id, attribute.join("."));
    }
    if (name !== "Fn::Sub" || typeof argument !== "string") return undefined;
    let text = argument;
    for (const [id, values] of Object.entries(existing)) {
      for (const [attribute, value] of Object.entries(values)) {
        const [, sub] = intrinsic(value) ?? [];
        const place = attribute === "Ref" ? `\${${id}}` : `\${${id}.${attribute}}`;
        text = text.split(place).join(String(sub ?? value));
      }
    }
    return text.includes("${") ? { "Fn::Sub": text } : text;
  }

  function attributeOf(id: string, attribute: string): Json | undefined {
    if (!Object.hasOwn(existing, id)) return undefined;
    const value = existing[id]?.[attribute];
    if (value === undefined) throw new Error(`${id} exists already, and its ${attribute} is not known`);
    return value;
  }
}

/** The template with each role within the boundary. */
export function bounded(template: Template, PermissionsBoundary: string): Template {
  return withProperties(template, "AWS::IAM::Role", { PermissionsBoundary });
}

/** The template with each function in a network. */
export function networked(
  template: Template,
  vpc: { readonly subnetIds: readonly string[]; readonly securityGroupIds: readonly string[] },
): Template {
  const VpcConfig = { SubnetIds: vpc.subnetIds, SecurityGroupIds: vpc.securityGroupIds };
  return withProperties(template, "AWS::Lambda::Function", { VpcConfig });
}

function withProperties(template: Template, type: string, properties: JsonObject): Template {
  return {
    ...template,
    Resources: Object.fromEntries(
      Object.entries(template.Resources).map(([id, resource]): [string, Resource] => [
        id,
        resource.Type === type ? { ...resource, Properties: { ...resource.Properties, ...properties } } : resource,
      ]),
    ),
  };
}
