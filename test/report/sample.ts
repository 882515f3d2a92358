import type {
  Day,
  ReplayFinding,
  ReplayResult,
  RuleResult,
  TopCombination,
} from "../../src/workbench/replay-result.ts";

// A replay as it might have been: 30 days, five rules that match, three that do not, and an attacker who knows of the page.

export const HOSTILE = [
  "<script>alert(1)</script>",
  `"><img src=x onerror=alert(2)>`,
  "</td></table></script><svg onload=alert(3)>",
  "javascript:alert(4)",
  "report\u202efdp.exe",
  "zero\u200bwidth\u2060and\u0000nul\u001b[31mred",
  "' onmouseover='alert(5)",
  "`+alert(6)+` &lt;b&gt; <!-- ]]>",
  "\ud800 lone \u2028 line",
  "ש\u05dcום \u2067isolated",
  `long-${"A".repeat(3_000)}`,
  "",
];

const DAY_MS = 86_400_000;
const START = Date.parse("2026-10-28T00:00:00Z");
export const DAYS = 30;

interface Shape {
  readonly ruleId: string;
  readonly name: string;
  readonly severity: string;
  readonly windowDays: number;
  readonly fields: readonly string[];
  /** Findings on a day, by how long the replay has run. */
  readonly findings: (day: number) => number;
  readonly terms: (index: number) => readonly string[];
}

const TOOLS = [
  "/usr/bin/curl",
  "/usr/bin/python3.11",
  "/tmp/.x/agent",
  "/usr/bin/bash",
  "/opt/deploy/bin/roll",
  "/usr/bin/perl",
];
const HOSTS = ["web-prod-01", "web-prod-02", "batch-eu-7", "ci-runner-113", "ci-runner-114", "db-replica-2", "bastion"];

const SHAPES: readonly Shape[] = [
  {
    ruleId: "ad02da2f-443d-454c-a12e-d9e6c65831ff",
    name: "Suspicious Instance Metadata Service (IMDS) API Request",
    severity: "medium",
    windowDays: 7,
    fields: ["host.id", "process.executable"],
    findings: (day) => (day < 7 ? 24 - 3 * day : day === 19 ? 9 : day % 4 === 0 ? 2 : 0),
    terms: (index) => [`i-0${(0x3fa9c1 + index * 7919).toString(16)}`, TOOLS[index % TOOLS.length] ?? ""],
  },
  {
    ruleId: "28738f9f-7427-4d23-bc69-756708b5f624",
    name: "Suspicious File Created by a Build Job on a Shared Runner",
    severity: "low",
    windowDays: 14,
    fields: ["process.executable", "file.path"],
    findings: (day) => (day < 14 ? 30 - day : 11 + (day % 3)),
    terms: (index) => ["/usr/bin/node", `/tmp/build-${(index * 2_654_435_761) % 1_000_003}/out.js`],
  },
  {
    ruleId: "1f45720e-5ea8-11ef-90d2-f661ea17fbce",
    name: "First Time AWS CloudFormation Stack Creation by User",
    severity: "high",
    windowDays: 10,
    fields: ["cloud.account.id", "user.name"],
    findings: (day) => (day === 2 || day === 5 ? 2 : day === 23 ? 1 : 0),
    terms: (index) => ["123456789012", ["deploy-bot", "alice", "terraform", "m.okafor", "root"][index % 5] ?? ""],
  },
  {
    ruleId: "df0fd41e-5590-4965-ad5e-cd079ec22fa9",
    name: "First Time Seen Driver Loaded",
    severity: "critical",
    windowDays: 30,
    fields: ["dll.pe.original_file_name", "dll.code_signature.subject_name"],
    findings: (day) => (day % 9 === 3 ? 1 : 0),
    terms: (index) =>
      HOSTILE.length > 0 ? [HOSTILE[index % HOSTILE.length] ?? "", HOSTILE[(index + 1) % HOSTILE.length] ?? ""] : [],
  },
  {
    ruleId: "hostile-rule",
    name: `Rule named by an enemy <b onclick="x">\u202e & 'co'`,
    severity: "<high>",
    windowDays: 5,
    fields: ["user.name", "process.command_line", "host.name"],
    findings: (day) => (day >= 12 && day < 24 ? 1 : 0),
    terms: (index) => [0, 1, 2].map((at) => HOSTILE[(index + at) % HOSTILE.length] ?? ""),
  },
];

