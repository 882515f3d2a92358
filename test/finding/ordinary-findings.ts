import type { EcsEvent } from "../../src/ecs/json.ts";
import type { Term } from "../../src/ecs/semantics.ts";
import type { FindingFacts } from "../../src/finding/document.ts";
import { someRule } from "../support/rules.ts";

const NOW = Date.parse("2026-05-25T10:00:00Z");

const rule = someRule({
  rule_id: "ad02da2f-443d-454c-a12e-d9e6c65831ff",
  name: "Suspicious request",
  description: 'Says "what" it finds — in full.',
  version: "2026/05/12",
  query: 'host.os.type:"linux" and\n  process.name:*',
  author: ["Elastic"],
  license: "Elastic License v2",
  tags: ["Domain: Endpoint", "OS: Linux"],
  references: ["https://example.com/a?b=c&d"],
  false_positives: ["Administrators."],
  threat: [
    {
      framework: "MITRE ATT&CK",
      tactic: { id: "TA0006", name: "Credential Access", reference: "https://attack.mitre.org/tactics/TA0006/" },
      technique: [{ id: "T1552", name: "Unsecured", reference: "https://attack.mitre.org/techniques/T1552/" }],
    },
  ],
  note: "## Triage\n\n- look\tclosely",
  setup: "## Setup\n",
  index: ["logs-endpoint.events.network*"],
  filters: [{ meta: { negate: true }, query: { match_phrase: { "process.name": "curl" } } }],
  investigation_fields: { field_names: ["host.name", "process.name"] },
  timestamp_override: "event.ingested",
});

const event: EcsEvent = {
  "@timestamp": "2026-05-25T09:59:58.123Z",
  event: { id: "e-1", kind: "event", category: ["network", "process"], original: "raw" },
  "event.outcome": "success",
  data_stream: { type: "logs", dataset: "endpoint.events.network", namespace: "prod" },
  host: { id: "h1", name: "web-1", uptime: JSON.rawJSON("1.0") },
  process: { name: "curl", executable: "/usr/bin/curl", args: ["curl", "-H", "é\u{1f600}\u2028"], pid: 4711 },
  "process.parent.name": "bash",
  source: { ip: "10.0.0.1", port: 40_000 },
  destination: { ip: "169.254.169.254", port: 80 },
  user: { name: ["root", "-"] },
  custom: { anything: [null, { deep: [[1]] }] },
  "7": true,
};

function keyword(text: string): Term {
  return { tag: "keyword", text, value: text };
}

const facts: FindingFacts = {
  type: "finding",
  rule,
  event,
  terms: [keyword("h1"), keyword("/usr/bin/curl")],
  findingId: "0123456789abcdef0123456789abcdef",
  triggerId: "e-1",
  firstSeen: NOW,
  previousSeen: undefined,
  arrival: NOW - 1500,
  now: NOW + 40,
};

const { "@timestamp": _, ...timeless } = event;

/** Findings whose bodies stand in ordinary-findings.jsonl, a line for each, as subscribers have been getting them. */
export const ORDINARY_FINDINGS: readonly FindingFacts[] = [
  facts,
  { ...facts, previousSeen: NOW - 8 * 86_400_000 },
  { ...facts, type: "overflow", terms: [], overflow: { combinations: 5000, evaluated: 1000 } },
  { ...facts, terms: [keyword("h1"), keyword(`/${"é".repeat(3000)}`)] },
  { ...facts, rule: { ...rule, building_block_type: "default", rule_name_override: "process.name" } },
  { ...facts, event: { ...timeless, "@timestamp": 1_748_167_198_123 } },
  { ...facts, event: timeless, rule: someRule() },
];
