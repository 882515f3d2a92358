import { isObject, type JsonObject, type JsonValue, parseExact } from "../ecs/json.ts";
import { isLeaf, leafText } from "../ecs/leaf.ts";
import { fieldPath } from "../ecs/path.ts";
import type { ReplayFinding, RuleResult } from "../workbench/replay-result.ts";
import { eventLines } from "./event.ts";
import { type Html, html } from "./html.ts";
import { severityMark, termsOf } from "./marks.ts";
import type { Selection } from "./selection.ts";
import { heads, table } from "./table.ts";
import { count, counted, shown, time } from "./words.ts";

/** Combinations that are listed where findings are only summed up. */
const MOST_SUMS = 200;
const SUM_LENGTH = 80;
const REASON_LENGTH = 300;
/** Beside others in a row; the whole event is below. */
const CELL_LENGTH = 80;
const DETAIL_LENGTH = 400;
/** Values of one field. */
const MOST_VALUES = 5;

const COLUMNS = [
  { label: "Time (UTC)" },
  { label: "Rule" },
  { label: "New combination" },
  { label: "Host" },
  { label: "Process" },
  { label: "User" },
  { label: "Destination" },
];

const HOST = [fieldPath("host.name"), fieldPath("host.id")];
const PROCESS = [fieldPath("process.executable"), fieldPath("process.name")];
const USER = [fieldPath("user.name"), fieldPath("user.id")];
const DESTINATION = [fieldPath("destination.ip"), fieldPath("destination.domain"), fieldPath("destination.address")];
const DETAILS = [
  ["Command", [fieldPath("process.command_line")]],
  ["Parent", [fieldPath("process.parent.executable"), fieldPath("process.parent.name")]],
] as const;

/** All findings, as far as they fit, latest first; then what the others come to. */
export function findingsSection(
  selection: Selection,
  rows: readonly Html[],
  rules: ReadonlyMap<string, RuleResult>,
): Html {
  const { shown: each, sums, total } = selection;
  return html`<section id="findings" aria-labelledby="findings-head">
<h2 id="findings-head">Findings</h2>
${total === 0 ? html`<p class="nothing">No combination was new, beyond what was learned.</p>` : undefined}
${
  each.length < total
    ? html`<p class="note">The latest ${count(each.length)} of ${counted(total, "finding")} are shown each by itself, quiet rules in full before noisy ones. The other ${count(total - each.length)} are <a href="#rest">summed up by rule and combination</a>.</p>`
    : undefined
}
${each.length === 0 ? undefined : list(rows, [...new Set(each.map(({ ruleId }) => ruleId))], rules)}
${sums.length === 0 ? undefined : rest(selection, rules)}
</section>`;
}

function list(rows: readonly Html[], ruleIds: readonly string[], rules: ReadonlyMap<string, RuleResult>): Html {
  return html`<form id="filter" role="search" aria-label="Findings" hidden>
<label>Filter <input type="search" id="filter-text" autocomplete="off" spellcheck="false"></label>
<label>Rule <select id="filter-rule"><option value="">all rules</option>${ruleIds.map(
    (id) => html`<option value="${id}">${(rules.get(id)?.name ?? id).slice(0, 100)}</option>`,
  )}</select></label>
<output id="filter-count" for="filter-text filter-rule"></output>
</form>
<table class="sortable findings" id="finding-table"><caption>Findings, latest first: below each its reason, which opens the event</caption>
<thead>${heads(COLUMNS)}</thead>
${rows}</table>`;
}

/** A finding: what is new about it in a row, and below it the reason, behind which the rest is. */
export function findingRows(finding: ReplayFinding, rule: RuleResult | undefined): Html {
  const body = parsed(finding.body);
  const name = text(body["kibana.alert.rule.name"]) || (rule?.name ?? finding.ruleId);
  const severity = text(body["kibana.alert.severity"]) || (rule?.severity ?? "");
  const cells = [
    html`${severityMark(severity)} ${shown(name, 100)}`,
    termsOf(rule?.fields ?? [], finding.terms),
    ...[HOST, PROCESS, USER, DESTINATION].map((paths) => firstOf(paths, body, CELL_LENGTH)),
  ];
  return html`<tbody data-rule="${finding.ruleId}"><tr><th scope="row">${time(finding.at)}</th>${cells.map(
    (cell, index) => html`<td data-label="${COLUMNS[index + 1]?.label}">${cell}</td>`,
  )}</tr>
<tr class="more"><td colspan="${COLUMNS.length}"><details><summary>${shown(text(body["kibana.alert.reason"]) || "The finding", REASON_LENGTH)}</summary>
<dl class="details">${details(finding, body)}</dl>
${eventLines(body)}</details></td></tr></tbody>
`;
}

