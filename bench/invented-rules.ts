import type { Rule } from "../src/rule/rule.ts";

// 110 rules of the shape of Elastic's, for a machine without those: a few fields that tell kinds of events
// apart, a list of values, a pattern or two, and exceptions.

interface Family {
  readonly index: readonly string[];
  readonly query: (number: number) => string;
}

const endpoint = (os: string, category: string, more: (number: number) => string): Family => ({
  index: [`logs-endpoint.events.${category}*`, "endgame-*"],
  query: (number) => `host.os.type:${os} and event.category:${category} and ${more(number)}`,
});

const log = (dataset: string, more: (number: number) => string): Family => ({
  index: [`logs-${dataset}-*`, "filebeat-*"],
  query: (number) => `data_stream.dataset:"${dataset}" and event.outcome:success and ${more(number)}`,
});

const action = (number: number) => `event.action:("Create${number}" or "Delete${number}" or "Put${number}")`;
const tool = (number: number) => `process.name:("tool-${number}" or "helper-${number}.exe" or cmd${number}*)`;

const FAMILIES: readonly Family[] = [
  endpoint(
    "windows",
    "process",
    (number) => `event.type:start and ${tool(number)} and not process.parent.name:a${number}`,
  ),
  endpoint("windows", "registry", (number) => `registry.path:(*\\\\Run${number}\\\\* or *\\\\Services\\\\x${number}*)`),
  endpoint(
    "linux",
    "process",
    (number) => `event.type:start and ${tool(number)} and process.args:(-${number} or *x${number}*)`,
  ),
  endpoint(
    "linux",
    "network",
    (number) => `destination.ip:(203.0.113.${number} or 10.${number}.0.0/16) and ${tool(number)}`,
  ),
  endpoint("linux", "file", (number) => `file.path:(/etc/x${number}* or /opt/*/y${number}) and not user.name:root`),
  log("aws.cloudtrail", (number) => `event.provider:"s${number}.amazonaws.com" and ${action(number)}`),
  log("system.security", (number) => `event.code:"47${number}" and not winlog.event_data.SubjectUserName:*$`),
  log(
    "auditd_manager.auditd",
    (number) => `auditd.data.syscall:(mount${number} or setns${number}) and ${tool(number)}`,
  ),
  log("o365.audit", (number) => `${action(number)} and not user_agent.original:*bot${number}*`),
  log("azure.signinlogs", (number) => `${action(number)} and source.geo.country_iso_code:X${number}`),
  log("github.audit", (number) => `${action(number)} and user.name:*-${number}@example.org`),
];

export function inventedRules(): Partial<Rule>[] {
  return FAMILIES.flatMap(({ index, query }, family) =>
    Array.from({ length: 10 }, (_, number) => {
      const id = `${family}-${number}`;
      return { rule_id: id, name: id, index: [...index], query: query(number) };
    }),
  );
}