const SILENT: readonly [string, readonly string[]][] = [
  ["Unusual Windows Service Installed", ["winlog.event_id", "host.os.type"]],
  [
    "First Occurrence of GitHub Personal Access Token (PAT) Use",
    ["github.hashed_token", "github.programmatic_access_type"],
  ],
  ["Entra ID Sign-in From a New Country", []],
];

export interface Sample {
  readonly result: ReplayResult;
  readonly findings: readonly ReplayFinding[];
}

/** @param scale how many times as many findings */
export function sampleReplay(scale = 1): Sample {
  const findings: ReplayFinding[] = [];
  const rules = [...SHAPES.map((shape) => ruleOf(shape, scale, findings)), ...SILENT.map(silentRule)];
  findings.sort((a, b) => a.at.localeCompare(b.at));
  const result: ReplayResult = {
    from: iso(START + 61_000),
    to: iso(START + DAYS * DAY_MS - 4_000),
    lines: 1_284_551,
    events: 1_279_040,
    skipped: 902_114,
    rejected: 412,
    rawShapes: { cloudtrail: 12, okta: 3 },
    rejections: { not_json: 305, too_large: 4, "<img src=x onerror=alert(7)>": 103 },
    untimed: 17,
    outside: 230,
    matched: rules.reduce((sum, { matched }) => sum + matched, 0),
    excepted: rules.reduce((sum, { excepted }) => sum + excepted, 0),
    findings: findings.length,
    rules,
  };
  return { result, findings };
}

function ruleOf(shape: Shape, scale: number, findings: ReplayFinding[]): RuleResult {
  const { ruleId, name, severity, windowDays, fields } = shape;
  const days: Day[] = [];
  const top = new Map<string, TopCombination>();
  const hosts = new Map<string, number>();
  let index = 0;
  for (let day = 0; day < DAYS; day++) {
    const number = shape.findings(day) * scale;
    for (let at = 0; at < number; at++, index++) {
      const terms = shape.terms(index);
      const host = index % 3 === 0 ? "ci-runner-113" : (HOSTS[index % HOSTS.length] ?? "");
      findings.push(
        findingOf(shape, { terms, host, index, at: START + day * DAY_MS + ((at + 0.5) / number) * DAY_MS }),
      );
      top.set(JSON.stringify(terms), { terms, findings: 1, sightings: 4_000 - ((index * 37) % 3_900) });
      hosts.set(host, (hosts.get(host) ?? 0) + 1);
    }
    const learned = day === 0 ? 6 : 0;
    days.push({ day: iso(START + day * DAY_MS).slice(0, 10), findings: number, learned, isLearning: day < windowDays });
  }
  const isLacking = ruleId.startsWith("ad02");
  return {
    ...{ ruleId, name, severity, fields, days },
    path: `rules/${ruleId}.toml`,
    windowMs: windowDays * DAY_MS,
    matched: index * 41 + 260,
    withoutTerms: isLacking ? 260 : 0,
    missing: isLacking ? { "process.executable": 248, "host.id": 12 } : {},
    excepted: isLacking ? 31 : 0,
    exceptions: isLacking
      ? [
          { ...{ name: "Backup agent", path: "exceptions/a.toml", line: 12 }, expires: iso(START), excepted: 31 },
          { name: "Old scanner", path: "exceptions/a.toml", line: 30, excepted: 0 },
        ]
      : [],
    sightings: index * 41,
    combinations: top.size + 6,
    learned: 6,
    findings: index,
    top: [...top.values()].sort((a, b) => b.sightings - a.sightings).slice(0, 10),
    hosts: [...hosts].map(([host, count]) => ({ host, findings: count })).sort((a, b) => b.findings - a.findings),
  };
}

