/**
 * The page's looks. Colours are named by what they mean; both sets hold 4.5:1 for text and 3:1 for marks. Dark is for
 * screens only, so that paper stays white.
 */
export const STYLE = `
:root {
  --page: #fbfbfa; --ink: #1d2329; --soft: #56606b; --line: #e1e4e8; --panel: #ffffff; --shade: #ecf0f4;
  --after: #b8470f; --young: #e3a27c; --news: #8fa2b8; --curve: #2b5a8c; --link: #1f5c99;
  --low: #3d6d94; --medium: #85620a; --high: #b8470f; --critical: #a3163a; --mark: #fff6d6;
  color-scheme: light;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #14181c; --ink: #e3e7eb; --soft: #9ba6b1; --line: #2b323a; --panel: #191e23; --shade: #222a32;
    --after: #f0894a; --young: #a3683f; --news: #64788f; --curve: #8fc1f2; --link: #86b9ec;
    --low: #8db9dd; --medium: #dcb04c; --high: #f0894a; --critical: #ff7d96; --mark: #3a3216;
    color-scheme: dark;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { scroll-behavior: auto; -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 0 clamp(12px, 3vw, 32px) 48px; max-width: 1280px; background: var(--page); color: var(--ink);
  font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
a { color: var(--link); text-underline-offset: 2px; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
main:focus-visible { outline: none; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 8px; top: 8px; padding: 6px 10px; background: var(--panel); z-index: 1; }

header { display: grid; grid-template-columns: 1fr auto; align-items: baseline; gap: 0 24px; padding-top: 16px; }
.brand { margin: 0; color: var(--soft); }
.brand b { color: var(--ink); }
nav { display: flex; flex-wrap: wrap; gap: 4px 16px; }
h1 { grid-column: 1 / -1; margin: 20px 0 0; font-size: clamp(22px, 4vw, 30px); line-height: 1.2; font-weight: 650; letter-spacing: -0.015em; }
.period { grid-column: 1 / -1; margin: 4px 0 0; color: var(--soft); font-size: 15px; }
h2 { margin: 44px 0 12px; padding-top: 12px; border-top: 2px solid var(--ink); font-size: 19px; font-weight: 650; letter-spacing: -0.01em; }
h3 { margin: 28px 0 6px; font-size: 16px; font-weight: 650; overflow-wrap: anywhere; }
p { margin: 8px 0; max-width: 76ch; }
small, .soft { color: var(--soft); font-size: 12.5px; }
code, pre, .terms bdi, .path { font-family: ui-monospace, "SF Mono", SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 12.5px; overflow-wrap: anywhere; }
.time, .clock { font-variant-numeric: tabular-nums; }
.cut, .none { color: var(--soft); font-size: 12px; font-style: italic; }
.cut { margin-left: 2px; }
.note { padding: 8px 12px; border-left: 3px solid var(--medium); background: var(--mark); max-width: none; }
.nothing { color: var(--soft); }
.pair > .nothing { margin-top: 14px; }

.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 0 24px; margin: 0 0 12px; }
.figures div { padding: 6px 0 10px; }
.figures dt { color: var(--soft); font-size: 12.5px; }
.figures dd { margin: 0; }
.figures b { display: block; font-size: 26px; line-height: 1.15; font-weight: 600; font-variant-numeric: tabular-nums; letter-spacing: -0.02em; }

figure { margin: 12px 0; min-width: 0; }
figcaption { display: flex; flex-wrap: wrap; gap: 2px 16px; align-items: baseline; margin-bottom: 6px; font-weight: 600; }
.legend { display: inline-flex; flex-wrap: wrap; gap: 2px 14px; color: var(--soft); font-size: 12.5px; font-weight: 400; }
.chart { display: block; overflow: visible; width: calc(100% - 36px); margin-left: 36px; }
.chart text { fill: var(--soft); font-size: 11.5px; font-variant-numeric: tabular-nums; }
.grid { stroke: var(--line); stroke-width: 1; }
.ground { stroke: var(--soft); stroke-width: 1; }
.after { fill: var(--after); }
.young { fill: var(--young); }
.news { fill: var(--news); }
.shade { fill: var(--shade); }
.key.shade { stroke: var(--soft); stroke-width: 2; }
.key.curve { fill: var(--curve); }
.hit { fill: transparent; }
.chart g:hover .hit { fill: var(--ink); fill-opacity: 0.07; }
.curve { fill: none; stroke: var(--curve); stroke-width: 2; }
.spark { display: block; }
.share { vertical-align: 0; }
.beside { display: inline-block; min-width: 6ch; }

.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr)); gap: 0 36px; align-items: start; }
.pair > * { min-width: 0; }
.rule { margin-top: 24px; }
.rule + .rule { border-top: 1px solid var(--line); padding-top: 8px; }
.facts { max-width: none; }
.path { display: block; color: var(--soft); }
.names { columns: 320px; padding-left: 18px; margin: 4px 0; }

.scroll { overflow-x: auto; margin: 8px 0 12px; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: 600; padding: 6px 0; overflow-wrap: anywhere; }
th, td { padding: 5px 14px 5px 0; vertical-align: top; text-align: left; font-weight: 400; overflow-wrap: anywhere; min-width: 0; }
th:last-child, td:last-child { padding-right: 0; }
tr { border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-size: 12.5px; vertical-align: bottom; white-space: nowrap; overflow-wrap: normal; }
thead tr { border-bottom: 1px solid var(--soft); }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
thead button { all: unset; cursor: pointer; font: inherit; color: inherit; }
thead button:hover { color: var(--ink); text-decoration: underline; }
thead button:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
th[aria-sort] button { color: var(--ink); }
th[aria-sort="ascending"] button::after { content: " \\2191"; }
th[aria-sort="descending"] button::after { content: " \\2193"; }
.sortable tbody th { min-width: 150px; }
.terms > span { display: block; }
.field { color: var(--soft); font-size: 12.5px; }
bdi { overflow-wrap: anywhere; }

.severity { font-size: 12px; font-weight: 600; white-space: nowrap; }
.severity::before { content: ""; display: inline-block; width: 8px; height: 8px; margin-right: 5px; border-radius: 50%; background: currentColor; }
.low { color: var(--low); }
.medium { color: var(--medium); }
.high { color: var(--high); }
.critical { color: var(--critical); }

table.findings { table-layout: fixed; }
.findings thead th:nth-child(1) { width: 8%; }
.findings thead th:nth-child(2) { width: 20%; }
.findings thead th:nth-child(3) { width: 27%; }
.findings thead th:nth-child(4), .findings thead th:nth-child(7) { width: 11%; }
.findings thead th:nth-child(5) { width: 15%; }
.findings thead th:nth-child(6) { width: 8%; }
.findings tr { border-bottom: 0; }
.findings tbody { border-bottom: 1px solid var(--line); }
.findings td, .findings tbody th { padding-bottom: 1px; overflow: clip; }
.findings .clock { display: block; }
.findings .severity { margin-right: 4px; }
.findings .more td { padding: 0 0 6px; }
summary { cursor: pointer; color: var(--link); width: fit-content; max-width: 100%; }
.findings summary { color: var(--soft); overflow-wrap: anywhere; width: auto; }
.findings details[open] { margin-bottom: 10px; }
.findings details[open] summary { color: var(--ink); }
.details { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(300px, 100%), 1fr)); gap: 4px 24px; margin: 8px 0; padding-left: 14px; }
.details dt { color: var(--soft); font-size: 12px; }
.details dd { margin: 0; overflow-wrap: anywhere; }
pre { margin: 8px 0 8px 14px; padding: 10px 12px; max-height: 460px; overflow: auto; background: var(--panel); border: 1px solid var(--line); border-radius: 4px; white-space: pre-wrap; line-height: 1.5; }
form { display: flex; flex-wrap: wrap; gap: 8px 20px; align-items: center; margin: 8px 0; }
form label { display: flex; gap: 8px; align-items: center; color: var(--soft); max-width: 100%; }
input, select { font: inherit; color: var(--ink); background: var(--panel); border: 1px solid var(--soft); border-radius: 4px; padding: 4px 8px; min-width: 0; max-width: 100%; }
input { width: 240px; }
select { max-width: min(360px, 100%); }
footer { margin-top: 48px; padding-top: 10px; border-top: 1px solid var(--line); color: var(--soft); font-size: 12.5px; }

@media (max-width: 720px) {
  header { grid-template-columns: 1fr; }
  thead th, thead .number { white-space: normal; }
  nav { margin-top: 4px; }
  .findings thead { display: none; }
  .findings tbody, .findings tr, .findings th, .findings td { display: block; }
  table.findings, .findings caption { display: block; }
  .findings tbody { padding: 8px 0; }
  .findings tbody th, .findings td { padding: 0; }
  .findings td[data-label]:empty { display: none; }
  .findings td[data-label="Host"]::before, .findings td[data-label="Process"]::before, .findings td[data-label="User"]::before, .findings td[data-label="Destination"]::before { content: attr(data-label) " "; color: var(--soft); font-size: 12.5px; }
  .findings .clock { display: inline; }
  .findings tbody th { color: var(--soft); }
  .details, pre { margin-left: 0; padding-left: 0; }
  pre { padding-left: 10px; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; background: none; }
  nav, .skip, form { display: none !important; }
  thead th, thead .number { white-space: normal; }
  th, td { padding-right: 8px; }
  .sortable tbody th { min-width: 110px; }
  .spark { width: 84px; }
  figure, .rule > .pair, tr { break-inside: avoid; }
  h2, h3, caption, figcaption { break-after: avoid; }
  .scroll { overflow: visible; }
  pre { max-height: none; }
  details:not([open]):not(.findings details) { display: none; }
  svg, .severity::before, .note { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
