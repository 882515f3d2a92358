import { isNormalised, type RawShape, SHAPE_NAMES } from "../normalize/raw-shape.ts";
import type { ReplayResult, RuleResult } from "../workbench/replay-result.ts";
import { type Html, html } from "./html.ts";
import { table } from "./table.ts";
import { count, counted, portion, shown } from "./words.ts";

/** Fields of one rule that are named. */
const MOST_EXCEPTIONS = 200;
const MOST_FIELDS = 12;

/** Why there may be less here than there was to find. */
export function quality(result: ReplayResult): Html {
  const { rules } = result;
  const silent = rules.filter(({ matched }) => matched === 0);
  const blind = silent.filter(({ unseen = [] }) => unseen.length > 0);
  const quiet = silent.filter(({ unseen = [] }) => unseen.length === 0);
  return html`<section id="quality" aria-labelledby="quality-head">
<h2 id="quality-head">Data quality</h2>
<div class="pair">
${readings(result)}
${rejections(result)}
</div>
${rawShapes(result)}
${withoutTerms(rules)}
${exceptions(rules)}
${blind.length === 0 ? undefined : blindRules(blind)}
${
  quiet.length === 0
    ? undefined
    : html`<h3>Rules that nothing matched</h3><p>The events have the fields that ${quiet.length === 1 ? "this rule reads" : "these rules read"}, and none of them matched.</p><ul class="names">${quiet.map((rule) => html`<li>${shown(rule.name)}</li>`)}</ul>`
}
</section>`;
}

function readings({ lines, events, skipped, rejected, untimed, outside }: ReplayResult): Html {
  const rows: [string, number, string][] = [
    ["Lines read", lines, ""],
    ["Events looked at", events, ""],
    ["Passed over", skipped, "lines that hold nothing a rule asks for, unparsed"],
    ["Rejected", rejected, "not readable as events"],
    ["Untimed", untimed, "matches without a time of their own, taken for now"],
    ["Outside", outside, "matches before or after the period asked for"],
  ];
  return table({
    caption: "What was read",
    columns: [{ label: "What" }, { label: "Count", kind: "number" }, { label: "Meaning" }],
    rows: rows.map(([what, number, meaning]) => [what, count(number), meaning]),
  });
}

function rejections({ rejections: reasons }: ReplayResult): Html {
  const all = Object.entries(reasons).sort((a, b) => b[1] - a[1]);
  if (all.length === 0) return html`<p class="nothing">Nothing was rejected.</p>`;
  return table({
    caption: "Rejected, by reason",
    columns: [{ label: "Reason" }, { label: "Count", kind: "number" }],
    rows: all.map(([reason, number]) => [html`<code>${shown(reason)}</code>`, count(number)]),
  });
}

/** Events that came raw: first those that no rule can match. */
function rawShapes({ rawShapes: counts }: ReplayResult): Html | undefined {
  const all = (Object.entries(counts) as [RawShape, number][]).map(
    ([shape, number]) => [shape, number, isNormalised(shape)] as const,
  );
  if (all.length === 0) return undefined;
  return table({
    caption: "Events that came raw, as their source writes them",
    columns: [{ label: "Shape" }, { label: "Events", kind: "number" }, { label: "Meaning" }],
    rows: all
      .toSorted(([, one, isOne], [, other, isOther]) => Number(isOne) - Number(isOther) || other - one)
      .map(([shape, number, isMade]) => [
        SHAPE_NAMES[shape],
        // Of lines that are passed over unparsed a few are looked at.
        isMade ? count(number) : `${count(number)} or more`,
        isMade ? "made ECS of" : html`<strong>not made ECS of here: no rule can match them</strong>`,
      ]),
  });
}

function withoutTerms(rules: readonly RuleResult[]): Html {
  const lacking = rules.filter((rule) => rule.withoutTerms > 0).sort((a, b) => b.withoutTerms - a.withoutTerms);
  if (lacking.length === 0) return html`<p class="nothing">Every match had the fields of its rule’s combination.</p>`;
  return table({
    caption: "Matches without terms, by the field they lack: no finding can come of them",
    columns: [
      { label: "Rule" },
      { label: "Missing field" },
      { label: "Matches", kind: "number" },
      { label: "Of the rule’s", kind: "number" },
    ],
    rows: lacking.flatMap((rule) =>
      Object.entries(rule.missing)
        .sort((a, b) => b[1] - a[1])
        .map(([field, number]) => [
          shown(rule.name),
          html`<code>${shown(field)}</code>`,
          count(number),
          portion(number, rule.matched),
        ]),
    ),
  });
}

function exceptions(rules: readonly RuleResult[]): Html | undefined {
  const all = rules.flatMap((rule) => rule.exceptions.map((exception) => ({ rule, exception })));
  if (all.length === 0) return undefined;
  return table({
    caption:
      "Exceptions, and the matches that each hides: one that hides nothing may be misspelt, or not needed any more",
    isSortable: true,
    columns: [{ label: "Rule" }, { label: "Exception" }, { label: "Expires" }, { label: "Matches", kind: "number" }],
    rows: all
      .toSorted((a, b) => b.exception.excepted - a.exception.excepted)
      .slice(0, MOST_EXCEPTIONS)
      .map(({ rule, exception: { name, expires = "", excepted } }) => [
        ...[shown(rule.name), shown(name), expires.slice(0, 16)],
        count(excepted),
      ]),
  });
}

function blindRules(rules: readonly RuleResult[]): Html {
  return html`<h3>Rules that saw no event with a field they read</h3>
<p>${counted(rules.length, "rule")} matched nothing, and no event looked through had these fields. Where the query depends on one, the rule is blind here.</p>
${table({
  caption: "Fields no event had",
  isSortable: true,
  columns: [{ label: "Rule" }, { label: "Fields" }],
  rows: rules.map(({ name, unseen = [] }) => [
    shown(name),
    html`${unseen.slice(0, MOST_FIELDS).map((field) => html`<code>${shown(field, 100)}</code> `)}${unseen.length > MOST_FIELDS ? `and ${count(unseen.length - MOST_FIELDS)} more` : undefined}`,
  ]),
})}`;
}
