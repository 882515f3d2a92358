import { createHash } from "node:crypto";
import type { ReplayFinding, ReplayResult, RuleResult } from "../workbench/replay-result.ts";
import { daysOf } from "./days.ts";
import { findingRows, findingsSection } from "./findings.ts";
import { Html, html } from "./html.ts";
import { overview } from "./overview.ts";
import { quality } from "./quality.ts";
import { ruleSection } from "./rule-section.ts";
import { SCRIPT } from "./script.ts";
import { select } from "./selection.ts";
import { STYLE } from "./style.ts";
import { count, counted, time } from "./words.ts";

/** A page of more bytes is no longer opened at once, nor sent by mail. */
const PAGE_BYTES = 4_600_000;
const MOST_FINDINGS = 1_000;
/** Rules with charts of their own. */
const MOST_SECTIONS = 50;

/**
 * What a replay found, as one HTML page: it loads nothing, reads without scripts, and holds what events say as text only.
 * @param findings in order of time. Read once; those that do not fit are summed up by rule and combination.
 * @param made when and by what the page was made, for its foot
 */
export function reportHtml(result: ReplayResult, findings: Iterable<ReplayFinding>, made: string): string {
  const rules = [...result.rules].sort((a, b) => b.findings - a.findings || b.matched - a.matched);
  const byId = new Map(rules.map((rule) => [rule.ruleId, rule]));
  const loud = rules.filter(({ matched }) => matched > 0);
  const sections = new Map(loud.slice(0, MOST_SECTIONS).map((rule, index) => [rule, `rule-${index + 1}`]));
  const before = html`${overview({ ...result, rules }, sections)}
${rulesPart(sections, loud.length)}`;
  const after = quality({ ...result, rules });

  const rows = new Map<ReplayFinding, Html>();
  const rowsOf = (finding: ReplayFinding): Html => {
    const known = rows.get(finding) ?? findingRows(finding, byId.get(finding.ruleId));
    rows.set(finding, known);
    return known;
  };
  const selection = select(findings, {
    findings: MOST_FINDINGS,
    bytes: PAGE_BYTES - sizeOf(before) - sizeOf(after),
    bytesOf: (finding) => sizeOf(rowsOf(finding)),
  });
  return page(
    result,
    html`${before}
${findingsSection(selection, selection.shown.map(rowsOf), byId)}
${after}`,
    made,
  );
}

function rulesPart(sections: ReadonlyMap<RuleResult, string>, loud: number): Html | undefined {
  if (sections.size === 0) return undefined;
  return html`<section id="rules" aria-labelledby="rules-head">
<h2 id="rules-head">Rules</h2>
${loud > sections.size ? html`<p class="note">The ${count(sections.size)} with most findings, of ${counted(loud, "rule")} that matched.</p>` : undefined}
${[...sections].map(([rule, id]) => ruleSection(rule, id))}
</section>`;
}

function page(result: ReplayResult, content: Html, made: string): string {
  const { from, to, findings, rules } = result;
  const found = rules.filter((rule) => rule.findings > 0).length;
  const days = daysOf(result);
  const title = `${counted(findings, "finding")} of ${counted(found, "rule")}${days === 0 ? "" : ` in ${counted(days, "day")}`}`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Html(policy())}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title} – firstsight replay</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<a class="skip" href="#content">To the content</a>
<header>
<p class="brand"><b>firstsight</b> replay</p>
<nav aria-label="Parts of this page"><a href="#overview">Overview</a> ${rules.some(({ matched }) => matched > 0) ? html`<a href="#rules">Rules</a> ` : undefined}<a href="#findings">Findings</a> <a href="#quality">Data quality</a></nav>
<h1>${title}</h1>
${from === undefined || to === undefined ? undefined : html`<p class="period">${time(from)} to ${time(to)} UTC</p>`}
</header>
<main id="content" tabindex="-1">
${content}
</main>
<footer><p>${made}</p><p>Characters of events that cannot be seen, or that turn text around, are shown as escapes such as <code>\\u202e</code>.</p></footer>
<script>${new Html(SCRIPT)}</script>
</body>
</html>
`.markup;
}

/** Nothing is loaded and nothing is sent; of style and script, these very texts. */
function policy(): string {
  return `default-src 'none'; style-src '${hashOf(STYLE)}'; script-src '${hashOf(SCRIPT)}'; base-uri 'none'; form-action 'none'`;
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

function sizeOf({ markup }: Html): number {
  return Buffer.byteLength(markup);
}
