import { intrinsic, isObject, type Json, type JsonObject, type Resource, type Template } from "./cloudformation.ts";

/**
 * The template with the bodies of its dashboards as the text that CloudWatch wants; infra/ has them as YAML. A widget of
 * alarms that names none shows all that the template has.
 * @throws Error for an intrinsic function other than Ref, Fn::GetAtt, and Fn::Sub of a text
 */
export function drawn(template: Template): Template {
  const alarms = Object.entries(template.Resources).flatMap(([id, { Type }]) =>
    Type === "AWS::CloudWatch::Alarm" ? [`\${${id}.Arn}`] : [],
  );
  return {
    ...template,
    Resources: Object.fromEntries(
      Object.entries(template.Resources).map(([id, resource]): [string, Resource] => {
        const body = resource.Properties?.["DashboardBody"];
        if (resource.Type !== "AWS::CloudWatch::Dashboard" || body === undefined) return [id, resource];
        const text = JSON.stringify(withAlarms(substitutable(body), alarms));
        return [id, { ...resource, Properties: { ...resource.Properties, DashboardBody: { "Fn::Sub": text } } }];
      }),
    ),
  };
}

/** With `${Name}` for what a Fn::Sub over all of it puts in. */
function substitutable(value: Json): Json {
  const call = intrinsic(value);
  if (call !== undefined) {
    const [name, argument] = call;
    if (name === "Ref") return `\${${String(argument)}}`;
    if (name === "Fn::GetAtt") return `\${${Array.isArray(argument) ? argument.join(".") : String(argument)}}`;
    if (name === "Fn::Sub" && typeof argument === "string") return argument;
    throw new Error(`a dashboard has no ${name}`);
  }
  if (Array.isArray(value)) return value.map(substitutable);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, substitutable(inner)]));
}

function withAlarms(body: Json, alarms: readonly string[]): Json {
  if (!isObject(body) || !Array.isArray(body["widgets"])) return body;
  const widgets = body["widgets"].map((widget: JsonObject): Json => {
    const properties = widget["properties"];
    if (widget["type"] !== "alarm" || !isObject(properties) || "alarms" in properties) return widget;
    return { ...widget, properties: { ...properties, alarms } };
  });
  return { ...body, widgets };
}
