import type { Settings } from "./settings.ts";

/** What serverless.yml and infra/*.yml read as `${settings:name}`; of no account where a condition leaves its place out. */
export function variablesOf(settings: Settings): Readonly<Record<string, unknown>> {
  const { stream, history, findings, rules, operations, logs, tags, rollback } = settings;
  const retention = stream?.retentionHours ?? 168;
  return {
    region: settings.region,
    streamMode: stream?.mode ?? "PROVISIONED",
    shards: stream?.shards ?? 1,
    retentionHours: retention,
    // A seventh less than the stream keeps, so that what was given up on is put away before it is forgotten.
    maximumRecordAgeInSeconds: Math.min(Math.floor((retention * 3600 * 6) / 7), 604_800),
    quarterOfRetentionMs: (retention * 3_600_000) / 4,
    streamKey: stream?.kmsKey ?? "alias/aws/kinesis",
    startingPosition: stream?.startingPosition ?? "TRIM_HORIZON",
    parallelization: stream?.parallelization ?? 1,
    senders: stream?.senders ?? [],
    tableKey: history.kmsKey ?? "",
    maxReadUnits: history.maxReadUnits,
    maxWriteUnits: history.maxWriteUnits,
    archiveDays: findings.archiveDays,
    counters: String(history.counters),
    learn: rules.learn,
    learnUntil: rules.learnUntil ?? "",
    longValues: rules.longValues,
    silentAfterMinutes: operations.silentAfterMinutes,
    logRetention: logs.retentionDays,
    tags,
    rollback: {
      MonitoringTimeInMinutes: rollback?.minutes ?? 0,
      RollbackTriggers: (rollback?.alarms ?? []).map((Arn) => ({ Arn, Type: "AWS::CloudWatch::Alarm" })),
    },
  };
}
