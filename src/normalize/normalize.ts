import type { EcsEvent, JsonObject } from "../ecs/json.ts";
import type { Origins } from "../ecs/origin.ts";
import { cloudTrailOrigins, fromCloudTrail, fromDigest } from "./cloudtrail.ts";
import { fromKubernetesAudit, kubernetesAuditOrigins } from "./kubernetes-audit.ts";
import { type NormalisedShape, type RawShape, recognised } from "./raw-shape.ts";

/** An event as rules look at it. */
export interface Normalised {
  /** ECS, where a normaliser takes the document's shape, or else the document itself. */
  readonly event: EcsEvent;
  /** The raw shape it came in; none of ECS, and of what nobody knows. */
  readonly shape: RawShape | undefined;
}

type Normaliser = (raw: JsonObject, logGroup: string | undefined) => EcsEvent;

const NORMALISERS: Readonly<Record<NormalisedShape, Normaliser>> = {
  cloudtrail: fromCloudTrail,
  cloudtrail_insight: fromCloudTrail,
  cloudtrail_digest: fromDigest,
  kubernetes_audit: fromKubernetesAudit,
};

/**
 * A document as ECS: what Elastic's ingest pipelines make of it, where it has a raw shape that is known here. Told by
 * looking. ECS is left alone, so what is normalised stays as it is. Pure, and total.
 * @param logGroup the log group that CloudWatch Logs had it in
 */
export function normalise(document: JsonObject, logGroup?: string): Normalised {
  const found = recognised(document);
  if (found === undefined) return { event: document, shape: undefined };
  const { shape, raw } = found;
  const normaliser = (NORMALISERS as Readonly<Record<string, Normaliser | undefined>>)[shape];
  return { event: normaliser === undefined ? document : normaliser(raw, logGroup), shape };
}

/** A data stream that is made of raw documents, and what of it stands in their text. */
export interface RawForm {
  /** What people call it. */
  readonly name: string;
  /** What its events are called, `{type}-{dataset}-{namespace}`. */
  readonly dataStream: string;
  /** Keys of which one stands in each raw document. */
  readonly keys: readonly string[];
  readonly origins: Origins;
}

export const RAW_FORMS: readonly RawForm[] = [
  {
    name: "CloudTrail",
    dataStream: "logs-aws.cloudtrail-default",
    keys: ["eventName", "insightDetails", "digestS3Bucket"],
    origins: cloudTrailOrigins,
  },
  {
    name: "Kubernetes audit",
    dataStream: "logs-kubernetes.audit_logs-default",
    keys: ["auditID"],
    origins: kubernetesAuditOrigins,
  },
];
