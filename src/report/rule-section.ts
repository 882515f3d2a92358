import type { RuleResult } from "../workbench/replay-result.ts";
import { chart, share } from "./chart.ts";
import { type Span, spans } from "./days.ts";
import { type Html, html } from "./html.ts";
import { axisLabel, columnNote, legend, severityMark, spanLabel, termsOf } from "./marks.ts";
import { table } from "./table.ts";
import { count, counted, duration, shown } from "./words.ts";

/** One rule: what it found day by day, how its history filled, and which combinations and hosts make the noise. */
export function ruleSection(rule: RuleResult, id: string): Html {
  const all = spans(rule.days);
  const curve = cumulative(all);
  return html`<section class="rule" id="${id}" aria-labelledby="${id}-head">
<h3 id="${id}-head">${shown(rule.name)} ${severityMark(rule.severity)}</h3>
<p class="facts">${facts(rule)}</p>
<div class="pair">
${findingsADay(all)}
${learningCurve(all, curve)}
</div>
${numbers(all, curve)}
<div class="pair">
${combinations(rule)}
${hosts(rule)}
</div>
</section>
`;
}

function facts(rule: RuleResult): Html {
  const { matched, combinations: all, findings, learned, withoutTerms, excepted, fields, windowMs, path } = rule;
  return html`<b>${counted(findings, "finding")}</b> of ${counted(matched, "match", "matches")} in ${counted(all, "combination")} of ${fields.map(
    (field, index) => html`${index > 0 ? " + " : ""}<code>${field}</code>`,
  )}, new in ${duration(windowMs)}.${learned > 0 ? ` Learned without a finding: ${count(learned)}.` : ""}${
    withoutTerms > 0 ? ` Matches without terms: ${count(withoutTerms)}.` : ""
  }${excepted > 0 ? ` Matches that an exception hides: ${count(excepted)}.` : ""}
<span class="path">${shown(path)}</span>`;
}

function findingsADay(all: readonly Span[]): Html {
  const most = all.reduce((a, b) => (b.young + b.after > a.young + a.after ? b : a), all[0] ?? NO_SPAN);
  const title = `Findings a day, most on ${spanLabel(most)}: ${count(most.young + most.after)}.`;
  const columns = all.map((span) => ({
    label: axisLabel(span, all),
    title: `${spanLabel(span)}: ${counted(span.young + span.after, "finding")}`,
    parts: [
      { kind: "young" as const, value: span.young },
      { kind: "after" as const, value: span.after },
    ],
    isLearning: span.isLearning,
  }));
  return html`<figure><figcaption>Findings a day${columnNote(all)} ${legend(["young", "after", "shade"])}</figcaption>${chart({ title, columns })}</figure>`;
}

function learningCurve(all: readonly Span[], curve: readonly number[]): Html {
  const title = `New combinations a day, and all so far: ${count(curve.at(-1) ?? 0)} by the end.`;
  const columns = all.map((span, index) => ({
    label: axisLabel(span, all),
    title: `${spanLabel(span)}: ${count(news(span))} new, ${count(curve[index] ?? 0)} so far`,
    parts: [{ kind: "news" as const, value: news(span) }],
    isLearning: span.isLearning,
  }));
  return html`<figure><figcaption>Learning curve${columnNote(all)} ${legend(["news", "curve", "shade"])}</figcaption>${chart({ title, columns, curve })}</figure>`;
}

function numbers(all: readonly Span[], curve: readonly number[]): Html {
  return html`<details><summary>The numbers</summary>${table({
    caption: "Findings and new combinations a day",
    columns: [
      { label: "Day" },
      { label: "Learning" },
      { label: "Findings", kind: "number" },
      { label: "Learned", kind: "number" },
      { label: "New combinations", kind: "number" },
      { label: "All so far", kind: "number" },
    ],
    rows: all.map((span, index) => [
      spanLabel(span),
      span.isLearning ? "yes" : "no",
      count(span.young + span.after),
      count(span.learned),
      count(news(span)),
      count(curve[index] ?? 0),
    ]),
  })}</details>`;
}

function combinations({ top, fields }: RuleResult): Html {
  const most = Math.max(0, ...top.map(({ sightings }) => sightings));
  return table({
    caption: "Noisiest combinations",
    columns: [{ label: "Combination" }, { label: "Findings", kind: "number" }, { label: "Sightings", kind: "number" }],
    rows: top.map(({ terms, findings, sightings }) => [
      termsOf(fields, terms),
      count(findings),
      share(sightings, most),
    ]),
  });
}

function hosts({ hosts: all }: RuleResult): Html {
  if (all.length === 0) return html`<p class="nothing">No finding, so no host to name.</p>`;
  const most = Math.max(0, ...all.map(({ findings }) => findings));
  return table({
    caption: "Hosts with most findings",
    columns: [{ label: "Host" }, { label: "Findings", kind: "number" }],
    rows: all.map(({ host, findings }) => [shown(host), share(findings, most)]),
  });
}

const NO_SPAN: Span = { from: "", to: "", young: 0, after: 0, learned: 0, isLearning: false, days: 1 };

/** Combinations new to the history: found, or learned without a finding. */
function news({ young, after, learned }: Span): number {
  return young + after + learned;
}

function cumulative(all: readonly Span[]): number[] {
  let sum = 0;
  return all.map((span) => {
    sum += news(span);
    return sum;
  });
}
