import type { FieldTypes } from "../../ecs/mapping.ts";
import type { KqlNode } from "../../kql/ast.ts";
import { RAW_FORMS } from "../../normalize/normalize.ts";
import type { Rule } from "../rule.ts";
import { rawFormsOf, whySilent } from "./raw-events.ts";
import { required } from "./required.ts";

/** Sources whose events become ECS only in an ingest pipeline of their integration. */
const PIPELINE_ROOTS = new Set([
  "aws",
  "azure",
  "fortinet",
  "gcp",
  "github",
  "google_workspace",
  "kubernetes",
  "o365",
  "okta",
]);

/** Of these, raw events are made ECS of here. */
const RAW_ROOTS = new Set(["aws", "kubernetes"]);

/** Why events straight from an agent do not have a field, where they do not. */
export function madeByPipeline(name: string): string | undefined {
  const root = rootOf(name);
  if (name.includes(".geo.") || name.includes(".as.")) return "added by GeoIP in an ingest pipeline";
  if (name === "event.ingested") return "set by an ingest pipeline; arrival stands for it";
  if (name.startsWith("kibana.alert.")) return "of Kibana's alerts";
  if (RAW_FORMS.some(({ origins }) => RAW_ROOTS.has(root) && origins(name) !== undefined)) {
    return `made of raw ${root} events, here or by an ingest pipeline`;
  }
  if (PIPELINE_ROOTS.has(root)) return `made of raw ${root} events by an ingest pipeline`;
  return undefined;
}

function rootOf(name: string): string {
  return name.slice(0, Math.max(name.indexOf("."), 0));
}

/**
 * What the rule's events must have been through before they come, as in `aws, GeoIP`: where a new_terms field is made by
 * a pipeline, a field without which the query cannot match, or where each of the rule's indices is a pipeline's.
 */
export function pipelinesNeeded(rule: Rule, query: KqlNode, types: FieldTypes): readonly string[] {
  // What comes raw is made ECS of here.
  if (rawFormsOf(rule).some((form) => whySilent(rule, query, types, form) === undefined)) return [];
  const needed = new Set<string>();
  for (const name of [...rule.new_terms.value, ...required(query)]) {
    if (name.includes(".geo.") || name.includes(".as.")) needed.add("GeoIP");
    if (PIPELINE_ROOTS.has(rootOf(name))) needed.add(rootOf(name));
  }
  const sources = (rule.index ?? []).filter((pattern) => !pattern.startsWith("-")).map(pipelineOf);
  if (!sources.includes(undefined)) for (const source of sources) if (source !== undefined) needed.add(source);
  return [...needed].sort();
}

/** The source of a data stream such as `logs-aws.cloudtrail-*`, where that is a pipeline's. */
function pipelineOf(pattern: string): string | undefined {
  const [, dataset = ""] = pattern.split("-");
  const [source = ""] = dataset.split(/[.*]/, 1);
  return PIPELINE_ROOTS.has(source) ? source : undefined;
}
