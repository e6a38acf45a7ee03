/** A workspace as it stands → the page about it. */

import type { NodeStatus, ReportPage, ReportSection } from '../contract/command.ts';
import { countOf } from '../progress/units.ts';
import { formatTime, wordMoment } from './format-value.ts';
import { type Html, html } from './html.ts';
import {
  joinParts,
  nameRow,
  renderFigures,
  renderGraph,
  renderResults,
  wordRun,
} from './render-sections.ts';
import { renderTimeline } from './render-timeline.ts';
import type { ReportSource } from './report-source.ts';
import { isMade } from './tabulate-stage.ts';
import { tellTimes } from './timeline-nodes.ts';

/** The page of a report, without its frame. */
export function describeReport(source: ReportSource): ReportPage {
  const figures = renderFigures(source);
  const { timeline, nodes } = source;
  // A node's row has its name for an address.
  const addressOf = (node: string) => `#${nameRow(node)}`;
  return {
    title: `${source.title}: profile ${source.profile}`,
    header: renderHeader(source).text,
    sections: [
      ...(figures === null ? [] : [figures]),
      renderResults(source),
      renderGraph(source.graph),
      ...(timeline === null ? [] : [renderTimeline(timeline, nodes, addressOf)]),
      renderMaking(source),
      renderProvenance(source),
    ],
  };
}

function renderHeader(source: ReportSource): Html {
  const { title, profile, profileDescription, settings, nodes, targets } = source;
  const made = nodes.filter(isMade).length;
  const missing = nodes.length - made;
  const about = profileDescription === '' ? null : html` (${profileDescription})`;
  return html`<h1>${title}</h1>
<p>Profile <strong>${profile}</strong>${about}${
    settings.length === 0 ? null : html`, with ${joinParts(settings.map(asCode))}`
  }${targets.length === 0 ? null : html` · ${joinParts(targets.map(asCode))}`} · ${made} of ${countOf(nodes.length, 'node')} up to date.</p>
${
  missing === 0
    ? null
    : html`<p class="partial"><strong>This report is partial: ${countOf(missing, 'result')} of ${nodes.length} ${missing === 1 ? 'is' : 'are'} not there yet.</strong> <code>${wordRun(source, targets)}</code></p>\n`
}`;
}

function asCode(text: string): Html {
  return html`<code>${text}</code>`;
}

/** The runs that made the results, and what makes them again. */
function renderMaking(source: ReportSource): ReportSection {
  const runs = new Map<
    string,
    { readonly first: NodeStatus; count: number; seconds: number; cpu: number | null }
  >();
  for (const node of source.nodes) {
    const run = isMade(node) ? node.made?.run : undefined;
    if (run === undefined) continue;
    const known = runs.get(run) ?? { first: node, count: 0, seconds: 0, cpu: null };
    known.count += 1;
    known.seconds += node.seconds ?? 0;
    if (node.cpuSeconds !== null) known.cpu = (known.cpu ?? 0) + node.cpuSeconds;
    runs.set(run, known);
  }
  const ordered = [...runs].sort(([a], [b]) => (a < b ? 1 : -1));
  const table = html`<div class="scroll" role="region" aria-label="Runs" tabindex="0">
<table class="nodes">
<caption><span>The runs that made these results, the latest first. Time and CPU time: those of their nodes together.</span></caption>
<thead><tr><th scope="col">run</th><th scope="col">when</th><th scope="col">where</th><th scope="col" data-number>nodes</th><th scope="col" data-number>time</th><th scope="col" data-number>CPU time</th></tr></thead>
<tbody>
${ordered.map(
  ([
    run,
    { first, count, seconds, cpu },
  ]) => html`<tr><th scope="row"><code>${run}</code></th><td>${wordMoment(first.made?.at ?? '')}</td><td>${first.made?.host ?? ''}</td><td class="number">${count}</td><td class="number">${formatTime(seconds)}</td><td class="number">${cpu === null ? '–' : formatTime(cpu)}</td></tr>
`,
)}</tbody>
</table>
</div>
`;
  return {
    id: 'making',
    title: 'How it was made',
    html: html`${ordered.length === 0 ? html`<p class="missing">Nothing has run yet.</p>\n` : table}<p>To bring everything here up to date again: <code>${wordRun(source, source.targets)}</code>. What a result was made from: <code>npx pipeline why</code> with the name of its node.</p>`
      .text,
  };
}

function renderTimes({ nodes, timeline }: ReportSource): Html | null {
  const times = tellTimes(timeline, nodes);
  if (times === null) return null;
  return html`<dt>All results</dt><dd>${times.results}</dd>
<dt>Latest run</dt><dd>${times.run}</dd>
`;
}

function renderProvenance(source: ReportSource): ReportSection {
  const { profile, settings, commit, engine, nodes } = source;
  return {
    id: 'provenance',
    title: 'Provenance',
    html: html`<dl>
<dt>Profile</dt><dd>${profile}${settings.map((setting) => html`, ${asCode(setting)}`)}</dd>
<dt>Commit</dt><dd>${commit ?? 'none: not in Git, or not committed yet'}</dd>
<dt>Program</dt><dd>${engine}</dd>
${renderTimes(source)}</dl>
<details class="printed">
<summary>Fingerprints of all ${nodes.length} results</summary>
<div class="scroll" role="region" aria-label="Fingerprints" tabindex="0">
<table class="fingerprints">
<caption><span>A fingerprint is the SHA-256 of everything that a result depends on: parameters, inputs, code and packages.</span></caption>
<thead><tr><th scope="col">node</th><th scope="col">fingerprint</th><th scope="col">state</th><th scope="col">run</th></tr></thead>
<tbody>
${nodes.map(
  (
    node,
  ) => html`<tr><th scope="row">${node.node}</th><td><code>${node.fingerprint ?? 'not known yet'}</code></td><td>${
    isMade(node) ? 'made' : 'not run'
  }${node.accepted === null ? null : `, accepted as equal: ${node.accepted.reason}`}</td><td>${
    isMade(node) ? (node.made?.run ?? '') : ''
  }</td></tr>
`,
)}</tbody>
</table>
</div>
</details>`.text,
  };
}
