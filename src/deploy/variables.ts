import { PACKAGED_ASN_DATABASE } from "./build.ts";
import type { Settings } from "./settings.ts";

/** The canary's period. */
const CANARY_MINUTES = 5;
/** As many records as a day must have for it to be odd that none matches. */
const QUIET_DAY_RECORDS = 1000;

/** What serverless.yml and infra/*.yml read as `${settings:name}`; of no account where a condition leaves its place out. */
export function variablesOf(settings: Settings): Readonly<Record<string, unknown>> {
  const { stream, sources, history, findings, rules, operations, canary, logs, tags, rollback } = settings;
  const retention = stream?.retentionHours ?? 168;
  const { silentAfterMinutes } = operations;
  /** The canary's events of so many minutes, and one for the edges. */
  const canaryEvents = (minutes: number) => (canary ? Math.ceil(minutes / CANARY_MINUTES) + 1 : 0);
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
    eventBus: findings.export.eventBus ?? "",
    archiveDays: findings.archiveDays,
    counters: String(history.counters),
    learn: rules.learn,
    learnUntil: rules.learnUntil ?? "",
    longValues: rules.longValues,
    asnDatabase: sources.asnDatabase === undefined ? "" : PACKAGED_ASN_DATABASE,
    canary: String(canary),
    silentAfterMinutes,
    silentAfterSeconds: silentAfterMinutes * 60,
    silentRecords: canaryEvents(silentAfterMinutes),
    canaryMatches: canaryEvents(24 * 60),
    quietDayRecords: QUIET_DAY_RECORDS + canaryEvents(24 * 60),
    logRetention: logs.retentionDays,
    tags,
    rollback: {
      MonitoringTimeInMinutes: rollback?.minutes ?? 0,
      RollbackTriggers: (rollback?.alarms ?? []).map((Arn) => ({ Arn, Type: "AWS::CloudWatch::Alarm" })),
    },
  };
}