function silentRule([name, unseen]: readonly [string, readonly string[]], index: number): RuleResult {
  return {
    ...{ ruleId: `silent-${index}`, name, path: `rules/silent-${index}.toml`, severity: "low", windowMs: 7 * DAY_MS },
    ...{
      fields: ["host.id"],
      matched: 0,
      withoutTerms: 0,
      excepted: 0,
      exceptions: [],
      missing: {},
      unseen,
      sightings: 0,
      combinations: 0,
    },
    ...{ learned: 0, findings: 0, days: [], top: [], hosts: [] },
  };
}

interface Facts {
  readonly terms: readonly string[];
  readonly host: string;
  readonly index: number;
  readonly at: number;
}

function findingOf({ ruleId, name, severity }: Shape, { terms, host, index, at }: Facts): ReplayFinding {
  const hostile = ruleId === "hostile-rule" ? (HOSTILE[index % HOSTILE.length] ?? "") : undefined;
  const tool = TOOLS[index % TOOLS.length] ?? "";
  const user = hostile ?? ["root", "deploy", "jenkins"][index % 3] ?? "";
  const processName = tool.slice(tool.lastIndexOf("/") + 1);
  const body = {
    "@timestamp": iso(at + 40),
    agent: { id: "b1f0", type: "endpoint", version: "9.4.0" },
    data_stream: { type: "logs", dataset: "endpoint.events.network", namespace: "prod" },
    host: {
      id: `i-0${index.toString(16)}`,
      name: hostile ?? host,
      os: { type: "linux", name: "Debian", version: "12" },
      ip: ["10.3.0.7", "fe80::1"],
    },
    process: {
      executable: hostile ?? tool,
      name: processName,
      pid: 1000 + index,
      args: [processName, "-sS", "http://169.254.169.254/latest/meta-data/iam/"],
      command_line: hostile ?? `${processName} -sS http://169.254.169.254/latest/meta-data/iam/`,
      parent: { executable: "/usr/bin/bash", name: "bash", pid: 900 },
    },
    user: { name: hostile === undefined ? user : [hostile, "root"], id: "0" },
    source: { ip: "10.3.0.7", port: 40_000 + (index % 20_000) },
    destination: { ip: "169.254.169.254", port: 80 },
    ...(hostile === undefined ? {} : { [hostile || "empty"]: hostile, labels: [{ [hostile]: hostile }] }),
    event: {
      id: `e-${index}`,
      kind: "signal",
      category: ["network"],
      action: "connection_attempted",
      dataset: "endpoint.events.network",
    },
    "kibana.alert.uuid": (index * 2_654_435_761).toString(16).padStart(32, "0"),
    "kibana.alert.severity": severity,
    "kibana.alert.risk_score": 47,
    "kibana.alert.reason": `network event with process ${processName}, parent process bash, source 10.3.0.7:40000, destination 169.254.169.254:80, by ${user} on ${host} created ${severity} alert ${name}.`,
    "kibana.alert.original_time": iso(at),
    "kibana.alert.original_event.kind": "event",
    "kibana.alert.new_terms": terms,
    "kibana.alert.rule.name": name,
    "kibana.alert.rule.note": "How to investigate. ".repeat(40),
    "new_terms_stream.engine": "firstsight",
    ...(index % 5 === 4 ? { "new_terms_stream.previous_seen": iso(at - 12 * DAY_MS) } : {}),
  };
  return {
    ruleId,
    terms,
    at: iso(at),
    source: "events/2026-11.ndjson.gz",
    line: 1_000 + index * 13,
    body: JSON.stringify(body),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
