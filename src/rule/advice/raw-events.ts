import type { FieldTypes } from "../../ecs/mapping.ts";
import { wildcardPattern } from "../../ecs/pattern.ts";
import { type KqlNode, type Literal, literalText } from "../../kql/ast.ts";
import { necessaryRaw } from "../../kql/necessary.ts";
import { RAW_FORMS, type RawForm } from "../../normalize/normalize.ts";
import type { Rule } from "../rule.ts";
import { indexScope } from "../scope.ts";
import { required } from "./required.ts";

/** The raw forms that a rule names in its index, and is for. */
export function rawFormsOf({ index }: Pick<Rule, "index">): readonly RawForm[] {
  const named = index?.filter((pattern) => RAW_FORMS.some(({ dataStream }) => isFor(pattern, dataStream)));
  if (named === undefined || named.length === 0) return [];
  const inScope = indexScope(named);
  return RAW_FORMS.filter(({ dataStream }) => inScope(dataStream) === "in");
}

/** `logs-aws.cloudtrail-*`, and not `logs-*`. */
function isFor(pattern: string, dataStream: string): boolean {
  const [source = ""] = dataStream.split(".", 1);
  return pattern.startsWith(source);
}

/** Why a rule finds nothing in raw events, or less than its author may think: in words, none where it runs as it is. */
export function rawLimits(rule: Rule, query: KqlNode, types: FieldTypes): string[] {
  const forms = rawFormsOf(rule);
  const cannot = forms.flatMap((form) => {
    const why = whySilent(rule, query, types, form);
    return why === undefined ? [] : [`cannot fire on raw ${form.name} events: ${why}`];
  });
  return [...cannot, ...dataEvents(query, forms)];
}

/** Why no raw event of a form can be a finding of the rule's, or undefined. */
export function whySilent(
  rule: Rule,
  query: KqlNode,
  types: FieldTypes,
  { name: form, origins }: RawForm,
): string | undefined {
  const names = new Set([...rule.new_terms.value, ...required(query)]);
  const missing = [...names].filter((name) => origins(types(name).source ?? name) === undefined);
  if (missing.length > 0) {
    const isAsn = form === "CloudTrail" && missing.some((name) => name.startsWith("source.as."));
    const hint = isAsn
      ? ", which takes a database of networks (ASN): sources.asnDatabase of a stage, here ASN_DATABASE"
      : "";
    return `they have no ${missing.join(" and ")}${hint}`;
  }
  return necessaryRaw(query, types, origins) === undefined ? "they have not what its query asks for" : undefined;
}

/**
 * Calls that a trail logs only where an event selector names them, by who provides them.
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
 */
const DATA_EVENTS = `
s3.amazonaws.com GetObject PutObject CopyObject DeleteObject DeleteObjects HeadObject ListObjects UploadPart
s3.amazonaws.com CompleteMultipartUpload GetObjectAcl PutObjectAcl GetObjectTagging PutObjectTagging RestoreObject
lambda.amazonaws.com Invoke InvokeWithResponseStream
sns.amazonaws.com Publish PublishBatch
sqs.amazonaws.com SendMessage SendMessageBatch ReceiveMessage DeleteMessage DeleteMessageBatch
dynamodb.amazonaws.com GetItem PutItem UpdateItem DeleteItem BatchGetItem BatchWriteItem Query Scan
dynamodb.amazonaws.com TransactGetItems TransactWriteItems ExecuteStatement BatchExecuteStatement ExecuteTransaction
cognito-identity.amazonaws.com GetId GetCredentialsForIdentity GetOpenIdToken
`
  .trim()
  .split("\n")
  .map((line) => line.split(" "));

function dataEvents(query: KqlNode, forms: readonly RawForm[]): string[] {
  if (!forms.some(({ name }) => name === "CloudTrail")) return [];
  const providers = asked(query, "event.provider");
  const actions = asked(query, "event.action");
  const isOf = (values: readonly Literal[], text: string) => values.some((value) => fits(value, text));
  const rows = DATA_EVENTS.filter(([provider = ""]) => isOf(providers, provider));
  const names = [...new Set(rows.flatMap(([, ...calls]) => calls.filter((call) => isOf(actions, call))))];
  if (names.length === 0) return [];
  const isAll = actions.every((value) => names.some((name) => fits(value, name)));
  const whose = isAll ? "needs" : "finds a part of what it looks for in";
  return [`${whose} data events (${names.join(", ")}), which a trail does not log by default`];
}

function fits(value: Literal, text: string): boolean {
  return value.kind === "wildcard" ? wildcardPattern(value.segments)(text) : literalText(value) === text;
}

/** The values that a query asks of a field, without those that it excludes. */
function asked(node: KqlNode, name: string): Literal[] {
  switch (node.kind) {
    case "and":
    case "or":
      return node.nodes.flatMap((child) => asked(child, name));
    case "is":
      return node.field !== null && literalText(node.field) === name ? [node.value] : [];
    default:
      return [];
  }
}