function details({ source, line }: ReplayFinding, body: JsonObject): Html[] {
  const entry = (label: string, value: Html | undefined) =>
    value === undefined ? [] : [html`<div><dt>${label}</dt><dd>${value}</dd></div>`];
  const own = (label: string, key: string) => {
    const value = text(body[key]);
    return entry(label, value === "" ? undefined : shown(value));
  };
  const overflow = body["new_terms_stream.overflow"];
  return [
    ...DETAILS.flatMap(([label, paths]) => entry(label, firstOf(paths, body, DETAIL_LENGTH))),
    ...own("Event time", "kibana.alert.original_time"),
    ...own("Seen before", "new_terms_stream.previous_seen"),
    ...entry("From", html`${shown(source)}, line ${count(line)}`),
    ...own("Finding id", "kibana.alert.uuid"),
    ...(isObject(overflow)
      ? entry(
          "Overflow",
          html`${text(overflow["evaluated"])} of ${text(overflow["combinations"])} combinations looked at`,
        )
      : []),
    ...entry("Left out", listed(body["new_terms_stream.truncated"])),
  ].flat();
}

function rest({ sums, shown: each, total }: Selection, rules: ReadonlyMap<string, RuleResult>): Html {
  const more = sums.slice(MOST_SUMS);
  const listedSums = table({
    caption: "Combinations with findings not shown above",
    isSortable: true,
    columns: [
      { label: "Combination" },
      { label: "Rule" },
      { label: "Findings", kind: "number" },
      { label: "First" },
      { label: "Last" },
    ],
    rows: sums
      .slice(0, MOST_SUMS)
      .map(({ ruleId, terms, findings, first, last }) => [
        termsOf(rules.get(ruleId)?.fields ?? [], terms, SUM_LENGTH),
        shown(rules.get(ruleId)?.name ?? ruleId, SUM_LENGTH),
        count(findings),
        time(first),
        time(last),
      ]),
  });
  return html`<h3 id="rest">The other ${counted(total - each.length, "finding")}</h3>
${listedSums}
${
  more.length === 0
    ? undefined
    : html`<p>And, with ${(more[0]?.findings ?? 0) === 1 ? "one finding" : `at most ${count(more[0]?.findings ?? 0)} findings`} each:</p>
${table({
  caption: "Further combinations, by rule",
  columns: [{ label: "Rule" }, { label: "Combinations", kind: "number" }, { label: "Findings", kind: "number" }],
  rows: [...Map.groupBy(more, ({ ruleId }) => ruleId)].map(([ruleId, own]) => [
    shown(rules.get(ruleId)?.name ?? ruleId),
    count(own.length),
    count(own.reduce((sum, { findings }) => sum + findings, 0)),
  ]),
})}`
}`;
}

/** The values of the first of these fields that the event has. */
function firstOf(
  paths: readonly { values(event: JsonObject): JsonValue[] }[],
  event: JsonObject,
  limit?: number,
): Html | undefined {
  for (const path of paths) {
    const found = listed(path.values(event), limit);
    if (found !== undefined) return found;
  }
  return undefined;
}

function listed(value: JsonValue | undefined, limit?: number): Html | undefined {
  const all = Array.isArray(value)
    ? (value as readonly JsonValue[]).map(text).filter((one) => one !== "" && one !== "-")
    : [];
  if (all.length === 0) return undefined;
  const more = all.length - MOST_VALUES;
  return html`${all.slice(0, MOST_VALUES).map((one, index) => html`${index > 0 ? ", " : ""}${shown(one, limit)}`)}${more > 0 ? html`<span class="cut">, and ${count(more)} more</span>` : undefined}`;
}

function text(value: JsonValue | undefined): string {
  return value !== undefined && value !== null && isLeaf(value) ? leafText(value) : "";
}

/** An event of a replay may have been published in parts, or not at all: no body is no reason to have no report. */
function parsed(body: string): JsonObject {
  try {
    const value = parseExact(body);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
