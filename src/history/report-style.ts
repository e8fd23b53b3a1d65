/** The style of `report.html`, light and dark; nothing is loaded from anywhere. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --ground: #f5f6f8; --surface: #fff; --line: #dce0e6; --ink: #161b22; --soft: #525c69;
  --accent: #2450c8; --good: #12703f; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ground: #0e1216; --surface: #161b21; --line: #2b333d; --ink: #e8ecf1;
  --soft: #a3aeba; --accent: #8fb0ff; --good: #63cf95; --bad: #ff9a91; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 64rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .75rem; }
p { margin: .25rem 0; max-width: 46rem; }
.lead { font-size: 1.1rem; }
.soft { color: var(--soft); }
.good { color: var(--good); } .bad { color: var(--bad); }
.scroll { overflow-x: auto; background: var(--surface); border: 1px solid var(--line); border-radius: 8px; }
.scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: .6rem .75rem; color: var(--soft); }
th, td { text-align: left; padding: .45rem .75rem; border-top: 1px solid var(--line); vertical-align: top; }
thead th { border-top: 0; white-space: nowrap; }
.number { text-align: right; white-space: nowrap; }
tr.offered th, tr.offered td { font-weight: 600; }
tbody th { font-weight: 400; }
code, pre { font: .85rem/1.45 ui-monospace, Menlo, monospace; overflow-wrap: anywhere; }
pre { margin: 0; padding: .75rem; white-space: pre; overflow-wrap: normal; }
svg { display: block; width: 100%; height: auto; min-width: 32rem; }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; }
svg .grid { stroke: var(--line); } svg .float { stroke: var(--soft); } svg .target { stroke: var(--bad); }
svg .met { fill: var(--good); stroke: var(--good); } svg .missed { fill: var(--surface); stroke: var(--bad); }
svg .failed { stroke: var(--bad); fill: none; } svg .ring { fill: none; stroke: var(--accent); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } }
@media print { :root { color-scheme: light; } .scroll { overflow: visible; } }
`;
