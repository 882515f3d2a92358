import { loadAwsServiceSpecSync } from "@aws-cdk/aws-service-spec";

import { intrinsic, isObject, type Json, type JsonObject, type Template } from "../../src/deploy/cloudformation.ts";

const PSEUDO_PARAMETERS = "AccountId NoValue NotificationARNs Partition Region StackId StackName URLSuffix".split(" ");
const spec = loadAwsServiceSpecSync();

type ResourceProperties = NonNullable<ReturnType<typeof lookUp>>["properties"];
type PropertyType = ResourceProperties[string]["type"];

/** The `${Name}` and `${Name.Attribute}` of a Fn::Sub, its own variables aside. `${!Literal}` is none. */
function substitutions(argument: Json): string[] {
  const [text, own] = Array.isArray(argument) ? (argument as readonly Json[]) : [argument];
  return [...String(text).matchAll(/\$\{([^!}][^}]*)\}/g)]
    .map(([, name = ""]) => name)
    .filter((name) => !(isObject(own) && name in own));
}

/**
 * What CloudFormation would refuse before it makes anything, in words: types and properties that do not exist, values
 * of the wrong kind, required ones left out, references into nothing, and circles of resources that wait for each other.
 */
export function problems(template: Template): string[] {
  const found: string[] = [];
  const edges = new Map<string, Set<string>>();

  for (const [id, resource] of Object.entries(template.Resources)) {
    const type = lookUp(resource.Type);
    if (type === undefined) found.push(`${id}: unknown type ${resource.Type}`);
    else checkProperties(type.properties, resource.Properties ?? {}, id);
    edges.set(id, new Set());
    for (const name of [resource.DependsOn ?? []].flat()) reference(name, undefined, `${id}.DependsOn`, id);
    if (resource.Condition !== undefined) condition(resource.Condition, `${id}.Condition`);
    walk(resource.Properties ?? {}, id, id);
  }
  walk(template.Outputs ?? {}, "Outputs");
  for (const [id] of edges) {
    const circle = circleFrom(id, [id]);
    if (circle !== undefined) found.push(`circle: ${circle.join(" -> ")}`);
  }
  return found;

  function walk(value: Json, path: string, from?: string): void {
    const call = intrinsic(value);
    if (call !== undefined) {
      const [name, argument] = call;
      if (name === "Ref") reference(String(argument), undefined, path, from);
      if (name === "Fn::If" && Array.isArray(argument)) condition(String(argument[0]), path);
      const targets =
        name === "Fn::GetAtt"
          ? [Array.isArray(argument) ? argument.join(".") : String(argument)]
          : name === "Fn::Sub"
            ? substitutions(argument)
            : [];
      for (const target of targets) {
        const [id = "", ...attribute] = target.split(".");
        reference(id, attribute.length === 0 ? undefined : attribute.join("."), path, from);
      }
    }
    if (typeof value === "object" && value !== null) {
      for (const [name, inner] of Object.entries(value)) walk(inner, `${path}.${name}`, from);
    }
  }

  function reference(id: string, attribute: string | undefined, path: string, from: string | undefined): void {
    if (id.startsWith("AWS::") && PSEUDO_PARAMETERS.includes(id.slice("AWS::".length))) return;
    const target = template.Resources[id];
    if (target === undefined) {
      found.push(`${path}: refers to ${id}, which is not there`);
      return;
    }
    if (from !== undefined) edges.get(from)?.add(id);
    const type = lookUp(target.Type);
    if (attribute !== undefined && type !== undefined && !(attribute in type.attributes)) {
      found.push(`${path}: ${target.Type} has no attribute ${attribute}`);
    }
  }

  function condition(name: string, path: string): void {
    if (!(name in (template.Conditions ?? {}))) found.push(`${path}: refers to condition ${name}, which is not there`);
  }

  function circleFrom(id: string, way: readonly string[]): readonly string[] | undefined {
    for (const next of edges.get(id) ?? []) {
      if (next === way[0]) return [...way, next];
      // A circle is told once, from the first of its names.
      const circle = way.includes(next) || next < (way[0] ?? "") ? undefined : circleFrom(next, [...way, next]);
      if (circle !== undefined) return circle;
    }
    return undefined;
  }

  function checkProperties(known: ResourceProperties, values: JsonObject, path: string): void {
    for (const [name, value] of Object.entries(values)) {
      const property = known[name];
      if (property === undefined) found.push(`${path}.${name}: unknown property`);
      else found.push(...misfits(property.type, value, `${path}.${name}`));
    }
    for (const [name, { required }] of Object.entries(known)) {
      if (required === true && !(name in values)) found.push(`${path}.${name}: required, and missing`);
    }
  }

  function misfits(type: PropertyType, value: Json, path: string): string[] {
    const call = intrinsic(value);
    if (call?.[0] === "Fn::If" && Array.isArray(call[1])) {
      return call[1].slice(1).flatMap((branch: Json) => misfits(type, branch, path));
    }
    if (call !== undefined) return [];
    const wrong = [`${path}: ${JSON.stringify(value)} is no ${type.type}`];
    switch (type.type) {
      case "string":
        if (typeof value === "object") return wrong;
        return type.allowedValues?.includes(String(value)) === false
          ? [`${path}: ${value} is none of ${type.allowedValues.join(", ")}`]
          : [];
      case "number":
      case "integer":
        return typeof value === "object" || value === "" || Number.isNaN(Number(value)) ? wrong : [];
      case "boolean":
        return ["true", "false"].includes(String(value)) ? [] : wrong;
      case "array":
        if (!Array.isArray(value)) return wrong;
        return value.flatMap((inner: Json, index) => misfits(type.element, inner, `${path}.${index}`));
      case "map":
        if (!isObject(value)) return wrong;
        return Object.entries(value).flatMap(([name, inner]) => misfits(type.element, inner, `${path}.${name}`));
      case "ref": {
        if (!isObject(value)) return wrong;
        const before = found.length;
        checkProperties(spec.get("typeDefinition", type.reference.$ref).properties, value, path);
        return found.splice(before);
      }
      case "union": {
        // `json` stands for anything structured, so it decides only where no other alternative has the value's shape.
        const shaped = type.types.filter((one) => one.type !== "json" && fitsShape(one, value));
        const tried = (shaped.length > 0 ? shaped : type.types).map((one) => misfits(one, value, path));
        return tried.find((result) => result.length === 0) ?? tried[0] ?? wrong;
      }
      case "json":
      case "tag":
        return typeof value === "object" ? [] : wrong;
      default:
        return [];
    }
  }
}

function lookUp(type: string) {
  return spec.lookup("resource", "cloudFormationType", "equals", type)[0];
}

function fitsShape(type: PropertyType, value: Json): boolean {
  if (Array.isArray(value)) return type.type === "array";
  return isObject(value) ? type.type === "ref" || type.type === "map" : !["array", "ref", "map"].includes(type.type);
}
