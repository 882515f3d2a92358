import type { ReplayResult, RuleResult } from "../workbench/replay-result.ts";
import { chart, sparkline } from "./chart.ts";
import { daysOf, meanFindings, type Span, spans, spansOfAll } from "./days.ts";
import { type Html, html } from "./html.ts";
import { axisLabel, columnNote, legend, severityMark, spanLabel } from "./marks.ts";
import { table } from "./table.ts";
import { count, counted, rate, shown, time } from "./words.ts";

/** What there is to know before the details: how much, how much a day, and of which rule. */
export function overview(result: ReplayResult, sections: ReadonlyMap<RuleResult, string>): Html {
  const { findings, matched, events, learnUntil, rules } = result;
  const loud = rules.filter((rule) => rule.matched > 0);
  const drawn = Math.max(0, ...rules.map(({ days }) => days.length));
  const found = rules.filter((rule) => rule.findings > 0).length;
  return html`<section id="overview" aria-labelledby="overview-head">
<h2 id="overview-head">Overview</h2>
<dl class="figures">
${figure("Findings", count(findings), `of ${counted(found, "rule")} out of ${count(rules.length)}`)}
${figure("A day while learning", rate(meanFindings(rules, true)), "history younger than the window")}
${figure("A day after", rate(meanFindings(rules, false)), after(rules))}
${figure("Matches", count(matched), `of ${counted(loud.length, "rule")}`)}
${figure("Events", count(events), "looked at")}
</dl>
${learnUntil === undefined ? undefined : html`<p>Until ${time(learnUntil)} the replay only taught the history: what was new by then is learned, and no finding.</p>`}
${findings === 0 ? undefined : findingsOfAll(rules)}
${daysOf(result) > drawn && drawn > 0 ? html`<p class="note">The period is long: only its first ${count(drawn)} days are counted day by day, here and below.</p>` : undefined}
${loud.length === 0 ? html`<p class="nothing">No event matched a rule. <a href="#quality">Data quality</a> says what the events lack.</p>` : ruleTable(loud, sections)}
</section>`;
}

function figure(label: string, value: string, note: string): Html {
  return html`<div><dt>${label}</dt><dd><b>${value}</b> <small>${note}</small></dd></div>
`;
}

function after(rules: readonly RuleResult[]): string {
  return meanFindings(rules, false) === undefined ? "the period is too short to tell" : "history as old as the window";
}

function findingsOfAll(rules: readonly RuleResult[]): Html {
  const all = spansOfAll(rules);
  const title = `Findings a day of all rules: ${counted(sum(all, "young"), "finding")} while learning, ${count(sum(all, "after"))} after.`;
  const columns = all.map((span) => ({
    label: axisLabel(span, all),
    title: `${spanLabel(span)}: ${counted(span.young + span.after, "finding")}${span.young > 0 ? `, ${count(span.young)} while learning` : ""}`,
    parts: [
      { kind: "young" as const, value: span.young },
      { kind: "after" as const, value: span.after },
    ],
    // Each rule has a window of its own: what is shaded here would mean little.
    isLearning: false,
  }));
  return html`<figure><figcaption>Findings a day, all rules${columnNote(all)} ${legend(["young", "after"])}</figcaption>
${chart({ title, columns })}
<details><summary>The numbers</summary>${table({
    caption: "Findings a day, all rules",
    columns: [
      { label: "Day" },
      { label: "While learning", kind: "number" },
      { label: "After", kind: "number" },
      { label: "Findings", kind: "number" },
    ],
    rows: all.map((span) => [spanLabel(span), count(span.young), count(span.after), count(span.young + span.after)]),
  })}</details></figure>`;
}

function ruleTable(rules: readonly RuleResult[], sections: ReadonlyMap<RuleResult, string>): Html {
  return table({
    caption: "Rules that matched",
    isSortable: true,
    columns: [
      { label: "Rule" },
      { label: "Severity" },
      { label: "Findings", kind: "number" },
      { label: "A day while learning", kind: "number" },
      { label: "A day after", kind: "number" },
      { label: "Matches", kind: "number" },
      { label: "Combinations", kind: "number" },
      { label: "Findings a day", isFixed: true },
    ],
    rows: rules.map((rule) => {
      const section = sections.get(rule);
      return [
        section === undefined ? shown(rule.name) : html`<a href="#${section}">${shown(rule.name)}</a>`,
        severityMark(rule.severity),
        count(rule.findings),
        rate(meanFindings([rule], true)),
        rate(meanFindings([rule], false)),
        count(rule.matched),
        count(rule.combinations),
        trend(rule),
      ];
    }),
  });
}

function trend(rule: RuleResult): Html {
  const columns = spans(rule.days).map(({ from, young, after: old, isLearning }) => ({
    label: from,
    title: "",
    parts: [{ kind: "after" as const, value: young + old }],
    isLearning,
  }));
  return sparkline(`${counted(rule.findings, "finding")} over ${counted(rule.days.length, "day")}`, columns);
}

function sum(all: readonly Span[], name: "young" | "after"): number {
  return all.reduce((total, span) => total + span[name], 0);
}
