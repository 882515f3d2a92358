import type { Settings } from "./settings.ts";

/** The conditions that infra/*.yml may name, decided at packaging: what a stage leaves out is not in its template. */
export function conditionsOf(settings: Settings): Readonly<Record<string, boolean>> {
  const { notify, export: exported } = settings.findings;
  const { stream, firehose, sources, history, findings, operations, canary, dashboard, vpc } = settings;
  return {
    HasStream: stream !== undefined,
    MakesStream: stream !== undefined && stream.arn === undefined,
    StreamIsProvisioned: stream?.mode === "PROVISIONED",
    StreamHasKey: stream?.kmsKey !== undefined,
    StreamHasOwnConsumer: stream?.consumer === "own",
    StreamHasSenders: (stream?.senders ?? []).length > 0,
    SubscribesLogGroups: sources.logGroups.length > 0,
    TakesCloudTrailEvents: sources.eventBridge,
    HasFirehose: firehose !== "none",
    MakesDeliveryStream: firehose === "stream",
    MakesTable: history.table === undefined,
    TableHasKey: history.kmsKey !== undefined,
    MakesFindingsKey: findings.kmsKey === undefined,
    ArchivesFindings: findings.archive,
    QueuesFindings: findings.queue,
    HasSubscribers: findings.archive || findings.queue || findings.subscriptions.length > 0,
    NotifiesPeople: notify.length > 0,
    NotifiesByEmail: notify.some(({ format }) => format === "email"),
    NotifiesByChat: notify.some(({ format }) => format === "chat"),
    ExportsFindings: exported.ocsf || exported.securityHub || exported.eventBus !== undefined,
    ExportsOcsf: exported.ocsf,
    ExportsToSecurityHub: exported.securityHub,
    ExportsToEventBus: exported.eventBus !== undefined,
    MakesOperationsTopic: operations.topic === undefined,
    HasCanary: canary,
    HasDashboard: dashboard,
    InVpc: vpc !== undefined,
  };
}

/** Functions of serverless.yml that a stage has none of, each with its condition. */
export const FUNCTION_CONDITIONS: Readonly<Record<string, string>> = {
  kinesis: "HasStream",
  firehose: "HasFirehose",
  retry: "HasFirehose",
  notify: "NotifiesPeople",
  export: "ExportsFindings",
};
